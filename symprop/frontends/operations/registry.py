"""NumPy's functions by name, each defined once: on arrays and plain values, whatever wrote the call.

Enters: functions of a bench and of values.  Leaves: `Operation` values, which check the number and the names of their
arguments.  A value is an `Array`, or of plain Python: None, a truth value, a string, a tuple, a slice, a type.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from symprop.frontends.arrays import Array
from symprop.frontends.bench import Bench
from symprop.frontends.faults import Misuse

Value = Any
Do = Callable[..., Any]
AnyDo = TypeVar("AnyDo", bound=Callable[..., Any])
_POSITIONAL = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)


@dataclass(frozen=True)
class Operation:
    """One function of NumPy.

    Args:
        name: its name.
        do: what it does, from a bench and its arguments.
        parameters: names of the arguments that may stand without their name, in order.
        required: how many of them there must be.
        rest: name of the arguments of any number, or "".
        keywords: names by which arguments may be given.
    """

    name: str
    do: Do
    parameters: tuple[str, ...]
    required: int
    rest: str = ""
    keywords: tuple[str, ...] = field(default=())

    def __call__(self, bench: Bench, args: Sequence[Value], keywords: Mapping[str, Value]) -> Any:
        """The value of a call.

        Raises:
            Misuse: the arguments are none that it takes; a Mismatch where it is their shapes.
        """
        self._check(len(args), list(keywords))
        return self.do(bench, *args, **keywords)

    def _check(self, given: int, keywords: Sequence[str]) -> None:
        for name in keywords:
            if name not in self.keywords:
                expected = f"expected {' or '.join(self.keywords)}" if self.keywords else "expected none"
                raise Misuse(f"keyword '{name}' is not known here; {expected}", (name,))
        most = len(self.parameters)
        if given < self.required or (given > most and not self.rest):
            wanted = sorted({self.required, most})
            plural = "" if most == 1 else "s"
            raise Misuse(f"{self.name} takes {' or '.join(map(str, wanted))} argument{plural}, got {given}")
        for name in set(keywords) & set(self.parameters[:given]):
            raise Misuse(f"the {name} is given twice")

    def parameter(self, position: int) -> tuple[str, int | None]:
        """The name of the argument at a position, and its number among those of any number."""
        if position < len(self.parameters):
            return self.parameters[position], None
        return self.rest, position - len(self.parameters)


OPERATIONS: dict[str, Operation] = {}


def operation(*names: str) -> Callable[[AnyDo], AnyDo]:
    """Make a function an operation, under one or several names."""

    def register(do: AnyDo) -> AnyDo:
        for name in names:
            OPERATIONS[name] = described(name, do)
        return do

    return register


def described(name: str, do: Do) -> Operation:
    """The operation that a function is, by its signature."""
    found = list(inspect.signature(do).parameters.values())[1:]
    plain = [p for p in found if p.kind in _POSITIONAL]
    rest = next((p.name for p in found if p.kind == inspect.Parameter.VAR_POSITIONAL), "")
    optional = [p.name for p in found if p.default is not inspect.Parameter.empty]
    required = sum(p.default is inspect.Parameter.empty for p in plain)
    return Operation(name, do, tuple(p.name for p in plain), required, rest, tuple(optional))


def of_arrays(name: str, arity: int, do: Callable[..., Array]) -> Operation:
    """The operation that a function of so many arrays is."""
    return Operation(name, do, tuple(f"x{k}" for k in range(arity)), arity)
