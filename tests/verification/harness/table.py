"""The rates, kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tests.verification.harness.judging import Outcome

HEAD_WRONG = ("planted", "claims", "accepted", "diagnosed", "s/claim")
HEAD_RIGHT = ("written as", "claims", "refuted", "proved", "s/claim")


def wrong_table(outcomes: Sequence[Outcome]) -> str:
    """How many wrong claims were accepted, how many named."""
    return _table(HEAD_WRONG, outcomes, lambda o: o.accepted, lambda o: o.diagnosed)


def right_table(outcomes: Sequence[Outcome]) -> str:
    """How many right claims were refuted, how many proved."""
    return _table(HEAD_RIGHT, outcomes, lambda o: o.refuted, lambda o: o.proved)


def _table(
    head: tuple[str, ...], outcomes: Sequence[Outcome], bad: Callable[[Outcome], bool], good: Callable[[Outcome], bool]
) -> str:
    kinds = sorted({o.trial.kind for o in outcomes})
    rows = [_row(kind, [o for o in outcomes if o.trial.kind == kind], bad, good) for kind in kinds]
    rows.append(_row("all", outcomes, bad, good))
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    return "\n".join(_line(row, widths) for row in (head, *rows))


def _row(
    kind: str, outcomes: Sequence[Outcome], bad: Callable[[Outcome], bool], good: Callable[[Outcome], bool]
) -> tuple[str, ...]:
    size = max(1, len(outcomes))
    right = sum(map(good, outcomes))
    seconds = sum(o.seconds for o in outcomes) / size
    return kind, str(len(outcomes)), str(sum(map(bad, outcomes))), f"{100 * right / size:.1f} %", f"{seconds:.2f}"


def _line(row: Iterable[str], widths: Sequence[int]) -> str:
    first, *rest = (cell.rjust(w) if k else cell.ljust(w) for k, (cell, w) in enumerate(zip(row, widths, strict=True)))
    return "  ".join((first, *rest))
