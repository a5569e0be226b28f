"""What the CUDA kernels move and compute, and the time that data sheets imply: cuda/PERFORMANCE.md.

    python -m lathe_interop.roofline > cuda/PERFORMANCE.md

Nothing here is measured. A family of kernels takes at least the longer of its operations at the
peak rate and its bytes at the peak bandwidth; kernels reach a part of either, so a prediction is a
lower bound.

T tokens of a batch, R rows and C columns of a linear layer, L tokens of a sequence, W and K values
of all query and key-value heads, I values within the feed-forward network. Bytes are those that
cross device memory at least once.
"""

from dataclasses import dataclass

SEQUENCES = 128
LENGTH = 2048
TOKENS = SEQUENCES * LENGTH
BATCH = 2048  # tokens that pass a block at once: weights are decoded again for each batch
SLICE = 2048  # tokens whose sum is added to H at once
BLOCK = 128  # columns of an update block
SOURCE_BYTES = 2  # of a BF16 weight


@dataclass(frozen=True)
class Gpu:
    """Peaks of a data sheet, dense: operations and bytes in a second."""

    name: str
    fp32: float
    tf32: float
    bf16: float
    bandwidth: float


H100 = Gpu("H100 SXM", 67e12, 495e12, 989e12, 3.35e12)
H200 = Gpu("H200 SXM", 67e12, 495e12, 989e12, 4.8e12)
PCIE = 64e9  # bytes a second in one direction, Gen5 x16


@dataclass(frozen=True)
class Work:
    operations: float
    bytes: float

    def __add__(self, other):
        return Work(self.operations + other.operations, self.bytes + other.bytes)

    def times(self, count):
        return Work(self.operations * count, self.bytes * count)

    def seconds(self, gpu, peak=None):
        return max(self.operations / (peak or gpu.fp32), self.bytes / gpu.bandwidth)

    def bound(self, gpu):
        memory = self.bytes / gpu.bandwidth > self.operations / gpu.fp32
        return "memory" if memory else "arithmetic"


def linear(t, r, c):
    return Work(2 * t * r * c, 4 * (t * c + r * c + t * r))


def dequantize(r, c, source_bytes=SOURCE_BYTES):
    return Work(r * c, (source_bytes + 4) * r * c)


