"""The command line: arguments, one library call, print.

`main` is what the script `symprop`, `python -m symprop` and `cli.py` call; `run` is the same with arguments given and
the exit code returned.  Commands import what they need when they run, so that help, version and the faults of a spec
come without SymPy, NumPy and Numba.
"""

from symprop.cli.entry import main, run

__all__ = ["main", "run"]
