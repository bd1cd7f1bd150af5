"""Conventions of a hand derivation: how its arrays lie, and what its gradients are gradients of.

    convention, network ─► a View of each tensor: its axes as the user writes them, and user = factor * network

Enters: words such as batch: columns.  Leaves: a `Convention`, and `Views`, which read a user's formulas as formulas of
the network and write those of the network as the user would.  How arrays lie is mere notation; a factor is not, and is
never assumed where it was not declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import product

from symprop.errors import ClaimError, Fault
from symprop.language import Extent, Network, Tensor, extent_names
from symprop.language import expressions as ex
from symprop.network.layout import by_rows, turned_axes
from symprop.spec.places import instead
from symprop.verification.views import View, Views

MEANINGS: Mapping[str, Mapping[str, str]] = {
    "batch": {
        "rows": "examples in rows",
        "columns": "examples in columns, biases as columns",
        "columns_vectors": "examples in columns, biases as vectors",
        "single": "a single example, vectors without an axis for it",
        "single_column": "a single example, vectors as columns",
    },
    "weights": {"in_out": "W in-by-out", "out_in": "W out-by-in"},
    "adjoints": {
        "of_loss": "adjoints of the loss as it is",
        "per_example": "adjoints of values without the 1/N of the loss, which only the parameters' gradients have",
    },
    "sign": {"ascent": "the gradient", "descent": "minus the gradient, the direction of descent"},
    "reduction": {"as_loss": "the loss as it is", "sum": "N times the gradient, that of the sum over the examples"},
}
"""Values of each field, the default first."""
SHAPES, SCALES = ("batch", "weights"), ("adjoints", "sign", "reduction")


@dataclass(frozen=True)
class Convention:
    """What a hand derivation takes for granted; every field is a key of `MEANINGS`."""

    batch: str = "rows"
    weights: str = "in_out"
    adjoints: str = "of_loss"
    sign: str = "ascent"
    reduction: str = "as_loss"

    @staticmethod
    def of(words: Mapping[str, str], where: str = "convention", base: Convention | None = None) -> Convention:
        """The convention of a mapping; what it does not name is that of another one, by default the default.

        Raises:
            ClaimError: a key or a value is unknown.
        """
        faults = []
        for key, value in words.items():
            if key not in MEANINGS:
                faults.append(Fault(where, f"unknown key '{key}'; {instead(str(key), MEANINGS)}"))
            elif value not in MEANINGS[key]:
                faults.append(Fault(where, f"{key}: unknown value '{value}'; {instead(str(value), MEANINGS[key])}"))
        if faults:
            raise ClaimError(faults)
        return replace(base or Convention(), **words)

    @property
    def is_single(self) -> bool:
        """True where there is one example, N = 1."""
        return self.batch.startswith("single")

    @property
    def has_columns(self) -> bool:
        """True where examples are columns, one or many."""
        return self.batch in ("columns", "columns_vectors", "single_column")

    @property
    def sizes(self) -> Mapping[str, int]:
        """Numbers in place of named extents."""
        return {"N": 1} if self.is_single else {}

    @property
    def shape(self) -> Convention:
        """How arrays lie, with the default of everything else."""
        return Convention(self.batch, self.weights)

    def as_dict(self) -> dict[str, str]:
        """All fields."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def changes(self, other: Convention | None = None) -> dict[str, str]:
        """The fields that differ from another one, by default from the default."""
        base = (other or Convention()).as_dict()
        return {key: value for key, value in self.as_dict().items() if value != base[key]}

    @property
    def words(self) -> str:
        """What differs from the default, as a phrase."""
        found = [MEANINGS[key][value] for key, value in self.changes().items()]
        return "; ".join(found) or "examples in rows, W in-by-out"

    def option(self, base: Convention) -> str:
        """What differs from what goes without saying, as an option of the command line."""
        changes = self.changes(base) or {"batch": self.batch}
        return ",".join(f"{key}={value}" for key, value in changes.items())


def usual(network: Network | None) -> tuple[Convention, ...]:
    """The ways in which arrays lie where nothing is declared, first that in which the network prints itself."""
    if network is None or network.layout == "rows":
        return (Convention(),)
    return Convention("columns_vectors", "out_in"), Convention("columns", "out_in")


def shapes() -> list[Convention]:
    """All ways in which arrays may lie, the default first."""
    return [Convention(batch, weights) for batch, weights in product(*(MEANINGS[key] for key in SHAPES))]


