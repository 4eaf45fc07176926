"""Tests of the package as a whole: how it is built, packed and named."""
