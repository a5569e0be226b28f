"""The page of predictions is what the script writes; its sums agree with what is known otherwise."""

import pathlib

import pytest

from lathe_interop import roofline

PAGE = pathlib.Path(__file__).parents[2] / "cuda" / "PERFORMANCE.md"
MODELS = dict(roofline.MODELS)


def test_the_page_is_what_the_script_writes():
    assert PAGE.read_text(encoding="utf-8") == roofline.page()


# Published sizes less embedding, head and norms: 8.03 and 70.55 billion with two tables of 128,256
# rows each; 671 billion with two of 129,280 x 7,168 and routers of 58 x 256 x 7,168.
@pytest.mark.parametrize(
    ("model", "weights"),
    [
        ("R1-Distill-Llama-8B", 8.030e9 - 2 * 128256 * 4096),
        ("R1-Distill-Llama-70B", 70.554e9 - 2 * 128256 * 8192),
        ("DeepSeek-R1", 671.026e9 - 2 * 129280 * 7168 - 58 * 256 * 7168),
    ],
)
def test_shapes_add_up_to_the_published_models(model, weights):
    counted = sum(block.count * block.weights() for block in MODELS[model])
    assert counted == pytest.approx(weights, rel=1e-3)


def test_a_dense_model_multiplies_each_weight_once_a_token():
    blocks = MODELS["R1-Distill-Llama-8B"]
    work = roofline.total(blocks)["linear (cuBLAS)"]
    weights = sum(block.count * block.weights() for block in blocks)
    assert work.operations == 2 * roofline.TOKENS * weights


def test_deepseek_activates_37_billion_weights():
    work = roofline.total(MODELS["DeepSeek-R1"])["linear (cuBLAS)"]
    active = work.operations / 2 / roofline.TOKENS
    # 37 billion with the output head and without the embedding.
    assert active == pytest.approx(37e9 - 129280 * 7168, rel=0.02)


def test_updates_of_obs_are_summed_as_a_loop_would():
    r, c, block = 32, 1024, roofline.BLOCK
    operations = 0
    for start in range(0, c, block):
        for column in range(start, start + block):
            operations += 2 * r * (start + block - column)
        operations += 2 * r * block * (c - start - block)
    assert roofline.obs(r, c).operations == operations


def test_the_longer_of_arithmetic_and_memory_counts():
    gpu = roofline.Gpu("made up", 10.0, 20.0, 40.0, 5.0)
    assert roofline.Work(100, 5).seconds(gpu) == 10
    assert roofline.Work(100, 5).bound(gpu) == "arithmetic"
    assert roofline.Work(10, 50).seconds(gpu) == 10
    assert roofline.Work(10, 50).bound(gpu) == "memory"
