r"""What the signs of a document mean: one sentence for each that occurs.

Enters: the LaTeX of all displays and the derivation.  Leaves: sentences with formulas in dollars, for LaTeX and
Markdown.
"""

from __future__ import annotations

from symprop.derivation import Derivation
from symprop.language import Equation
from symprop.language.expressions import reads
from symprop.report.summary import is_formula
from symprop.report.symbols import Symbol, Symbols

_LAST_AXIS = {"rows": "the last axis", "columns": "the last axis but that of the examples"}
_SIGNS: tuple[tuple[tuple[str, ...], str], ...] = (
    ((r"\top", r"\mathbf{1}^", r"} \mathbf{1}"), r"Vectors are columns, and $\mathbf{1}$ is a column of ones."),
    (
        (r"\odot", r"\oslash"),
        r"$\odot$ and $\oslash$ multiply and divide entry by entry; $A^{\odot 2}$ squares each entry.",
    ),
    (
        (r"\odot", r"\top", r"\oslash"),
        "Functions, roots and comparisons of a matrix act on each entry; a number added to a matrix is added to each.",
    ),
    ((r"{softmax}",), rf"$\mathrm{{softmax}}$ acts along {_LAST_AXIS['rows']}."),
    ((r"{onehot}",), r"$\mathrm{onehot}$ makes a row with a 1 at each label and 0 elsewhere."),
    ((r"{diag}",), r"$\mathrm{diag}(v)$ is the matrix with $v$ on its diagonal."),
    ((r"\delta_",), r"$\delta_{ij}$ is 1 where $i = j$, else 0."),
    ((r"\lbrace",), r"$\mathbf{1}\lbrace c\rbrace$ is 1 where $c$ holds, else 0."),
)


def conventions(written: str, derivation: Derivation) -> list[str]:
    """The sentences this document needs."""
    network = derivation.network
    loss, adjoint = Symbols(network)[network.loss].tex, Symbol("X").adjoint(derivation.prefix).tex
    batch = any("N" in axis.names for tensor in network.tensors.values() for axis in tensor.axes)
    in_rows = batch and network.layout == "rows" and not is_formula(network)
    first = ["Rows are examples: a batch has $N$ of them."] if in_rows else []
    meaning = {
        "adjoint": rf"the adjoint $\partial {loss}/\partial X$ of a tensor $X$ and has its shape.",
        "tangent": "the tangent of a tensor $X$: how it moves along a direction, or along a unit, which further "
        "indices behind its own name.",
        "adjoint of a row": "the adjoint of a tensor $X$ for the loss of each row alone.",
        "weighted adjoint": "the adjoint of a tensor $X$ for the weighted mean of the losses of the rows.",
    }[derivation.kind]
    first.append(
        rf"${adjoint}$ is short for {meaning} Indices count from 0 and run over the axis they stand on."
    )
    if any(_shifted(equation) for equation in network.equations):
        first.append("An entry outside the bounds of its tensor is 0.")
    needed = [sentence for signs, sentence in _SIGNS if any(sign in written for sign in signs)]
    last = _LAST_AXIS[network.layout]
    return first + [sentence.replace(_LAST_AXIS["rows"], last) for sentence in needed]


def _shifted(equation: Equation) -> bool:
    """Whether it reads at more than plain indices, where bounds may be met."""
    return any(position.atom is None for read in reads(equation.body) for position in read.indices)
