"""Byte-level BPE tokenizers of about 300 tokens, in the shapes that the model families have.

Pre-tokenizer, normalizer, special tokens and post-processor are those of Llama 3, Qwen2 and
SmolLM2; the merges spell a few common words, letter by letter.
"""

from dataclasses import dataclass
from pathlib import Path

from .output import write_json

WORDS = (" the", " and", "ing", " to", " of", "er", " in", "ation", " is", " that", "ll", "es")
TOKENS = 300  # tokens in all, special ones included

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LETTERS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

CHATML_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] "
    "+ '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
LLAMA_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ '<|start|>' + message['role'] + '\\n\\n' + "
    "message['content'] | trim + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start|>assistant\\n\\n' }}{% endif %}"
)


@dataclass(frozen=True)
class Family:
    """What differs between the tokenizers of the families."""

    special: tuple[str, ...]
    specials_first: bool  # ids of the special tokens: from 0, or behind the vocabulary
    bos: str | None
    eos: str
    adds_bos: bool
    chat_template: str
    pre_tokenizers: tuple[dict, ...]
    normalizer: dict | None = None
    ignore_merges: bool = False


def split(pattern: str) -> dict:
    return {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }


def byte_level(use_regex: bool) -> dict:
    return {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": use_regex,
    }


CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
FAMILIES = {
    "llama-bpe": Family(
        special=("<|begin_of_text|>", "<|end_of_text|>", "<|start|>", "<|eot_id|>"),
        specials_first=False,
        bos="<|begin_of_text|>",
        eos="<|end_of_text|>",
        adds_bos=True,
        chat_template=LLAMA_TEMPLATE,
        pre_tokenizers=(
            split("|".join((CONTRACTIONS, LETTERS, r"\p{N}{1,3}", REST))),
            byte_level(use_regex=False),
        ),
        ignore_merges=True,
    ),
    "qwen2": Family(
        special=CHATML,
        specials_first=False,
        bos=None,
        eos="<|im_end|>",
        adds_bos=False,
        chat_template=CHATML_TEMPLATE,
        pre_tokenizers=(
            split("|".join((CONTRACTIONS, LETTERS, r"\p{N}", REST))),
            byte_level(use_regex=False),
        ),
        normalizer={"type": "NFC"},
    ),
    "smollm": Family(
        special=CHATML,
        specials_first=True,
        bos="<|im_start|>",
        eos="<|im_end|>",
        adds_bos=False,
        chat_template=CHATML_TEMPLATE,
        pre_tokenizers=({"type": "Digits", "individual_digits": True}, byte_level(use_regex=True)),
    ),
}


def byte_letters() -> list[str]:
    """The printable letter that byte-level BPE writes for each byte (GPT-2's table)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    shifted = iter(range(0x100, 0x200))
    return [chr(b) if b in printable else chr(next(shifted)) for b in range(256)]


def merges(count: int) -> list[tuple[str, str]]:
    """The first `count` merges: each word grows from its first letter, one letter at a time."""
    letters = byte_letters()
    found: dict[tuple[str, str], None] = {}
    for word in (*WORDS, *(f" {a}{b}" for a in "aeiou" for b in "nrst")):
        spelled = [letters[b] for b in word.encode()]
        for end in range(1, len(spelled)):
            found[("".join(spelled[:end]), spelled[end])] = None
    return list(found)[:count]


def vocabulary(family: Family) -> tuple[dict[str, int], dict[str, int], list[tuple[str, str]]]:
    """Ids of the ordinary tokens, ids of the special tokens, and the merges."""
    pairs = merges(TOKENS - 256 - len(family.special))
    ordinary = [*sorted(byte_letters()), *(a + b for a, b in pairs)]
    first = len(family.special) if family.specials_first else 0
    vocab = {token: first + i for i, token in enumerate(ordinary)}
    behind = 0 if family.specials_first else len(ordinary)
    special = {token: behind + i for i, token in enumerate(family.special)}
    return ({**special, **vocab} if family.specials_first else vocab), special, pairs


def post_processor(family: Family, special: dict[str, int]) -> dict:
    """ByteLevel, and where the family adds a BOS token the template that does."""
    level = byte_level(use_regex=True)
    if not family.adds_bos:
        return level
    bos = {"SpecialToken": {"id": family.bos, "type_id": 0}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    pair = {"Sequence": {"id": "B", "type_id": 1}}
    tokens = {family.bos: {"id": family.bos, "ids": [special[family.bos]], "tokens": [family.bos]}}
    template = {
        "type": "TemplateProcessing",
        "single": [bos, text],
        "pair": [bos, text, {"SpecialToken": {"id": family.bos, "type_id": 1}}, pair],
        "special_tokens": tokens,
    }
    return {"type": "Sequence", "processors": [level, template]}


def added_token(token: str, index: int) -> dict:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": index, "content": token, **flags, "special": True}


def write_tokenizer(folder: Path, name: str) -> dict[str, int]:
    """Writes tokenizer.json and tokenizer_config.json; returns the ids of the special tokens."""
    family = FAMILIES[name]
    vocab, special, pairs = vocabulary(family)
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": family.ignore_merges,
        "vocab": vocab,
        "merges": [list(pair) for pair in pairs],
    }
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [added_token(token, index) for token, index in special.items()],
        "normalizer": family.normalizer,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": list(family.pre_tokenizers)},
        "post_processor": post_processor(family, special),
        "decoder": byte_level(use_regex=True),
        "model": model,
    }
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": family.bos,
        "eos_token": family.eos,
        "pad_token": family.special[0],
        "add_bos_token": family.adds_bos,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 512,
        "chat_template": family.chat_template,
    }
    write_json(folder / "tokenizer.json", tokenizer)
    write_json(folder / "tokenizer_config.json", configuration)
    return special
