"""One moving line on standard error while a command takes its time; nothing where nobody watches, or where it is quick.

Enters: words for what is being done now.  Leaves: a line that is gone when the work is.
"""

from __future__ import annotations

import sys
from threading import Lock, Timer
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.status import Status

PATIENCE_SECONDS = 2.0


class Waiting:
    """A line that appears after `PATIENCE_SECONDS`, on a terminal alone.

    Args:
        words: what is done first.
    """

    def __init__(self, words: str) -> None:
        self._words = words
        self._status: Status | None = None
        self._lock = Lock()
        self._timer = Timer(PATIENCE_SECONDS, self._appear)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            # a timer that runs already finds nothing left to show
            self._words = ""
            if self._status is not None:
                self._status.stop()

    def tell(self, words: str) -> None:
        """Say what is done now."""
        with self._lock:
            self._words = words
            if self._status is not None:
                self._status.update(_plain(words))

    def _appear(self) -> None:
        from rich.console import Console
        from rich.status import Status

        with self._lock:
            if self._words:
                # rich heeds NO_COLOR and TERM=dumb by itself
                self._status = Status(_plain(self._words), console=Console(stderr=True))
                self._status.start()


def _plain(words: str) -> str:
    from rich.markup import escape

    return escape(words)
