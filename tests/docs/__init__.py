"""Tests of documents: tests/docs/test_x.py reads docs/x.md."""
