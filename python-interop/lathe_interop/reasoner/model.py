"""A Llama in PyTorch: the parameters have the names and the meaning of transformers' Llama."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    """Sizes of the model; linear sizes are multiples of 256, so that every block format fits."""

    vocabulary: int = 2048
    hidden: int = 256
    feed_forward: int = 512
    layers: int = 4
    heads: int = 4
    key_value_heads: int = 2
    positions: int = 512
    rope_base: float = 10000.0
    epsilon: float = 1e-5

    @property
    def head(self) -> int:
        return self.hidden // self.heads


class Norm(nn.Module):
    """x / sqrt(mean(x²) + ε) · weight."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.hidden))
        self.epsilon = shape.epsilon

    def forward(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


def linear(inputs: int, outputs: int) -> nn.Linear:
    return nn.Linear(inputs, outputs, bias=False)


class Attention(nn.Module):
    """Causal attention with rotary positions; key and value heads are shared by query heads."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.head = shape.head
        self.q_proj = linear(shape.hidden, shape.heads * shape.head)
        self.k_proj = linear(shape.hidden, shape.key_value_heads * shape.head)
        self.v_proj = linear(shape.hidden, shape.key_value_heads * shape.head)
        self.o_proj = linear(shape.heads * shape.head, shape.hidden)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        batch, length, _ = x.shape

        def heads(values: Tensor) -> Tensor:
            return values.view(batch, length, -1, self.head).transpose(1, 2)

        queries = rotate(heads(self.q_proj(x)), rotation)
        keys = rotate(heads(self.k_proj(x)), rotation)
        values = heads(self.v_proj(x))
        mixed = functional.scaled_dot_product_attention(
            queries, keys, values, is_causal=True, enable_gqa=True
        )
        return self.o_proj(mixed.transpose(1, 2).reshape(batch, length, -1))


class FeedForward(nn.Module):
    """down(silu(gate(x)) · up(x))."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.gate_proj = linear(shape.hidden, shape.feed_forward)
        self.up_proj = linear(shape.hidden, shape.feed_forward)
        self.down_proj = linear(shape.feed_forward, shape.hidden)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.input_layernorm = Norm(shape)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = Norm(shape)
        self.mlp = FeedForward(shape)

    def forward(self, x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), rotation)
        return x + self.mlp(self.post_attention_layernorm(x))


class Body(nn.Module):
    """All but the output projection, which is the transposed embedding."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape)


class Reasoner(nn.Module):
    """Final states and logits of token ids [batch, length]."""

    def __init__(self, shape: Shape, seed: int):
        super().__init__()
        self.shape = shape
        self.model = Body(shape)
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                # Both projections that end in the residual stream, scaled by their number.
                ends = name.endswith(("o_proj.weight", "down_proj.weight"))
                deviation = 0.02 / (2 * shape.layers) ** 0.5 if ends else 0.02
                nn.init.normal_(parameter, std=deviation, generator=generator)

    def states(self, tokens: Tensor) -> Tensor:
        """The normalized states [batch, length, hidden] from which logits are computed."""
        x = self.model.embed_tokens(tokens)
        rotation = rotation_of(self.shape, tokens.shape[1])
        for layer in self.model.layers:
            x = layer(x, rotation)
        return self.model.norm(x)

    def logits(self, states: Tensor) -> Tensor:
        """Logits [..., vocabulary] of states [..., hidden]."""
        return functional.linear(states, self.model.embed_tokens.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.logits(self.states(tokens))


def rotation_of(shape: Shape, length: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines [length, head] of position · base^(-2i / head)."""
    exponents = torch.arange(0, shape.head, 2) / shape.head
    angles = torch.outer(torch.arange(length).float(), shape.rope_base**-exponents)
    angles = torch.cat([angles, angles], dim=1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turns the pairs (i, i + head/2) of the last dimension."""
    cosines, sines = rotation
    first, second = x.chunk(2, dim=-1)
    return x * cosines + torch.cat([-second, first], dim=-1) * sines
