"""All trials, in a fixed order: planted and written, each as the oracle finds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

import numpy as np

from tests.verification.harness import oracle
from tests.verification.harness.planting import inlined, planted
from tests.verification.harness.rewriting import rewritten
from tests.verification.harness.subjects import SUBJECTS
from tests.verification.harness.values import Mistake, Subject, Trial
from tests.verification.harness.written import RIGHT, WRONG

MOST = {"wrong operand": 2, "constant": 1, "sign": 1, "missing factor": 2, "dropped term": 2, "extra factor": 1}
"""Of one kind, in one formula; of others, all."""


def wrong(subjects: Iterable[Subject] = SUBJECTS) -> tuple[Trial, ...]:
    """Claims that the oracle finds wrong, of the right shape."""
    found: dict[tuple[str, str, str], Trial] = {}
    for subject in subjects:
        for target, text, mistake in _wrong(subject):
            if oracle.verdict(subject, target, text) == "wrong":
                trial = Trial(subject.name, target, text, mistake.kind, mistake)
                found.setdefault((subject.name, target, text), trial)
    return tuple(found.values())


def _wrong(subject: Subject) -> Iterator[tuple[str, str, Mistake]]:
    for mistake, name, target, text in WRONG:
        if name == subject.name:
            yield target, text, mistake
    for target in subject.chain:
        for text in forms(subject, target):
            count: Counter[str] = Counter()
            for shown, mistake in planted(subject, target, text):
                if oracle.verdict(subject, target, shown) == "wrong":
                    count[mistake.kind] += 1
                    if count[mistake.kind] <= MOST.get(mistake.kind, count[mistake.kind]):
                        yield target, shown, mistake


def forms(subject: Subject, target: str) -> list[str]:
    """A formula, and the same with the claim before it written out."""
    text = subject.chain[target]
    return [text] if "\n" in text else list(dict.fromkeys([text, inlined(subject.chain, target)]))


def right(subjects: Iterable[Subject] = SUBJECTS) -> tuple[Trial, ...]:
    """Claims that the oracle finds right, none of them written as the chain has it.

    Raises:
        AssertionError: a form that ought to be right is not.
    """
    found: dict[tuple[str, str, str], Trial] = {}
    for subject in subjects:
        for target, text, form in _right(subject):
            assert oracle.verdict(subject, target, text) == "right", (subject.name, target, text)
            found.setdefault((subject.name, target, text), Trial(subject.name, target, text, form))
    return tuple(found.values())


def _right(subject: Subject) -> Iterator[tuple[str, str, str]]:
    for name, target, text in RIGHT:
        if name == subject.name:
            yield target, text, "written by hand"
    for target in subject.chain:
        for text in forms(subject, target):
            for form, shown in rewritten(subject, target, text):
                yield target, shown, form
        deeper = subject.chain[target] if "\n" in subject.chain[target] else inlined(subject.chain, target, 2)
        if deeper not in forms(subject, target):
            yield target, deeper, "written out"


def sampled(trials: Sequence[Trial], size: int, seed: int) -> list[Trial]:
    """The same few trials every time: of each kind in turn, at random within it."""
    order = np.random.default_rng(seed).permutation(len(trials))
    kinds: dict[str, list[Trial]] = {}
    for place in order:
        kinds.setdefault(trials[place].kind, []).append(trials[place])
    turns = [trial for turn in zip_longest(*(kinds[k] for k in sorted(kinds))) for trial in turn if trial is not None]
    return turns[:size]
