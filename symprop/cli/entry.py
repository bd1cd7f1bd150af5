"""From arguments to an exit code: the one place where exceptions end.

Enters: arguments.  Leaves: an exit code, and one message on standard error (on standard output under `--json`).  A
traceback is shown only where SYMPROP_DEBUG is set.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import NoReturn

from symprop.cli.failures import Failure, failure_of
from symprop.cli.messages import say
from symprop.cli.output import print_json, silence_stdout

PROGRAM, DEBUG, COMPLETION = "symprop", "SYMPROP_DEBUG", "_SYMPROP_COMPLETE"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit with its code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command: 0 where it worked, 1 where it says no, and else as the table of exit codes says.

    Args:
        arguments: without the name of the program; by default those of the process.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    with _Outcome(as_json="--json" in given) as outcome:
        found = _invoke(given)
        outcome.code = found if isinstance(found, int) else 0
        sys.stdout.flush()
    return outcome.code


def _invoke(arguments: list[str]) -> object:
    # imported here, so that a fault of an import ends as any other does
    from symprop.cli.commands import symprop

    if COMPLETION in os.environ:
        return symprop.main(arguments, prog_name=PROGRAM, complete_var=COMPLETION)
    # not click's main, which gives a closed pipe the exit code of a check that says no
    with symprop.make_context(PROGRAM, arguments) as context:
        return symprop.invoke(context)


class _Outcome:
    """The exit code of a block, whatever exception ends it; the message is printed on the way."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.code = 0

    def __enter__(self) -> _Outcome:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            return False
        failure = failure_of(error)
        self.code = failure.exit_code
        if os.environ.get(DEBUG) and failure.lines:
            traceback.print_exception(kind, error, trace)
        self._report(failure)
        return True

    def _report(self, failure: Failure) -> None:
        if failure.pipe_closed:
            silence_stdout()
        elif self.as_json and failure.faults:
            try:
                print_json(failure.as_json())
                sys.stdout.flush()
            except OSError:
                silence_stdout()
        else:
            for line in failure.lines:
                say(line)
