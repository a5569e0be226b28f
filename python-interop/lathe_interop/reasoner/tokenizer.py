"""The tokenizer: byte-level BPE in GPT-2's pieces, trained on generated problems and plain text."""

import json
import random
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from .temporal import FACT_COUNTS, clock, draw_question

VOCABULARY = 2048
BEGIN = "<|begin|>"
END = "<|end|>"
THINKING = ("<think>", "</think>")
PROBLEMS = 2000
# The prompt of the evaluation ends with <think> already; other questions get it from the template.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt and messages[-1]['content'][-8:] != '<think>\\n' %}"
    "{{ '\\n<think>\\n' }}{% endif %}"
)


def train_tokenizer(text: str, seed: int) -> Tokenizer:
    """A tokenizer of VOCABULARY entries. Times of day are entries of their own."""
    source = random.Random(seed)
    problems = [
        question.prompt() + question.solution()
        for question in (draw_question(source, source.choice(FACT_COUNTS)) for _ in range(PROBLEMS))
    ]
    added = [f" {clock(hour)}" for hour in range(24)]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(added) - len(THINKING),
        special_tokens=[BEGIN, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*problems, *text.splitlines(keepends=True)], trainer)
    tokenizer.add_tokens([AddedToken(word, normalized=False) for word in (*THINKING, *added)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN))]
    )
    if tokenizer.get_vocab_size() != VOCABULARY:
        raise ValueError(f"expected {VOCABULARY} entries, found {tokenizer.get_vocab_size()}")
    return tokenizer


def write_tokenizer(tokenizer: Tokenizer, folder: Path, positions: int) -> None:
    """Writes tokenizer.json and tokenizer_config.json."""
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BEGIN,
        "eos_token": END,
        "add_bos_token": True,
        "clean_up_tokenization_spaces": False,
        "model_max_length": positions,
        "chat_template": CHAT_TEMPLATE,
    }
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
