"""The tiny reasoner's training: its model is transformers' Llama, it goes on where it stopped."""

import dataclasses
import random
import re

import pytest

torch = pytest.importorskip("torch", reason="training needs torch: install the extra [golden]")
transformers = pytest.importorskip(
    "transformers", reason="training needs transformers: install the extra [golden]"
)
pytest.importorskip("tokenizers")

from lathe_interop.reasoner.curriculum import Kind, Phase, Plan  # noqa: E402
from lathe_interop.reasoner.export import export  # noqa: E402
from lathe_interop.reasoner.mixture import Mixture  # noqa: E402
from lathe_interop.reasoner.model import Reasoner, Shape  # noqa: E402
from lathe_interop.reasoner.muon import orthogonalized  # noqa: E402
from lathe_interop.reasoner.temporal import HeldOut, draw_question  # noqa: E402
from lathe_interop.reasoner.tokenizer import VOCABULARY, train_tokenizer  # noqa: E402
from lathe_interop.reasoner.train import Rates, Training, rate_share, weighted_loss  # noqa: E402

SMALL = Shape(hidden=64, feed_forward=96, layers=2, heads=4)
PLAN = Plan(
    phases=(Phase(2, fact_counts=(1, 2)), Phase(10**9, drilled=(3,))),
    text_every=5,
    problem_rows=2,
    text_rows=1,
    text_length=48,
)


def many_words():
    """Plain text with enough different words to fill a vocabulary."""
    source = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(source.choices(letters, k=source.randint(3, 9))) for _ in range(1500)]
    return "\n".join(" ".join(source.choices(words, k=12)) for _ in range(400))


@pytest.fixture(scope="module")
def mixture():
    torch.set_num_threads(1)
    text = many_words()
    return Mixture(PLAN, train_tokenizer(text, seed=1), text, HeldOut([]), seed=1)


def test_logits_are_those_of_transformers(mixture, tmp_path):
    model = Reasoner(SMALL, seed=3)
    with torch.no_grad():
        for parameter in model.parameters():
            # Of BF16's values, and large enough for attention to matter.
            parameter.copy_((parameter * 5).to(torch.bfloat16))
    export(model, mixture.tokenizer, tmp_path)
    loaded = transformers.LlamaForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    tokens = torch.tensor([random.Random(1).choices(range(VOCABULARY), k=200)])
    with torch.no_grad():
        ours, theirs = model(tokens), loaded(tokens).logits
    # Both F32 in another order of sums.
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4 * theirs.abs().max().item())


def test_exported_tokenizer_is_loaded_by_transformers(mixture, tmp_path):
    export(Reasoner(SMALL, seed=3), mixture.tokenizer, tmp_path)
    loaded = transformers.AutoTokenizer.from_pretrained(tmp_path)
    prompt = draw_question(random.Random(5), 4).prompt()
    ids = loaded(prompt).input_ids
    assert ids == mixture.tokenizer.encode(prompt).ids
    message = [{"role": "user", "content": prompt}]
    text = loaded.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
    assert loaded(text, add_special_tokens=False).input_ids == ids


def test_interrupted_training_ends_with_the_same_weights(mixture, tmp_path):
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = Training(tmp_path / "whole", mixture, SMALL, Rates(), steps=6)
    whole.run()
    stopped = Training(tmp_path / "parts", mixture, SMALL, Rates(), steps=6)
    while stopped.step < 3:
        stopped._advance()
    stopped.save()
    resumed = Training(tmp_path / "parts", mixture, SMALL, Rates(), steps=6)
    assert resumed.step == 3
    resumed.run()
    for name, values in whole.model.state_dict().items():
        assert torch.equal(values, resumed.model.state_dict()[name]), name


def test_training_lowers_the_loss(mixture, tmp_path):
    training = Training(tmp_path, mixture, SMALL, Rates(muon=0.02, adam=0.01), steps=40)
    questions = [draw_question(random.Random(seed), 3) for seed in range(4)]
    batch = mixture.problems(questions, random.Random(1))
    before = weighted_loss(training.model, *batch).item()
    training.run()
    assert weighted_loss(training.model, *batch).item() < before / 2


