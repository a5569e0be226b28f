"""Encodes random text with llama.cpp's llama-tokenize; writes random_strings.json.

Usage: make_random_strings.py LLAMA_TOKENIZE MODEL.gguf...

The text is composed (NFC) and leaves out "</s>": Qwen2's own tokenizer composes text and llama.cpp
does not, and llama.cpp takes that text for an end of sequence in every vocabulary.
"""

import json
import pathlib
import random
import subprocess
import sys
import unicodedata

PIECES = (
    "the| model|I've|WE'LL|don't|'S|'re| 2024|3.14|1,000|x=y+1;|\tif (a) {|\n\n|\r\n|   |é|naïve|Größe"
    "|东京|日本語のテスト|한국어|привет|мир|مرحبا|שלום|हिन्दी|ไทย|🙂|👩‍👩‍👧|🇨🇭|\u200d|\ufe0f|\u00a0|\u2003"
    "|\u3000|…|—|“q”|½|²|Ⅷ|٣|१२|𝟘|ﬁ|ß|İ|ı|_|__init__|http://a.b/c?d=e&f|\u0007|\u001b[0m|\u2028"
)
SPECIAL = (
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<tool_call>",
    "<repo_name>",
    "<|fim_prefix|>",
)
STRINGS = 60
PIECES_PER_STRING = 24


def character(rng):
    """Mostly ASCII and digits, else any assigned or unassigned character but surrogates."""
    if rng.random() < 0.6:
        return chr(rng.randint(32, 126))
    while True:
        code = rng.choice((rng.randint(0x80, 0xFFFF), rng.randint(0x10000, 0x10FFFF)))
        if not 0xD800 <= code < 0xE000:
            return chr(code)


def text(rng):
    parts = []
    for _ in range(rng.randint(1, PIECES_PER_STRING)):
        kind = rng.random()
        if kind < 0.5:
            parts.append(rng.choice(PIECES.split("|")))
        elif kind < 0.58:
            parts.append(rng.choice(SPECIAL))
        elif kind < 0.63:
            parts.append(rng.choice(" \n\t") * rng.randint(1, 20))
        else:
            parts.extend(character(rng) for _ in range(rng.randint(1, 6)))
    return unicodedata.normalize("NFC", "".join(parts)).replace("</s>", "")


def ids(tool, model, string):
    command = [tool, "-m", model, "--stdin", "--ids", "--log-disable", "--no-bos"]
    run = subprocess.run(command, input=string.encode(), capture_output=True, check=True)
    return json.loads(run.stdout)


def main():
    tool, models = sys.argv[1], sys.argv[2:]
    rng = random.Random(1)
    strings = [text(rng) for _ in range(STRINGS)]
    result = {"strings": strings}
    result["models"] = {
        pathlib.Path(model).name: [ids(tool, model, string) for string in strings]
        for model in models
    }
    target = pathlib.Path(__file__).with_name("random_strings.json")
    target.write_text(json.dumps(result, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
