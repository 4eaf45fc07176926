"""minigan beside Keras, PyTorch and JAX; `python -m benchmarks list` shows it all.

One registry of workloads, one of contestants; each measurement is a process of its own.
"""