def test_solutions_count_fully_and_padding_nothing(mixture):
    questions = [draw_question(random.Random(seed), 3) for seed in range(4)]
    tokens, weights = mixture.problems(questions, random.Random(1), question_weight=0.5)
    for i, question in enumerate(questions):
        counted = tokens[i, 1:][weights[i] == 1.0].tolist()
        assert counted[-1] == mixture.end
        assert mixture.tokenizer.decode(counted[:-1]) == question.solution()
        everything = tokens[i, : len(mixture.tokenizer.encode(question.prompt()).ids)].tolist()
        assert mixture.tokenizer.decode(everything) == question.prompt()
    assert set(weights.flatten().tolist()) == {0.0, 0.5, 1.0}


def test_drills_count_labels_only(mixture):
    tokens, weights = mixture.batch(3)
    for row, counts in zip(tokens, weights, strict=True):
        text = mixture.tokenizer.decode(row.tolist())
        question, drill = text.split("<think>\n")
        labels = [mixture.tokenizer.decode([t]) for t in row[1:][counts > 0].tolist()]
        assert labels == re.findall(r" busy| free", drill)
        seen = re.findall(r" from (\d+[ap]m) to", question)
        for begin, label in re.findall(r"From (\d+[ap]m) (busy|free)\n", drill):
            assert label == ("busy" if begin in seen else "free")
        assert sorted(labels) == [" busy"] * len(seen) + [" free"] * (len(labels) - len(seen))


def test_phases_set_weights_and_rate():
    plan = Plan(text_every=4)
    assert plan.kind(3) is Kind.TEXT and plan.kind(4) is Kind.PROBLEMS
    assert [plan.phase(step).fact_counts for step in (199, 200)] == [(1, 2), (3, 4, 5)]
    assert [plan.phase(step).question_weight for step in (649, 650)] == [0.5, 0.1]
    assert [plan.loss_scale(step) for step in (3, 648, 651)] == [1.0, 1.0, 0.1]
    kinds = [plan.kind(step) for step in range(1500, 1504)]
    assert kinds == [Kind.PROBLEMS, Kind.DRILL, Kind.DRILL, Kind.TEXT]


def test_batches_follow_from_their_step(mixture):
    for step in (0, 2, 3, 4):
        first, second = mixture.batch(step), mixture.batch(step)
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    other = Mixture(PLAN, mixture.tokenizer, many_words(), HeldOut([]), seed=2)
    assert not torch.equal(mixture.batch(0)[0], other.batch(0)[0])


def test_orthogonalized_keeps_directions_and_levels_singular_values():
    generator = torch.Generator().manual_seed(1)
    for shape in ((48, 96), (96, 48), (64, 64)):
        matrix = torch.randn(*shape, generator=generator)
        left, values, right = torch.linalg.svd(matrix, full_matrices=False)
        # Singular values in a ratio of 10 at most: those near zero take more rounds.
        matrix = left @ torch.diag(values.clamp(min=values.max() / 10)) @ right
        levelled = left.T @ orthogonalized(matrix) @ right.T
        diagonal = levelled.diagonal()
        # The quintic swings about 1 between 0.68 and 1.21 (its published constants).
        assert diagonal.min() > 0.65 and diagonal.max() < 1.25
        assert (levelled - torch.diag(diagonal)).abs().max() < 1e-4


def test_learning_rate_rises_stays_and_falls():
    plan = Plan(phases=(Phase(500), Phase(10**9, rate=0.2)))
    shares = [rate_share(plan, step, 1000) for step in range(1000)]
    assert shares[0] < 0.05 and shares[49] == 1.0 and shares[499] == 1.0
    assert shares[500] == shares[750] == 0.2
    assert shares[875] == pytest.approx(0.1) and shares[-1] == pytest.approx(0.002)


def test_default_sizes_fit_every_block_format():
    for name, size in dataclasses.asdict(Shape()).items():
        if name in ("vocabulary", "hidden", "feed_forward"):
            assert size % 256 == 0, name
