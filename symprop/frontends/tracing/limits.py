"""How large a trace may be, so that code which would never end is stopped at its line."""

MOST_OPERATIONS = 20_000
"""Operations of one run: a loop through all entries of an array or all steps of a recurrence, and not of 1e8 steps."""

MOST_ENTRIES = 1_000_000
"""Entries of an array whose extents are numbers: its equations are evaluated."""
