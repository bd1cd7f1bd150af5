"""Functions as claims: the gradients that `grads` returns, with their equations and their places.

Enters: a subject and its derivation.  Leaves: `Claim` values, each after the helpers it reads.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from symprop.errors import Fault
from symprop.frontends.tracing.faults import NotTraceable
from symprop.frontends.tracing.inputs import Inputs
from symprop.frontends.tracing.loss import generalised
from symprop.frontends.tracing.run import Run, Stored
from symprop.frontends.tracing.userfile import UserFile
from symprop.language import Equation, defined
from symprop.language import expressions as ex
from symprop.verification.functions.running import GRADS, Runner
from symprop.verification.functions.subject import Subject
from symprop.verification.values import Claim

MARK, TRACING = "'", 0.25


@dataclass(frozen=True)
class TracedGrads:
    """What `grads` returns, as equations.

    Args:
        stored: by key.
        fixed: the extents that the code needed as numbers.
        lost: why others have no equations, by key.
    """

    stored: Mapping[str, Stored]
    fixed: Mapping[str, int]
    lost: Mapping[str, Fault] = field(default_factory=dict)


class _Marked:
    """Names for the values of `grads`: the user's P is P', another one of that name P''."""

    def __init__(self) -> None:
        self._counts = Counter[str]()

    def __call__(self, own: str) -> str:
        """A name that is free."""
        self._counts[own] += 1
        return own + MARK * self._counts[own]


def traced_grads(subject: Subject, runner: Runner, fixed: Iterable[str]) -> TracedGrads:
    """The gradients as equations, with some extents as numbers.

    Raises:
        NotTraceable: they cannot be traced.
    """

    lost: dict[str, Fault] = {}

    def attempt(inputs: Inputs) -> dict[str, Stored]:
        label = _Marked()
        functions = {} if subject.network is None else subject.network.functions
        arities = {f.name: len(f.args) + len(f.params) for f in functions.values()}
        run = Run(subject.file, GRADS, inputs, label, functions=arities)
        found = runner.named(run.result(runner.seconds * TRACING))
        stored: dict[str, Stored] = {}
        lost.clear()
        for key, value in found.items():
            try:
                stored[key] = run.stored(value, label(f"d{key}"))
            except NotTraceable as stop:
                lost[key] = stop.fault
        if not stored:
            raise NotTraceable(next(iter(lost.values())))
        return stored

    stored, numbers = generalised(subject.inputs, subject.sizes, attempt, fixed)
    return TracedGrads(stored, numbers, lost)


def claims_of_functions(traced: TracedGrads, targets: Mapping[str, str], file: UserFile) -> tuple[Claim, ...]:
    """A claim for every gradient, and helpers for what they are computed from."""
    places = _places(file)
    claims = []
    for key, stored in traced.stored.items():
        target = targets.get(key, "")
        claims += [_helper(equation, file) for equation in stored.equations[:-1]]
        own = stored.equations[-1]
        line, text = places.get(key, (0, ""))
        where = f"{file.name}:{line}" if line else file.line(GRADS)
        claims.append(Claim(key, target, stored.tensor, (own,), _reads(own), text or f"grads()['{key}']", where))
    return tuple(claims)


def _helper(equation: Equation, file: UserFile) -> Claim:
    name = equation.target.rstrip(MARK)
    return Claim(name, "", defined(equation), (equation,), _reads(equation), str(equation), file.line(GRADS))


def _reads(equation: Equation) -> tuple[str, ...]:
    return tuple(ex.tensors_read(equation.body))


def _places(file: UserFile) -> dict[str, tuple[int, str]]:
    """Line and text of the values of the dictionaries that `grads` returns."""
    tree = ast.parse(file.source)
    grads = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == GRADS), None)
    found = {}
    for node in ast.walk(grads) if grads is not None else ():
        for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                text = " ".join((ast.get_source_segment(file.source, value) or "").split())
                found[key.value] = (value.lineno, text)
    return found
