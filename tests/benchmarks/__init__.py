"""Tests of the scripts and tables of benchmarks/."""