def scales(shape: Convention) -> list[Convention]:
    """All factors that gradients may have, where arrays lie in a given way."""
    choices = product(*(MEANINGS[key] for key in SCALES))
    return [replace(shape, **dict(zip(SCALES, values, strict=True))) for values in choices]


# -- views -----------------------------------------------------------------------------------------------------------


def views_of(convention: Convention, network: Network, prefix: str) -> Views:
    """How the tensors of a network, and their adjoints, look under a convention."""
    reads = [read for equation in network.equations for read in ex.reads(equation.body)]
    gathered = {read.tensor for read in reads if any(list(position.gathers()) for position in read.indices)}
    has_rows = "N" in extent_names(network) and not is_sum(network)
    found: dict[str, View] = {}
    for tensor in network.tensors.values():
        order = _order(convention, tensor, tensor.name in gathered, network.layout)
        axes = tuple(Extent.of(1) if k is None else tensor.axes[k] for k in order)
        sign, power = _factor(convention, tensor, by_rows(tensor, network.layout), has_rows)
        found[tensor.name] = View(axes, order, len(tensor.axes))
        found[prefix + tensor.name] = View(axes, order, len(tensor.axes), sign, power)
    return Views(found)


def is_sum(network: Network) -> bool:
    """True where the loss runs over the N examples, and nothing of it is divided by a multiple of N."""
    losses = [e for e in network.equations if not e.indices]
    if not any("N" in index.extent.names for e in losses for index in ex.all_indices(e.body)):
        return False
    powers = [node for e in losses for node in ex.walk(e.body) if isinstance(node, ex.Pow)]
    below = [node.base for node in powers if (ex.number(node.exponent) or 0) < 0]
    sizes = [node.position.offset for base in below for node in ex.walk(base) if isinstance(node, ex.IndexValue)]
    return not any("N" in size.names for size in sizes)


def _order(convention: Convention, tensor: Tensor, gathered: bool, layout: str) -> tuple[int | None, ...]:
    """The axis of the network that stands on each axis of the user; None for one of extent 1 that is added.

    What a convention says of matrices alone leaves tensors of other axes, and tables that are read by an integer, as
    they lie in the network.
    """
    same = tuple(range(len(tensor.axes)))
    in_rows = same if layout == "rows" else turned_axes(tensor, layout)
    if by_rows(tensor, layout):
        if convention.batch == "single":
            return in_rows[1:]
        if not convention.has_columns:
            return in_rows
        return in_rows[::-1] if len(same) == 2 else same
    if tensor.role != "param":
        return same
    if len(same) == 2:
        return in_rows if convention.weights == "in_out" else same if gathered else in_rows[::-1]
    as_column = len(same) == 1 and convention.batch in ("columns", "single_column")
    return (0, None) if as_column else same


def _factor(convention: Convention, tensor: Tensor, is_by_rows: bool, has_rows: bool) -> tuple[int, int]:
    """(sign, power) in user's adjoint = sign * N**power * adjoint; a loss that is no mean over rows has no 1/N."""
    per_example = is_by_rows and tensor.role != "param" and convention.adjoints == "per_example"
    power = int(has_rows and (convention.reduction == "sum" or per_example))
    return -1 if convention.sign == "descent" else 1, power


def declared_convention(
    own: Mapping[str, str], given: Convention | Mapping[str, str] | None, where: str, network: Network | None
) -> Convention | None:
    """What is declared, None where nothing is; what is not named is as the network lies.

    Args:
        own: what the claims declare themselves.
        given: what is declared beside them, which goes before.
        where: name of the claims, for messages.
        network: what they are about, None of functions with a loss of their own.

    Raises:
        ClaimError: a key or a value is unknown.
    """
    if isinstance(given, Convention):
        return given
    words = {**own, **(given or {})}
    return Convention.of(words, where, usual(network)[0]) if words else None


def joined(words: Iterable[str], where: str) -> dict[str, str]:
    """KEY=VALUE,... as the words of a convention.

    Raises:
        ClaimError: a part is no KEY=VALUE, or a key or a value is unknown.
    """
    found: dict[str, str] = {}
    for part in (part.strip() for word in words for part in word.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise ClaimError(Fault(where, f"'{part}' is no convention; expected KEY=VALUE, such as batch=columns"))
        found[key.strip()] = value.strip()
    Convention.of(found, where)
    return found
