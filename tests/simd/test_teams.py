"""Who does the parts of a stage, and whether helpers are called at all."""

from __future__ import annotations

import _thread
import inspect
import textwrap
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from llvmlite import binding
from numba import njit

from symprop.simd import link, teams
from symprop.simd.teams import ALONE, DONE, LEAST_WORK, OVER, READY, SPINS, STEPS, THREADS, WORDS, Team, pace
from tests.simd import functions_of_loops as written
from tests.simd.test_nests import given, shapes_of

Function = Callable[..., Any]
SECONDS = 20
"""For which a busy machine may keep a thread waiting."""
MILLISECOND = 1_000_000


@njit(nogil=True)
def help_team(team: Any, spins: Any) -> Any:
    return link.help_with(team, spins)


def waited(condition: Callable[[], object]) -> bool:
    end = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)
    return bool(condition())


def words_of(threads: int) -> Any:
    """Of a team with helpers that never come."""
    words = np.zeros(WORDS, np.int64)
    words[READY], words[THREADS] = threads - 1, threads
    return words


def shared(function: Function, dtype: str, monkeypatch: pytest.MonkeyPatch) -> Function:
    """The function called with a team, for which no work is too little."""
    monkeypatch.setattr(teams, "LEAST_WORK", 0)
    monkeypatch.setattr(link, "RUNTIME", teams.RUNTIME.replace(f"i64 %work, {LEAST_WORK}", "i64 %work, 0"))
    monkeypatch.setattr(link, "own_source", lambda _: textwrap.dedent(inspect.getsource(function)))
    names = ", ".join(inspect.signature(function).parameters)
    space: dict[str, Any] = {}
    exec(f"def {function.__name__}(team, {names}):\n    pass", space)
    space["vector"] = link.lanes(dtype, **shapes_of(function))(space[function.__name__])
    exec(f"def call(team, {names}):\n    return vector(team, {names})", space)
    return njit(nogil=True)(space["call"])  # type: ignore[no-any-return]


@pytest.mark.parametrize("function", [*written.SHAPES, *written.LARGE], ids=lambda f: f.__name__)
def test_parts_are_the_whole_though_no_helper_comes(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone and in parts bit for bit; without a team but for the rounding of a product in a sum of two."""
    call = shared(function, "float32", monkeypatch)
    for rows, threads in ((1, 2), (5, 3), (8, 2), (45, 2), (45, 5)):
        whole, alone, parts = (given(function, rows, "float32") for _ in range(3))
        call(None, *whole)
        call(words_of(1), *alone)
        call(words_of(threads), *parts)
        for one, same, other in zip(whole, alone, parts, strict=True):
            assert np.asarray(same).tobytes() == np.asarray(other).tobytes(), (rows, threads)
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.slow  # other programs may keep all processors busy for as long as it waits
def test_helpers_do_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    call = shared(written.tall, "float32", monkeypatch)
    whole, parts = (given(written.tall, 45, "float32") for _ in range(2))
    call(words_of(1), *whole)
    with Team(help_team, 2, 45, 1) as words:
        assert waited(lambda: (call(words, *parts), words[DONE])[1])
    assert all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in zip(whole, parts, strict=True))


class Counted(Team):
    """A team that counts its helpers as they come and go."""

    came: list[int]
    went: list[int]

    def _help(self) -> None:
        self.came.append(1)
        super()._help()
        self.went.append(1)


@pytest.fixture
def counted() -> type[Counted]:
    return type("Own", (Counted,), {"came": [], "went": []})


def test_helpers_end_with_their_team_whatever_happens(counted: type[Counted]) -> None:
    with pytest.raises(KeyboardInterrupt), counted(help_team, 3, 1, 1) as words:
        assert waited(lambda: len(counted.came) == 3)
        assert not counted.went
        raise KeyboardInterrupt
    assert waited(lambda: len(counted.went) == 3)
    assert words[OVER] == 1


def test_many_teams_leave_no_threads(counted: type[Counted]) -> None:
    for _ in range(300):
        with counted(help_team, 2, 1, 1):
            pass
    assert waited(lambda: len(counted.went) == 600)


def test_no_helper_is_started_where_it_would_not_be_called(counted: type[Counted]) -> None:
    """As long as the first thread is known to be faster alone, for so many steps of ten milliseconds."""
    counted.known = (1, 7), np.zeros(WORDS, np.int64)
    words = counted.known[1]
    words[ALONE], words[teams.UNTIL] = 1, teams.now() + 60_000 * MILLISECOND
    words[teams.SPENT + 1], words[STEPS + 1] = 10 * MILLISECOND, 1
    for steps, helpers in ((100, 0), (10_000, 1)):
        Team.known = counted.known[0], words.copy()
        with counted(help_team, 1, 7, steps):
            assert not helpers or waited(lambda: counted.came)
        assert len(counted.came) == helpers


def test_a_helper_that_finds_nothing_for_a_while_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    words = np.zeros(WORDS, np.int64)
    _thread.start_new_thread(help_team, (words, SPINS))
    seen = [int(words[READY]) for _ in range(200) if time.sleep(0.002) is None]
    words[OVER] = 1
    assert sum(seen) < len(seen) / 2
    assert waited(lambda: words[READY] == 0)


def run_steps(words: Any, spent: dict[int, int], steps: int) -> list[int]:
    """Ways of steps that take so many nanoseconds, 0 with helpers and 1 without."""
    now, ways = int(words[teams.SINCE]) or 1, []
    for _ in range(steps):
        pace(words, now)
        ways.append(int(words[ALONE]))
        now += spent[ways[-1]]
    return ways


@pytest.mark.parametrize("better", [0, 1])
@pytest.mark.parametrize("step", [MILLISECOND, 500 * MILLISECOND])
def test_the_faster_way_is_kept_and_the_other_one_tried_again(better: int, step: int) -> None:
    words = np.zeros(WORDS, np.int64)
    ways = run_steps(words, {better: step, 1 - better: 3 * step // 2}, 3000)
    assert set(ways[:50]) == {0, 1}
    assert ways[1500:].count(better) > 0.95 * 1500
    assert ways[1500:].count(1 - better) > 0


def test_a_machine_that_becomes_busy_is_noticed() -> None:
    words = np.zeros(WORDS, np.int64)
    assert run_steps(words, {0: MILLISECOND, 1: 2 * MILLISECOND}, 5000)[-1] == 0
    assert run_steps(words, {0: 9 * MILLISECOND, 1: 4 * MILLISECOND}, 5000)[-1] == 1
    assert run_steps(words, {0: MILLISECOND, 1: 2 * MILLISECOND}, 5000)[-1] == 0


def test_ways_that_take_as_long_are_without_helpers() -> None:
    words = np.zeros(WORDS, np.int64)
    assert run_steps(words, {0: MILLISECOND, 1: MILLISECOND}, 2000)[1000:].count(1) > 950
    assert words[STEPS] > 0


@pytest.mark.parametrize("processor", ["x86_64", "aarch64", "riscv64"])
@pytest.mark.parametrize("system", ["posix", "nt"])
def test_other_machines_have_functions_that_are_complete(processor: str, system: str) -> None:
    for text in (teams.RUNTIME, teams.HELPER, teams.CLOCK):
        found, declared = teams.runtime_of(text, processor, system)
        assert not {"PAUSE", "YIELD", "SLEEP", "TIME"} & set(found.split())
        binding.parse_assembly("\n".join([*declared, found])).verify()
