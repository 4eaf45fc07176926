"""The campaign: files that lie and processes that die, by the thousand.

    python -m tests.campaign                   all of it
    python -m tests.campaign --count 500 --runs 5
    python -m pytest -m campaign               a bounded run of all

It prints a table of counts, and whatever broke a promise of docs/reliability.md, each
with the seed that makes it again.
"""
