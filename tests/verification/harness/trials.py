"""All trials, in a fixed order: planted and written, each as the oracle finds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

from tests.verification.harness import oracle
from tests.verification.harness.planting import inlined, planted
from tests.verification.harness.rewriting import rewritten
from tests.verification.harness.subjects import BY_NAME, SUBJECTS
from tests.verification.harness.values import Mistake, Subject, Trial
from tests.verification.harness.written import RIGHT, WRONG

MOST = {"wrong operand": 2, "constant": 1, "sign": 1, "missing factor": 2, "dropped term": 2, "extra factor": 1}
"""Of one kind, in one formula; of others, all."""


@cache
def wrong(most: bool = True) -> tuple[Trial, ...]:
    """Claims that the oracle finds wrong, of the right shape; without `most`, every one that can be planted."""
    found: dict[tuple[str, str, str], Trial] = {}
    for subject, target, text, mistake in _wrong(most):
        if oracle.verdict(subject, target, text) == "wrong":
            key = (subject.name, target, text)
            found.setdefault(key, Trial(subject.name, target, text, mistake.kind, mistake))
    return tuple(found.values())


def _wrong(most: bool) -> Iterator[tuple[Subject, str, str, Mistake]]:
    for mistake, name, target, text in WRONG:
        yield BY_NAME[name], target, text, mistake
    for subject in SUBJECTS:
        for target in subject.chain:
            for text in forms(subject, target):
                count: Counter[str] = Counter()
                for shown, mistake in planted(subject, target, text):
                    if oracle.verdict(subject, target, shown) != "wrong":
                        continue
                    count[mistake.kind] += 1
                    if not most or count[mistake.kind] <= MOST.get(mistake.kind, 99):
                        yield subject, target, shown, mistake


def forms(subject: Subject, target: str) -> list[str]:
    """A formula, and the same with the claim before it written out."""
    text = subject.chain[target]
    return [text] if "\n" in text else list(dict.fromkeys([text, inlined(subject.chain, target)]))


@cache
def right() -> tuple[Trial, ...]:
    """Claims that the oracle finds right, none of them written as the chain has it."""
    found: dict[tuple[str, str, str], Trial] = {}
    for subject, target, text, form in _right():
        assert oracle.verdict(subject, target, text) == "right", (subject.name, target, text)
        found.setdefault((subject.name, target, text), Trial(subject.name, target, text, form))
    return tuple(found.values())


def _right() -> Iterator[tuple[Subject, str, str, str]]:
    for name, target, text in RIGHT:
        yield BY_NAME[name], target, text, "written by hand"
    for subject in SUBJECTS:
        for target in subject.chain:
            for text in forms(subject, target):
                for form, shown in rewritten(subject, target, text):
                    yield subject, target, shown, form
            if "\n" not in subject.chain[target]:
                deeper = inlined(subject.chain, target, 2)
                if deeper not in forms(subject, target):
                    yield subject, target, deeper, "written out"
