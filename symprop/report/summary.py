"""The table of a network: its layers with what they compute and learn.

Enters: a network.  Leaves: rows of values; how a table is drawn is for each form of document to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symprop.language import Extent, Network, Tensor
from symprop.language.expressions import tensors_read
from symprop.report.symbols import Symbols, index_tex


@dataclass(frozen=True)
class Layer:
    """One row.

    Args:
        name: id of the layer, or the name of the tensor that belongs to none.
        computed: the tensors it computes, the last one its output.
        params: what it learns.
    """

    name: str
    computed: tuple[Tensor, ...]
    params: tuple[Tensor, ...]

    @property
    def count(self) -> Extent:
        """Number of learnable entries."""
        return count_of(self.params)


def count_of(tensors: Iterable[Tensor]) -> Extent:
    """Number of entries of some tensors together."""
    total = Extent.of(0)
    for tensor in tensors:
        entries = Extent.of(1)
        for axis in tensor.axes:
            entries = entries * axis
        total = total + entries
    return total


def layers_of(network: Network) -> tuple[Layer, ...]:
    """The layers in the order of their equations; a parameter without a layer stands where it is first read."""
    groups: dict[str, list[Tensor]] = {}
    for equation in network.equations:
        tensor = network.tensors[equation.target]
        layer = "loss" if tensor.name == network.loss else equation.origin or tensor.origin or tensor.name
        groups.setdefault(layer, []).append(tensor)
    owners = _owners(network, groups)
    return tuple(
        Layer(name, tuple(made), tuple(t for t in network.params if owners.get(t.name) == name))
        for name, made in groups.items()
    )


def _owners(network: Network, groups: Iterable[str]) -> dict[str, str]:
    """The layer of each parameter."""
    known = set(groups)
    owners = {t.name: t.origin for t in network.params if t.origin in known}
    for equation in network.equations:
        layer = equation.origin or network.tensors[equation.target].origin or equation.target
        for name in tensors_read(equation.body):
            if name in network.tensors and network.tensors[name].role == "param":
                owners.setdefault(name, layer)
    return owners


def shape_text(tensor: Tensor) -> str:
    """`N x 5`, or `scalar`."""
    return " x ".join(map(str, tensor.axes)) or "scalar"


def extent_tex(extent: Extent) -> str:
    """`2*C*H - 1` as 2CH - 1."""
    out = ""
    for monomial, coefficient in extent.terms:
        size = str(abs(coefficient)) if abs(coefficient) != 1 or not monomial else ""
        body = size + " ".join(map(index_tex, monomial))
        out += (" - " if coefficient < 0 else " + ") + body if out else ("-" if coefficient < 0 else "") + body
    return out or "0"


def shape_tex(tensor: Tensor) -> str:
    r"""The shape in LaTeX, N \times 5; empty for a scalar."""
    return r" \times ".join(map(extent_tex, tensor.axes))


def sized_tex(symbol: str, tensor: Tensor) -> str:
    """A symbol with its shape behind it, as a formula."""
    shape = shape_tex(tensor)
    return rf"${symbol}\enspace({shape})$" if shape else f"${symbol}$"


def shape_words(tensor: Tensor) -> str:
    """How a heading says the shape: `N x 5`, `length 5`, `scalar`."""
    return f"length {tensor.axes[0]}" if len(tensor.axes) == 1 else shape_text(tensor)


def shape_words_tex(tensor: Tensor) -> str:
    """The same for LaTeX and Markdown."""
    shape = shape_tex(tensor)
    return f"length ${shape}$" if len(tensor.axes) == 1 else f"${shape}$" if shape else "scalar"


def is_formula(network: Network) -> bool:
    """True of a network without layers and targets: a formula of arguments, which are all alike."""
    return not any(tensor.origin or tensor.role == "target" for tensor in network.tensors.values())


def arguments_of(network: Network) -> tuple[tuple[Tensor, str], ...]:
    """What a formula is a function of, each with what is to be said of it; nothing of any other network."""
    arguments = network.of_role("input", "param", "state") if is_formula(network) else ()
    return tuple((tensor, _role_words(tensor)) for tensor in arguments)


def arguments_tex(symbols: Symbols, network: Network) -> list[str]:
    """The same as lines for LaTeX and Markdown."""
    found = ((sized_tex(symbols[t.name].tex, t), words) for t, words in arguments_of(network))
    return [f"{symbol}: {words}" if words else symbol for symbol, words in found]


def _role_words(tensor: Tensor) -> str:
    integers = f"integers below {tensor.high}" if tensor.high is not None else "integers"
    return integers if tensor.dtype == "integer" else "differentiated by" if tensor.role == "param" else ""


def given_of(network: Network) -> tuple[Tensor, ...]:
    """What is not computed and not learnt: inputs, targets, states, samples."""
    return network.of_role("input", "target", "state", "sample")
