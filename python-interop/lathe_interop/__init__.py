"""Companion of Lathe: a reader of its outputs, and the independent references behind its tests.

`lathe_interop.reader`     opens and verifies what Lathe wrote
`lathe_interop.reference`  NumPy references of pruning, quantization and measures
`lathe_interop.golden`     scripts that write the golden files of Lathe's tests
"""

__version__ = "0.1.0"
