"""Right and wrong claims by the hundred, each known to be so by an oracle that shares no code with symprop.

`python -m tests.verification.harness` judges them all and prints a table of rates.
"""
