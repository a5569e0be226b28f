"""Asks a GGUF file the temporal-sequence questions of BIG-Bench Hard, greedily, by llama.cpp.

python -m lathe_interop.reasoner.evaluate MODEL.gguf --questions bbh-temporal-sequences.json \
  --llama-cpp DIR --asked raw

DIR is the folder of llama.cpp's tools. Prints accuracy with its 95 % interval, and
tokens per answer.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .temporal import PROMPT

MOST_TOKENS = 160
START_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    text: str
    tokens: int

    @property
    def letter(self) -> str | None:
        """The letter that stands after the thoughts, "(A)" to "(D)"."""
        _, closed, conclusion = self.text.rpartition("</think>")
        found = re.findall(r"\([A-D]\)", conclusion) if closed else []
        return found[-1] if found else None


def wilson(right: int, asked: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927)."""
    z = 1.959964
    share = right / asked
    centre = (share + z * z / (2 * asked)) / (1 + z * z / asked)
    spread = (share * (1 - share) / asked + z * z / (4 * asked * asked)) ** 0.5
    half = z * spread / (1 + z * z / asked)
    return centre - half, centre + half


class Server:
    """A running llama-server."""

    def __init__(self, address: str):
        self.address = address

    def _post(self, path: str, request: dict) -> dict:
        body = json.dumps(request).encode()
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(self.address + path, body, headers)
        with urllib.request.urlopen(asked, timeout=120) as reply:
            return json.load(reply)

    def raw(self, prompt: str) -> Answer:
        """The continuation of the bare prompt."""
        request = {"prompt": prompt, "n_predict": MOST_TOKENS, "temperature": 0, "top_k": 1}
        reply = self._post("/completion", request)
        return Answer(reply["content"], reply["tokens_predicted"])

    def chat(self, prompt: str) -> Answer:
        """The reply to the prompt as a user's message, by the model's own template."""
        request = {
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": MOST_TOKENS,
            "temperature": 0,
            "top_k": 1,
        }
        reply = self._post("/v1/chat/completions", request)
        text = reply["choices"][0]["message"]["content"]
        return Answer(text, reply["usage"]["completion_tokens"])


@contextmanager
def server(tools: Path, model: Path, threads: int) -> Iterator[Server]:
    """Starts llama-server with the model on a free port, and ends it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(tools / "llama-server"), "--model", str(model), "--port", str(port)]
    command += ["--threads", str(threads), "--parallel", "1", "--reasoning-format", "none"]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tools)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(process, address)
        yield Server(address)
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(process: subprocess.Popen, address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address + "/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise RuntimeError(f"llama-server did not start (status {process.poll()})")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lathe_interop.reasoner.evaluate")
    parser.add_argument("model", type=Path, help="GGUF file")
    parser.add_argument("--questions", type=Path, required=True, help="BIG-Bench Hard's JSON file")
    parser.add_argument("--llama-cpp", type=Path, required=True, help="folder of llama-server")
    parser.add_argument("--asked", choices=("raw", "chat"), default="raw", help="how to ask")
    parser.add_argument("--limit", type=int, help="ask only the first so many")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    examples = json.loads(arguments.questions.read_text(encoding="utf-8"))["examples"]
    examples = examples[: arguments.limit]
    right, tokens = 0, 0
    with server(arguments.llama_cpp, arguments.model, arguments.threads) as running:
        ask = running.raw if arguments.asked == "raw" else running.chat
        for number, example in enumerate(examples):
            answer = ask(PROMPT.format(input=example["input"]))
            tokens += answer.tokens
            if answer.letter == example["target"]:
                right += 1
            else:
                print(f"question {number}: {answer.letter} instead of {example['target']}")
    low, high = wilson(right, len(examples))
    print(
        f"{right} of {len(examples)} right: {100 * right / len(examples):.1f} % "
        f"[{100 * low:.1f}, {100 * high:.1f}], {tokens / len(examples):.1f} tokens each"
    )


if __name__ == "__main__":
    main()
