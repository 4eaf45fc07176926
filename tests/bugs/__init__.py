"""Bugs that from-scratch GANs are known for, each beside its cure: Wrong and Right."""
