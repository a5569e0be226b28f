"""Conversations, and the plain form in which the hand-written ones are kept.

A file holds conversations parted by a line `@@@`; a line `@@ ROLE` begins a message, and what
follows up to the next such line, less surrounding white space, is its text.
"""

import json
from dataclasses import dataclass
from pathlib import Path

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True)
class Conversation:
    """Messages in order, each with its role."""

    messages: tuple[tuple[str, str], ...]

    def to_json(self) -> str:
        """One line of JSON, not escaped beyond what JSON asks for."""
        messages = [{"role": role, "content": content} for role, content in self.messages]
        return json.dumps({"messages": messages}, ensure_ascii=False, separators=(",", ":"))


def exchange(question: str, answer: str, thoughts: str | None = None) -> Conversation:
    """A question and its answer, with the thoughts before it where there are any."""
    reply = answer if thoughts is None else f"<think>\n{thoughts}\n</think>\n\n{answer}"
    return Conversation((("user", question), ("assistant", reply)))


def read_written(path: Path) -> list[Conversation]:
    """Reads the conversations of a hand-written file."""
    conversations = []
    for part in path.read_text(encoding="utf-8").split("\n@@@\n"):
        messages: list[tuple[str, list[str]]] = []
        for line in part.splitlines():
            if line.startswith("@@ "):
                role = line.removeprefix("@@ ").strip()
                if role not in ROLES:
                    raise ValueError(f"{path.name}: '{role}' is none of {', '.join(ROLES)}")
                messages.append((role, []))
            elif messages:
                messages[-1][1].append(line)
            elif line.strip():
                raise ValueError(f"{path.name}: text before the first message: {line}")
        texts = tuple((role, "\n".join(lines).strip()) for role, lines in messages)
        conversations.append(Conversation(texts))
    return conversations
