"""The version, alone, so that packaging can read it without importing NumPy."""

__version__ = "1.0.0"
