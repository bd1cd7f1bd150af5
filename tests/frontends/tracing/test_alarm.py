"""A limit of time is kept, also where it runs out at a moment when Python would print an exception and forget it."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest

from symprop.frontends.tracing.userfile import TimeIsUp, alarm

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timers")
LONG = 0.3


@pytest.fixture
def collector() -> Iterator[list[Callable[..., Any]]]:
    """The callbacks of the garbage collector, as they were afterwards."""
    before = list(gc.callbacks)
    yield gc.callbacks
    gc.callbacks[:] = before


def spin(seconds: float) -> None:
    end = monotonic() + seconds
    while monotonic() < end:
        pass


def test_an_alarm_during_a_collection_is_raised_after_it(collector: list[Callable[..., Any]]) -> None:
    called = []

    def slowly(phase: str, _: dict[str, int]) -> None:
        called.append(phase)
        spin(LONG)

    collector.append(slowly)
    with pytest.raises(TimeIsUp), alarm(LONG / 3):
        gc.collect()
        assert called == ["start", "stop"]
        spin(20.0)


def test_an_alarm_during_a_finaliser_is_raised_after_it() -> None:
    class Slow:
        def __del__(self) -> None:
            spin(LONG)

    with pytest.raises(TimeIsUp), alarm(LONG / 3):
        Slow()
        spin(20.0)


def test_no_alarm_rings_after_its_block() -> None:
    with pytest.raises(TimeIsUp), alarm(0.05):
        spin(20.0)
    spin(LONG)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
