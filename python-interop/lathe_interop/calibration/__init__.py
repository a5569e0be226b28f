"""The calibration set that Lathe brings along, half computed and half written by hand.

`python -m lathe_interop.calibration --out FILE` writes the same bytes on every machine.
"""
