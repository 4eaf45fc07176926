"""The compiled twins of `primitives`: files and functions of the same names.

Plain loops over vectors, written for Numba.  Results and bits are those that the
formula beside it has, up to rounding; tests compare the two for every primitive.
"""
