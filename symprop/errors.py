"""Errors a user can meet, each saying who is at fault and where.

Enters: a place, a sentence and, where one is known, what to do.  Leaves: an exception whose text is ready to print and
whose `exit_code` is the command line's.  No formatting for terminals happens here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong: `<where>: <message>. <hint>`.

    Args:
        where: place of the fault, `file:line:column` or the name of an equation, a tensor or an option.
        message: one sentence without its final stop, `what is wrong; expected X, got Y`.
        hint: what to do about it, a whole sentence, or empty.
    """

    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        if not self.hint:
            return place + self.message
        stop = "" if self.message.endswith((".", "?", "!")) else "."
        return f"{place}{self.message}{stop} {self.hint}"


class SympropError(Exception):
    """Root of all errors raised on purpose; on its own it is a fault of symprop, never of the user."""

    exit_code = 70


class InputError(SympropError):
    """What the user gave is at fault: a spec, a formula, data or a claim.  Carries every fault found."""

    exit_code = 2

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class SpecError(InputError):
    """A fault in net.yaml, or in a network built from Python."""


class FormulaError(InputError):
    """A fault in a formula or an equation."""


class DataError(InputError):
    """A fault in data files or arrays: missing columns, text, NaN, labels out of range."""


class ClaimError(InputError):
    """A fault in a file of claims."""


class MachineError(SympropError):
    """The environment is at fault: a file that cannot be read or written, a missing package, no memory."""

    exit_code = 3


class NumericError(SympropError):
    """A computation left the finite numbers: training diverged, a loss is NaN."""

    exit_code = 4


class UndecidedError(SympropError):
    """A question that could not be answered within its limits."""

    exit_code = 5
