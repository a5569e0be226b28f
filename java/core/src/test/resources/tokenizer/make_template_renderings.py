"""Renders conversations through published chat templates; writes template_renderings.json.

Usage: make_template_renderings.py FOLDER, the folder of .jinja files in llama.cpp's source
(models/templates). Run it with transformers and jinja2 installed.

The file holds the conversations, and for each template and conversation the SHA-256 of what
transformers makes of it, "refused" where the template calls raise_exception, or "error" where it
fails otherwise, which says nothing about other interpreters.
"""

import datetime
import hashlib
import json
import pathlib
import sys

import jinja2
from transformers.utils import chat_template_utils

NOW = datetime.datetime(2026, 3, 5, 14, 7, 9)
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": 'Get "weather" <now> é',
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "c"},
                "days": {"type": "integer", "enum": [1, 2.5, None, True]},
            },
            "required": ["city"],
        },
    },
}


def message(role, content, **more):
    return {"role": role, "content": content, **more}


def tool_call(arguments):
    function = {"name": "get_weather", "arguments": arguments}
    return [{"id": "call12345", "type": "function", "function": function}]


def tool_result(content):
    return message("tool", content, name="get_weather", tool_call_id="call12345")


CONVERSATIONS = {
    "single": [message("user", "Hi {{ x }} \n")],
    "turns": [
        message("system", "You are S 🦙"),
        message("user", "Q1"),
        message("assistant", "<think>\na\n</think>\n\nb "),
        message("user", "  Q2 </think> x"),
    ],
    "blocks": [
        message("system", [{"type": "text", "text": "S"}]),
        message("user", [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
    ],
    "tool": [
        message("user", "w?"),
        message("assistant", "", tool_calls=tool_call({"city": "Bern", "n": [1, {"k": "v'\n"}]})),
        tool_result('{"t": 3}'),
        message("assistant", "3°"),
        message("user", "thx"),
    ],
    "reasoning": [
        message("user", "w?"),
        message("assistant", None, reasoning_content="hm", tool_calls=tool_call('{"city": 1}')),
        tool_result("r"),
    ],
    "disorder": [message("assistant", "x"), message("assistant", "y")],
    "empty": [],
}
SETTINGS = {
    "prompt": {"add_generation_prompt": True, "tools": None},
    "plain": {"add_generation_prompt": False, "tools": None, "enable_thinking": False},
    "tools": {"add_generation_prompt": True, "tools": [TOOL]},
}
COMMON = {"documents": None, "bos_token": "<s>", "eos_token": "</s>"}


class FixedTime(datetime.datetime):
    """The clock that strftime_now reads."""

    @classmethod
    def now(cls, tz=None):
        return NOW


def render(template, variables):
    try:
        text = chat_template_utils._compile_jinja_template(template).render(**variables)
    except jinja2.exceptions.UndefinedError:
        return "error"
    except jinja2.exceptions.TemplateError:
        return "refused"
    except Exception:
        return "error"
    return hashlib.sha256(text.encode()).hexdigest()


def main():
    chat_template_utils.datetime = FixedTime
    folder = pathlib.Path(sys.argv[1])
    results = {}
    for path in sorted(folder.glob("*.jinja")):
        with path.open(encoding="utf-8", newline="") as file:
            template = file.read()
        results[path.name] = {
            f"{conversation} {setting}": render(
                template, {"messages": messages, **variables, **COMMON}
            )
            for conversation, messages in CONVERSATIONS.items()
            for setting, variables in SETTINGS.items()
        }
    content = {
        "now": NOW.isoformat() + "Z",
        "common": COMMON,
        "conversations": CONVERSATIONS,
        "settings": SETTINGS,
        "results": results,
    }
    target = pathlib.Path(__file__).with_name("template_renderings.json")
    target.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
