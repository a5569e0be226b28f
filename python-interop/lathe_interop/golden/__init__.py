"""Scripts that write golden files: `python -m lathe_interop.golden.NAME --out DIR`.

They are deterministic: those that need NumPy alone write the same bytes on every machine; those
that run PyTorch write the same inputs, and outputs that agree to rounding.
"""
