"""The campaign: files that lie and processes that die, by the thousand.

    python -m tests.campaign                        all of it, which takes hours
    python -m tests.campaign --share 0.01           a hundredth of it
    python -m tests.campaign files disks --write    two parts; their rows to the page
    python -m pytest -m campaign                    a bounded run, as each change has

It prints a table of counts, and whatever broke a promise of docs/reliability.md, each
with the seed that makes it again.
"""