def hessian(t, c):
    """One triangle, read and written for each slice of tokens."""
    slices = -(-t // SLICE)
    return Work(t * c * c, 4 * t * c + 4 * c * c * slices)


def factor(c):
    """H is mirrored, damped, factorised, inverted, reversed: each reads and writes all or half."""
    return Work(2 * c**3 / 3, 28 * c * c)


def obs(r, c):
    """Every column changes all to its right; a mask reads its scores about five times."""
    return Work(r * c * (c + 1), 4 * r * c * c / BLOCK + 28 * r * c + 2 * c * c)


def output_error(r, c):
    return Work(4 * r * c * c, 8 * (3 * r * c + c * c))


def attention(t, length, queries, keys, values, heads_out):
    return Work(t * length * (queries + heads_out), 4 * t * (queries + keys + values + heads_out))


def pointwise(t, hidden, rotated, inner):
    """Two norms, two additions, the rotation, SwiGLU."""
    return Work(
        t * (2 * 4 * hidden + 2 * 2 * hidden + 3 * rotated + 5 * inner),
        t * (2 * 8 * hidden + 2 * 12 * hidden + 8 * rotated + 12 * inner),
    )


FORMULAS = [
    ("linear (cuBLAS)", "2 T R C", "4 (T C + R C + T R)"),
    ("dequantize (BF16)", "R C", "6 R C"),
    ("attention", "2 T L W", "8 T (W + K)"),
    ("norms, rotation, SwiGLU, add", "T (12 H + 3 (W + K) + 5 I)", "T (40 H + 8 (W + K) + 12 I)"),
    ("Hessian (cuBLAS)", "T C²", "4 T C + 4 C² ⌈T / 2048⌉"),
    ("inverse factor (cuSOLVER)", "2 C³ / 3", "28 C²"),
    ("OBS prune, blocks of 128", "R C (C + 1)", "4 R C² / 128 + 28 R C + 2 C²"),
    ("error of the output (cuBLAS)", "4 R C²", "24 R C + 8 C²"),
]
PRODUCTS = {FORMULAS[i][0] for i in (0, 4, 6, 7)}


@dataclass(frozen=True)
class Stage:
    """Linear layers that share an input; `copies` of them (experts) share the tokens."""

    cols: int
    rows: tuple
    copies: int = 1
    used: int = 1  # copies that a token passes

    def weights(self):
        return self.copies * self.cols * sum(self.rows)


@dataclass(frozen=True)
class Block:
    """One block of a decoder."""

    count: int
    hidden: int
    stages: tuple
    queries: int  # values of a token's queries
    keys: int
    values: int
    heads_out: int
    rotated: int
    inner: int

    def work(self):
        """Work of each family for all tokens through one block."""
        forward = decoded = gram = inverse = pruned = error = Work(0, 0)
        batches = TOKENS // BATCH
        for stage in self.stages:
            tokens = TOKENS * stage.used // stage.copies
            # A batch sends each expert its share, and decodes it all the same.
            part = max(1, BATCH * stage.used // stage.copies)
            gram += hessian(tokens, stage.cols).times(stage.copies)
            inverse += factor(stage.cols).times(stage.copies)
            for r in stage.rows:
                forward += linear(part, r, stage.cols).times(batches * stage.copies)
                decoded += dequantize(r, stage.cols).times(batches * stage.copies)
                pruned += obs(r, stage.cols).times(stage.copies)
                error += output_error(r, stage.cols).times(stage.copies)
        attended = attention(TOKENS, LENGTH, self.queries, self.keys, self.values, self.heads_out)
        point = pointwise(TOKENS, self.hidden, self.rotated, self.inner)
        names = [name for name, _, _ in FORMULAS]
        works = [forward, decoded, attended, point, gram, inverse, pruned, error]
        return dict(zip(names, works, strict=True))

    def weights(self):
        return sum(stage.weights() for stage in self.stages)


def llama(layers, hidden, inner, heads, kv_heads, head=128):
    w, k = heads * head, kv_heads * head
    stages = (
        Stage(hidden, (w, k, k)),
        Stage(w, (hidden,)),
        Stage(hidden, (inner, inner)),
        Stage(inner, (hidden,)),
    )
    return (Block(layers, hidden, stages, w, k, k, w, w + k, inner),)


def deepseek_r1():
    hidden, heads = 7168, 128
    q_rank, kv_rank, nope, rope, value = 1536, 512, 128, 64, 128
    queries, heads_out = heads * (nope + rope), heads * value
    latent = (
        Stage(hidden, (q_rank, kv_rank + rope)),
        Stage(q_rank, (queries,)),
        Stage(kv_rank, (heads * (nope + value),)),
        Stage(heads_out, (hidden,)),
    )

    def block(count, network, inner):
        rotated = (heads + 1) * rope
        return Block(
            count, hidden, latent + network, queries, queries, heads_out, heads_out, rotated, inner
        )

    dense = (Stage(hidden, (18432, 18432)), Stage(18432, (hidden,)))
    experts = (
        Stage(hidden, (2048, 2048), 256, 8),
        Stage(2048, (hidden,), 256, 8),
        Stage(hidden, (2048, 2048)),
        Stage(2048, (hidden,)),
    )
    return (block(3, dense, 18432), block(58, experts, 9 * 2048))


MODELS = [
    ("R1-Distill-Llama-8B", llama(32, 4096, 14336, 32, 8)),
    ("R1-Distill-Llama-70B", llama(80, 8192, 28672, 64, 8)),
    ("DeepSeek-R1", deepseek_r1()),
]


def total(blocks):
    """Work of each family through all blocks."""
    sums = {}
    for block in blocks:
        for name, work in block.work().items():
            sums[name] = sums.get(name, Work(0, 0)) + work.times(block.count)
    return sums


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def number(value):
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def rows_of(works):
    rows = []
    for name, work in works.items():
        h100, h200 = work.seconds(H100), work.seconds(H200)
        cells = [work.operations / 1e12, work.bytes / 1e9, h100, h200]
        rows.append([name, *map(number, cells[:2]), work.bound(H100), *map(number, cells[2:])])
    return rows


def summary(blocks):
    """Seconds on each GPU as computed (F32), then with products at the rates of tensor cores."""
    works = total(blocks)
    cells = []
    for gpu in (H100, H200):
        for peak in (gpu.fp32, gpu.tf32, gpu.bf16):
            seconds = sum(
                work.seconds(gpu, peak if name in PRODUCTS else None)
                for name, work in works.items()
            )
            cells.append(number(seconds))
    weights = sum(block.count * block.weights() for block in blocks)
    return [number(weights / 1e9), *cells, number(weights * SOURCE_BYTES / PCIE)]


INTRODUCTION = """
**A prediction: no GPU has timed Lathe yet.** `python -m lathe_interop.roofline` wrote this page
from sizes and data sheets. On a machine with a GPU, `lathe bench --device cuda` measures (`--json`
for a file); its numbers belong beside these.

A family of kernels takes at least the longer of its operations at the GPU's peak rate and its bytes
at its peak bandwidth. Kernels reach a part of either, and starting them, the host and the disk are
not counted: all times are lower bounds.

Peaks, from NVIDIA's data sheets (dense, without sparsity):
"""

SYMBOLS = """
T tokens of a batch, L of a sequence; R rows and C columns of a linear layer; W, K values of a
token's query and key-value heads; H values of the residual stream, I within the feed-forward
network. Matrices in F32, the source's weights in BF16; a multiplication and an addition are two
operations. DeepSeek's attention has heads of different sizes for keys and values, which the sums
below respect.
"""

ASSUMPTIONS = f"""
Pruning of all blocks' linear layers, {SEQUENCES} × {LENGTH} calibration tokens, batches of {BATCH}
tokens. Embedding, output head, writing and the pauses between kernels are not in it. Products are
computed in F32; the columns TF32 and BF16 say what products on tensor cores would make of the
whole, and the last one what the weights take through PCIe Gen5 x16 (64 GB/s), which overlaps with
computing. Seconds:
"""

EXPERTS = """
Lathe does not compute mixture-of-experts blocks yet: DeepSeek-R1's row says what they will take.
"""


def peaks():
    rows = []
    for gpu in (H100, H200):
        rates = [f"{rate / 1e12:.0f} Tflop/s" for rate in (gpu.fp32, gpu.tf32, gpu.bf16)]
        rows.append([gpu.name, *rates, f"{gpu.bandwidth / 1e12:.2f} TB/s"])
    return table(["", "FP32", "TF32", "BF16", "memory"], rows)


def page():
    gpus = [f"{gpu} {kind}" for gpu in ("H100", "H200") for kind in ("F32", "TF32", "BF16")]
    parts = [
        "# What the CUDA kernels should take\n" + INTRODUCTION,
        peaks() + "\n",
        "## Operations and bytes\n" + SYMBOLS,
        table(["family", "operations", "bytes"], [list(row) for row in FORMULAS]) + "\n",
        "## Models\n" + ASSUMPTIONS,
        table(
            ["model", "10⁹ weights", *gpus, "PCIe"],
            [[name, *summary(blocks)] for name, blocks in MODELS],
        )
        + "\n"
        + EXPERTS,
    ]
    for name, blocks in MODELS:
        for block in blocks:
            experts = any(stage.copies > 1 for stage in block.stages)
            parts.append(
                f"### {name}, one of {block.count} blocks{' with experts' * experts}\n\n"
                + table(
                    ["family", "Tflop", "GB", "bound on H100", "H100 s", "H200 s"],
                    rows_of(block.work()),
                )
                + "\n"
            )
    return "\n".join(parts)


def main():
    print(page(), end="")


if __name__ == "__main__":
    main()
