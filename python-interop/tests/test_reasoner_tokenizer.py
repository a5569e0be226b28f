"""The shipped tokenizer and its chat template: a prompt asked raw or as a message is the same."""

import json
import os
import random
from pathlib import Path

import pytest

from lathe_interop.reasoner.curriculum import SEED
from lathe_interop.reasoner.temporal import FACT_COUNTS, clock, draw_question

tokenizers = pytest.importorskip("tokenizers")
jinja2 = pytest.importorskip("jinja2")
training = pytest.importorskip("lathe_interop.reasoner.tokenizer")

FOLDER = Path(__file__).parents[2] / "examples/tiny-reasoner"
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the model is part of the Lathe source tree only"
)


@pytest.fixture(scope="module")
def tokenizer():
    return tokenizers.Tokenizer.from_file(str(FOLDER / "tokenizer.json"))


@pytest.fixture(scope="module")
def config():
    return json.loads((FOLDER / "tokenizer_config.json").read_text(encoding="utf-8"))


def rendered(config, *messages):
    environment = jinja2.Environment()
    template = environment.from_string(config["chat_template"])
    return template.render(
        messages=[{"role": role, "content": content} for role, content in messages],
        add_generation_prompt=messages[-1][0] == "user",
        bos_token=config["bos_token"],
        eos_token=config["eos_token"],
    )


def questions():
    for seed in range(60):
        yield draw_question(random.Random(seed), FACT_COUNTS[seed % 3])


def test_prompt_is_the_same_raw_and_as_a_message(tokenizer, config):
    for question in questions():
        message = rendered(config, ("user", question.prompt()))
        as_message = tokenizer.encode(message, add_special_tokens=False).ids
        assert as_message == tokenizer.encode(question.prompt()).ids
        assert tokenizer.decode(as_message[-2:]) == "<think>\n"


def test_template_opens_the_thoughts_where_the_question_does_not(config):
    begin, end = config["bos_token"], config["eos_token"]
    assert rendered(config, ("user", "Why?")) == f"{begin}Why?\n<think>\n"
    turns = ("user", "Why?"), ("assistant", "So."), ("user", "Really?")
    assert rendered(config, *turns) == f"{begin}Why?So.{end}Really?\n<think>\n"


def test_hours_and_thoughts_are_single_tokens(tokenizer):
    for word in [f" {clock(hour)}" for hour in range(24)] + ["<think>", "</think>"]:
        assert len(tokenizer.encode(word, add_special_tokens=False).ids) == 1, word
    pieces = tokenizer.encode("from 1am to 11am.", add_special_tokens=False).ids
    assert [tokenizer.decode([piece]) for piece in pieces][-4:] == [" 1am", " to", " 11am", "."]


def test_texts_come_back_and_fit_the_context(tokenizer, config):
    for question in questions():
        text = question.prompt() + question.solution()
        ids = tokenizer.encode(text).ids
        assert tokenizer.decode(ids) == text
        assert len(ids) < config["model_max_length"]
    for text in ("Größe, naïve 東京 🙂", "  two  spaces\n\n\ttab", ""):
        assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_shipped_tokenizer_is_what_the_training_makes(tokenizer):
    shared = os.environ.get("LATHE_SHARED")
    if not shared:
        pytest.skip("LATHE_SHARED names no folder with data/wikitext2-valid.txt")
    text = (Path(shared) / "data/wikitext2-valid.txt").read_text(encoding="utf-8")
    assert json.loads(training.train_tokenizer(text, SEED).to_str()) == json.loads(
        tokenizer.to_str()
    )
