"""The line that tells what a long command does: on a terminal, after a while, and gone at the end."""

from __future__ import annotations

import io
import sys
import time

import pytest

from symprop.cli import waiting
from symprop.cli.waiting import Waiting


class Screen(io.StringIO):
    """Standard error that says whether it is a terminal."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


def watched(monkeypatch: pytest.MonkeyPatch, is_terminal: bool, patience: float) -> str:
    """What stands on the screen after some work; it ends as soon as there is something, or after ten seconds."""
    screen = Screen(is_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", patience)
    monkeypatch.setenv("TERM", "xterm")
    with Waiting("verifying [bold]hand.yaml") as line:
        line.tell("deciding dW1, claim 1 of 2")
        end = time.monotonic() + (10 if is_terminal and patience < 1 else 0.3)
        while "dW1" not in screen.getvalue() and time.monotonic() < end:
            time.sleep(0.01)
        line.tell("deciding dW[2], claim 2 of 2")
    return screen.getvalue()


def test_a_long_command_says_what_it_does_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = watched(monkeypatch, True, 0.01)
    assert "deciding dW1, claim 1 of 2" in shown
    assert shown.endswith("\x1b[2K"), "the line is erased at the end"


@pytest.mark.parametrize(("is_terminal", "patience"), [(False, 0.01), (True, 60.0)])
def test_nothing_is_said_to_a_file_or_of_a_quick_command(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, patience: float
) -> None:
    assert watched(monkeypatch, is_terminal, patience) == ""
