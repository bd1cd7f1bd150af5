"""What an exception means to whoever typed the command: an exit code, faults, lines to print.

Enters: any exception.  Leaves: a `Failure`.  Nothing is printed here.

    0 ok                                   5 undecided
    1 the check ran and says no           70 a fault of symprop
    2 usage, spec, claims or data        130 interrupted
    3 the environment, input and output  141 whoever read the output closed it
    4 a numeric failure
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import Any

import click

from symprop.errors import Fault, InputError, MachineError, SympropError

USAGE, MACHINE, FAULT, INTERRUPTED, PIPE_CLOSED = 2, 3, 70, 130, 141
PACKAGES = {"ruamel": "ruamel.yaml", "sklearn": "scikit-learn"}
"""Packages whose name is not that of their module."""
REVEAL = "Set SYMPROP_DEBUG=1 to see the traceback, and report it."


@dataclass(frozen=True)
class Failure:
    """How a command ended.

    Args:
        exit_code: of the process.
        faults: what went wrong; empty where there is nothing to say.
        usage: lines that stand before the faults.
    """

    exit_code: int
    faults: tuple[Fault, ...] = ()
    usage: tuple[str, ...] = ()

    @property
    def pipe_closed(self) -> bool:
        """True where nobody reads what is written any more."""
        return self.exit_code == PIPE_CLOSED

    @property
    def lines(self) -> list[str]:
        """What is printed, a line a fault."""
        return [*self.usage, *map(str, self.faults)]

    def as_json(self) -> dict[str, Any]:
        """`{"error": {where, message, hint}}`, and all of them under "errors" where there are several."""
        errors = [{"where": f.where, "message": f.message, "hint": f.hint} for f in self.faults]
        return {"error": errors[0], **({"errors": errors} if len(errors) > 1 else {})}


def failure_of(error: BaseException) -> Failure:
    """The failure that an exception is."""
    if isinstance(error, InputError):
        return Failure(error.exit_code, error.faults)
    if isinstance(error, SympropError) and type(error) is not SympropError:
        return Failure(error.exit_code, (_told(str(error)),))
    if isinstance(error, click.exceptions.Exit):
        return Failure(error.exit_code)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return Failure(USAGE, usage=(error.format_message(),))
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return Failure(INTERRUPTED, (Fault("", "interrupted"),))
    if isinstance(error, SystemExit):
        return Failure(error.code if isinstance(error.code, int) else FAULT)
    return _environment(error) or _ours(error)


def _told(sentence: str) -> Fault:
    """A sentence as a fault; a first word that ends with a colon is its place."""
    where, colon, rest = sentence.partition(": ")
    return Fault(where, rest) if colon and " " not in where else Fault("", sentence)


def _usage(error: click.ClickException) -> Failure:
    context = getattr(error, "ctx", None)
    where = context.command_path if context else "symprop"
    usage = (context.get_usage(),) if context else ()
    message, hint = error.format_message().strip(), f"Try: {where} --help"
    return Failure(USAGE, (Fault(where, message.rstrip("."), hint),), usage)


def _environment(error: BaseException) -> Failure | None:
    """Failures of the machine that nobody has put into words before."""
    if isinstance(error, BrokenPipeError):
        return Failure(PIPE_CLOSED)
    if isinstance(error, OSError):
        where = os.fspath(error.filename) if isinstance(error.filename, (str, os.PathLike)) else ""
        hint = "Free some space and try again." if error.errno == errno.ENOSPC else ""
        return Failure(MACHINE, (Fault(str(where), error.strerror or str(error), hint),))
    if isinstance(error, MemoryError):
        return Failure(MACHINE, (Fault("", "there is not enough memory", "Use a smaller batch or a smaller network."),))
    if isinstance(error, ModuleNotFoundError) and error.name and error.name.split(".")[0] != "symprop":
        module = error.name.split(".")[0]
        package = PACKAGES.get(module, module)
        missing = MachineError(f"package {package} is not installed. Run: python -m pip install {package}")
        return Failure(missing.exit_code, (Fault("", str(missing)),))
    return None


def _ours(error: BaseException) -> Failure:
    said = " ".join(str(error).split())[:200]
    kind = type(error).__name__
    shown = said if isinstance(error, SympropError) else f"{kind}: {said}" if said else kind
    return Failure(FAULT, (Fault("symprop", f"this is a fault of symprop, not of yours: {shown}", REVEAL),))
