"""What stops a trace, with its place in the user's file.

These are no `Exception`s, and they are remembered, so that no handler of the traced code swallows them.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from types import FrameType

import numpy as np

from symprop.errors import Fault

_OURS = tuple(str(Path(p).resolve().parent) for p in (Path(__file__).parent.parent, np.__file__))


_SEEN: ContextVar[list[BaseException]] = ContextVar("_SEEN")


class Stop(BaseException):
    """What ends a trace."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        _SEEN.get([]).append(self)


@contextlib.contextmanager
def unswallowed() -> Iterator[None]:
    """Raise the first stop again, if the traced code went on after it."""
    seen: list[BaseException] = []
    token = _SEEN.set(seen)
    try:
        yield
    finally:
        _SEEN.reset(token)
    if seen:
        raise seen[0]


def passed(stop: Stop) -> None:
    """Go on after a stop; whoever reads what it is about stops."""
    seen = _SEEN.get([])
    seen[:] = [other for other in seen if other is not stop]


class NotTraceable(Stop):
    """A construct that the tracer does not know.

    Args:
        fault: what, and where.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class NeedsNumbers(Stop):
    """Code that needs extents as numbers: a loop over them, a comparison.

    Args:
        names: of the extents.
    """

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


def user_frame() -> FrameType | None:
    """The innermost frame that is neither ours nor NumPy's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return frame


def user_place() -> str:
    """`hand.py:12`, the line of the user's code that is running."""
    frame = user_frame()
    return "" if frame is None else f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def not_traceable(message: str, hint: str = "") -> NotTraceable:
    """The fault of the line that is running."""
    return NotTraceable(Fault(user_place(), message, hint))
