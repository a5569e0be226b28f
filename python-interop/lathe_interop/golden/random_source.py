"""Random numbers that no library version changes."""

import numpy as np

GOLDEN_GAMMA = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1


class RandomSource:
    """SplitMix64 (Steele, Lea and Flood 2014): the k-th output mixes seed + k * GOLDEN_GAMMA."""

    def __init__(self, seed: int):
        self.state = seed & MASK

    def words(self, count: int) -> np.ndarray:
        """The next `count` outputs, uint64."""
        with np.errstate(over="ignore"):
            steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GOLDEN_GAMMA)
            z = np.uint64(self.state) + steps
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        self.state = (self.state + count * GOLDEN_GAMMA) & MASK
        return z ^ (z >> np.uint64(31))

    def integers(self, bound: int, *shape: int) -> np.ndarray:
        """int64 in [0, bound), for bound up to 2^32: the high halves of the words, scaled."""
        high = self.words(int(np.prod(shape))) >> np.uint64(32)
        return ((high * np.uint64(bound)) >> np.uint64(32)).astype(np.int64).reshape(shape)

    def bell(self, bits: int, *shape: int) -> np.ndarray:
        """int64, bell-shaped around 0: the sum of four uniform integers of `bits` bits, less its
        mean. Standard deviation about 2^bits * 0.577.
        """
        return self.integers(1 << bits, 4, *shape).sum(axis=0) - 2 * ((1 << bits) - 1)

    def bytes(self, count: int) -> np.ndarray:
        """uint8 [count]."""
        return self.words((count + 7) // 8).astype("<u8").view(np.uint8)[:count].copy()
