"""How large a trace may be, so that code which would never end is stopped at its line."""

MOST_ARRAYS = 20_000
"""Arrays made in one run: a loop through the entries of an array or the steps of a recurrence, and not of 1e8 steps."""

MOST_ENTRIES = 1_000_000
"""Entries of an array whose extents are numbers: its equations are evaluated."""
