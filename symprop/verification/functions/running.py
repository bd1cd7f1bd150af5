"""The user's functions as they are, run by Python on copies of the inputs.

Enters: a file and arrays.  Leaves: numbers, and the names of inputs that a function changed.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

import numpy as np

from symprop.errors import ClaimError, Fault
from symprop.frontends.tracing.inputs import Inputs
from symprop.frontends.tracing.userfile import UserFile, arguments_of, call
from symprop.spec.places import close
from symprop.verification.points import Array

LOSS, GRADS = "loss", "grads"
SHARE_OF_ONE, LEAST_OF_ONE = 0.05, 1.0
TWICE = "different values on two calls with the same input"


@dataclass(frozen=True)
class Gradients:
    """What `grads` returned.

    Args:
        values: by key.
        changed: names of the inputs it changed.
        loss: its value for the same inputs, None where the file has no loss.
    """

    values: Mapping[str, Array]
    changed: tuple[str, ...]
    loss: float | None = None


class Runner:
    """The functions of one file.

    Args:
        file: where they stand.
        deadline: time of the clock at which they must have ended; one call may take a small part of the time there is.

    What gave different values on two calls with the same input is kept in `unsteady`, keys of gradients, and
    `loss_is_unsteady`.
    """

    def __init__(self, file: UserFile, deadline: float) -> None:
        self.file, self.deadline = file, deadline
        self.unsteady: set[str] = set()
        self.loss_is_unsteady = False
        self._longest = max(LEAST_OF_ONE, SHARE_OF_ONE * self.seconds)

    @property
    def seconds(self) -> float:
        """The time that is left."""
        return max(0.05, self.deadline - monotonic())

    def part(self, share: float) -> float:
        """The time of the clock at which a share of the time that is left is over."""
        return monotonic() + share * self.seconds

    def _run(self, name: str, given: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
        arguments = arguments_of(self.file, name, {k: _copied(v) for k, v in given.items()})
        with np.errstate(all="ignore"):
            found = call(self.file, name, arguments, min(self.seconds, self._longest))
        changed = [k for k, v in arguments.items() if k in given and not _same(v, given[k])]
        return found, tuple(changed)

    def loss(self, given: Mapping[str, Any], name: str = LOSS) -> float:
        """The loss; of a loss with what it was computed from, the first."""
        return self.evaluated(given, name)[0]

    def evaluated(self, given: Mapping[str, Any], name: str = LOSS) -> tuple[float, tuple[str, ...]]:
        """The loss, and the names of the inputs that it changes."""
        found, changed = self._run(name, given)
        first = found[0] if isinstance(found, tuple) and found else found
        value = np.asarray(first)
        if value.dtype.kind not in "biuf" or value.size != 1:
            shape = f"an array of shape {value.shape}" if value.dtype.kind in "biuf" else type(first).__name__
            raise ClaimError(Fault(self.file.line(name), f"{name} returns {shape}; expected one number"))
        return float(value.reshape(())), changed

    def grads(self, given: Mapping[str, Any]) -> Gradients:
        """The gradients by their keys."""
        loss = self.loss(given) if self.file.has(LOSS) else None  # what it keeps for grads is then of these inputs
        found, changed = self._run(GRADS, given)
        return Gradients({k: self._array(k, v) for k, v in self.named(found).items()}, changed, loss)

    def repeated(self, given: Mapping[str, Any]) -> Gradients:
        """The gradients by their keys, of two calls with the same input; what differs is remembered."""
        first, second = self.grads(given), self.grads(given)
        self.loss_is_unsteady |= first.loss is not None and not _same(first.loss, np.asarray(second.loss))
        keys = {*first.values, *second.values}
        self.unsteady |= {
            k for k in keys if k not in first.values or not _same(second.values.get(k), first.values[k])
        }
        return replace(first, values={**second.values, **first.values})

    @property
    def fault(self) -> Fault | None:
        """What is unsteady, None where nothing is."""
        name = LOSS if self.loss_is_unsteady else GRADS if self.unsteady else ""
        return Fault(self.file.line(name), f"{name} gives {TWICE}") if name else None

    def _array(self, key: str, value: Any) -> Array:
        try:
            found = np.asarray(value)
        except ValueError:
            found = np.asarray(None)
        if found.dtype.kind not in "biuf":
            message = f"grads: '{key}' is {type(value).__name__}; expected an array of real numbers"
            raise ClaimError(Fault(self.file.line(GRADS), message))
        return found.astype(float)

    def named(self, found: Any) -> dict[str, Any]:
        """Returned gradients by key, None for no gradient; a tuple is in the order of the arguments.

        Raises:
            ClaimError: which gradient is which is not clear.
        """
        names = list(inspect.signature(self.file.function(GRADS)).parameters)
        example = f'return {{"{names[-1] if names else "W"}": ...}}'
        where = self.file.line(GRADS)
        if isinstance(found, tuple | list) and len(found) == len(names):
            found = dict(zip(names, found, strict=True))
        if isinstance(found, dict) and found and all(isinstance(key, str) for key in found):
            claimed = {key: value for key, value in found.items() if value is not None}
            if claimed:
                return claimed
            raise ClaimError(Fault(where, "grads returns None for every input; expected a gradient"))
        if isinstance(found, tuple | list):
            message = f"grads returns {len(found)} values for {len(names)} arguments; expected a dictionary"
            raise ClaimError(Fault(where, message, f"Write {example}."))
        message = f"grads returns {type(found).__name__}; expected a dictionary of gradients by the name of the input"
        raise ClaimError(Fault(where, message, f"Write {example}."))


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else copy.deepcopy(value)


def _same(left: Any, right: Any) -> bool:
    if isinstance(right, np.ndarray):
        return bool(np.array_equal(left, right, equal_nan=right.dtype.kind == "f"))
    return bool(left == right)


def learnt(keys: Sequence[str], given: Inputs, file: UserFile) -> dict[str, str]:
    """The input that each key is the gradient of: `W`, `dW`, `W_grad`.

    Raises:
        ClaimError: a key is none of them.
    """
    inputs = list(given.tensors)
    found: dict[str, str] = {}
    for key in keys:
        stems = [
            key,
            key.removeprefix("d"),
            key.removesuffix("_grad"),
            key.removeprefix("grad_"),
            key.removeprefix("d_"),
        ]
        known = next((stem for stem in stems if stem in inputs), None)
        if known is None:
            near = close(key, list(inputs))
            hint = f"Did you mean '{near}'?" if near else ""
            message = f"grads: '{key}' is no input; expected keys among {', '.join(inputs)}"
            raise ClaimError(Fault(file.line(GRADS), message, hint))
        if given.tensors[known].dtype == "integer" or known in given.one_hot:
            raise ClaimError(Fault(file.line(GRADS), f"grads: '{key}': {known} holds labels, which have no gradient"))
        if known in found.values():
            raise ClaimError(Fault(file.line(GRADS), f"grads: the gradient of '{known}' is given twice"))
        found[key] = known
    return found
