"""What a spec can set on an entry: kinds, defaults and bounds of options, as data.

Enters: the registration of an entry.  Leaves: `Option` values, from which the spec builds its schema and the network
its constants.  No value is checked against YAML here; `Option.fault` judges a plain Python value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

KINDS = (
    *("extent", "extents", "integer", "number", "numbers", "flag", "name", "activation", "initialiser"),
    *("sizes", "axes"),
)


class Required:
    """The default of an option that has to be given."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = Required()


@dataclass(frozen=True)
class Option:
    """One setting of an entry.

    Args:
        kind: "extent" (a size of at least 1, or the name of one), "extents" (a list of them), "sizes" (one for each of
            `count` axes, as a list, or one number for all of them, or a word of `choices`; equations read `kernel` as
            `kernel_1`, `kernel_2`), "axes" (an axis or a list of them; 0 is the batch, -1 the last), "integer",
            "number", "numbers" (as many as the default has; a formula reads `betas` as `betas_1`, `betas_2`), "flag"
            (true or false), "name" (one of `choices`), "activation" or "initialiser" (the name of an entry, or a
            mapping with its `type` and options).
        default: the value where none is given, `REQUIRED` where there is no default, None for an option that may be
            absent.
        low, high: closed bounds of the number, or of each of the numbers.
        choices: the names allowed, of kind "name" and "sizes".
        doc: what it is, with its unit, in one phrase.
        count: number of axes, of kind "sizes".
    """

    kind: str
    default: Any = REQUIRED
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    doc: str = ""
    count: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} of an option; expected one of {', '.join(KINDS)}")

    @property
    def required(self) -> bool:
        """True where a value has to be given."""
        return self.default is REQUIRED

    def fault(self, value: Any) -> str | None:
        """`expected <X>, got <Y>` for an extent, a number, a flag or a name that does not fit; None where it does."""
        if value is None and self.default is None:
            return None
        expected = self._expected()
        fits = expected is None or self._fits(value)
        return None if fits else f"expected {expected}, got {value!r}"

    def spread(self, value: Any) -> tuple[Any, ...]:
        """The values of `sizes`, one for each axis; of a word none."""
        if isinstance(value, list | tuple):
            return tuple(value)
        return () if value is None or value in self.choices else (value,) * self.count

    def _fits(self, value: Any) -> bool:
        if self.kind == "flag":
            return isinstance(value, bool)
        if self.kind == "name":
            return value in self.choices
        if self.kind == "extent":
            return self._size(value, 1)
        if self.kind == "sizes":
            found = self.spread(value)
            known = isinstance(value, str) and value in self.choices
            return known or (len(found) == self.count and all(self._size(v, self.low or 0) for v in found))
        if self.kind == "axes":
            found = tuple(value) if isinstance(value, list | tuple) else (value,)
            return bool(found) and all(isinstance(v, int) and not isinstance(v, bool) and v != 0 for v in found)
        if self.kind == "numbers":
            return isinstance(value, list | tuple) and len(value) == len(self.default) and all(map(self._number, value))
        return self._number(value)

    @staticmethod
    def _size(value: Any, least: float) -> bool:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return isinstance(value, str) or (whole and value >= least)

    def _number(self, value: Any) -> bool:
        kinds = int if self.kind == "integer" else int | float
        if isinstance(value, bool) or not isinstance(value, kinds) or not abs(value) < float("inf"):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def _expected(self) -> str | None:
        """The values allowed, in words; None for kinds that are not judged here."""
        if self.kind == "flag":
            return "true or false"
        if self.kind == "name":
            return "one of " + ", ".join(self.choices)
        if self.kind == "extent":
            return "a whole number of at least 1, or the name of one"
        if self.kind == "axes":
            return "the number of an axis, or a list of them; 1 is the first beside the batch, -1 the last"
        if self.kind == "sizes":
            return self._sizes()
        if self.kind not in ("integer", "number", "numbers"):
            return None
        noun = {"integer": "a whole number", "number": "a number"}.get(self.kind, "numbers")
        count = f"{len(self.default)} " if self.kind == "numbers" else ""
        return f"{count}{noun}{self._bounds()}"

    def _sizes(self) -> str:
        one = f"a whole number of at least {self.low or 0:g}"
        many = f", or a list of {self.count}" if self.count > 1 else ""
        return ", ".join([*self.choices, ""]) + ("or " if self.choices and not many else "") + one + many

    def _bounds(self) -> str:
        if self.low is not None and self.high is not None:
            return f" from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f" of at least {self.low:g}"
        return f" of at most {self.high:g}" if self.high is not None else ""


Options = Mapping[str, Option]


def completed(options: Options, given: Mapping[str, Any]) -> dict[str, Any]:
    """All values of an entry's options: those given, and the defaults of the others.

    Raises:
        KeyError: an option is given that the entry does not have, or a required one is missing.
    """
    unknown = [name for name in given if name not in options]
    missing = [name for name, option in options.items() if option.required and name not in given]
    if unknown or missing:
        raise KeyError(", ".join(unknown or missing))
    return {name: given.get(name, option.default) for name, option in options.items()}
