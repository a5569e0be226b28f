"""Choices that no library version changes."""

from collections.abc import Sequence
from typing import TypeVar

from ..golden.random_source import RandomSource

T = TypeVar("T")


class Draw:
    """Numbers and choices from one seed, in the order in which they are asked for."""

    def __init__(self, seed: int):
        self._source = RandomSource(seed)

    def number(self, least: int, greatest: int) -> int:
        """An integer, both ends included."""
        return least + int(self._source.integers(greatest - least + 1, 1)[0])

    def one(self, items: Sequence[T]) -> T:
        return items[self.number(0, len(items) - 1)]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Distinct items in random order."""
        rest = list(items)
        return [rest.pop(self.number(0, len(rest) - 1)) for _ in range(count)]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return self.some(items, len(items))
