"""Names in generated functions: the document's where they are free, with an underscore behind them where they are not.

Enters: names of tensors and indices, checked to be plain identifiers.  Leaves: identifiers that collide neither with
each other nor with what generated code itself uses.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping

from symprop.errors import Fault, FormulaError
from symprop.language import Network
from symprop.language.expressions import all_indices

STAGE = re.compile(r"(\w+_)?(stage|lanes)\d+")
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

# what the text of a generated function itself calls or uses as a local name
_WORDS = """
    abs bool dict enumerate float int isinstance len list math max min np numba object print range real reversed
    round set slice str sum tuple type zip DTYPE History N NamedTuple OptimizerState Params Path Any at compiled config
    drop noise erf erfc extreme
    epochs fill forward forward_kernel fit fit_chunk grad gradient_kernel hashlib init_optimizer init_params key key_of
    lanes loss loss_kernel lr njit order os params part permute r read rows scatter seed shuffle state t team tempfile
    theta total train training training_forward_kernel uniform step_kernel update value_and_grad w work
"""
RESERVED = frozenset(_WORDS.split())


def check_names(network: Network, adjoints: Iterable[str] = ()) -> None:
    """Refuse names that are no plain identifiers: they stand in the generated text.

    Raises:
        FormulaError: a name holds anything but letters, digits and underscores, or is a word of Python.
    """
    equations = (*network.equations, *network.updates, *network.inference)
    indices = {i.name for e in equations for i in (*e.free, *all_indices(e.body))}
    states = network.optimizer.state if network.optimizer else ()
    names = [network.name, *network.tensors, *adjoints, *sorted(indices), *network.outputs, *states]
    bad = [n for n in names if not IDENTIFIER.fullmatch(n) or keyword.iskeyword(n)]
    if bad:
        raise FormulaError(
            Fault(
                f"name {bad[0][:80]!a}",
                "it cannot stand in a program; expected a letter, then at most 63 letters, digits or underscores",
            )
        )


class Names:
    """Identifiers of one generated function.

    Args:
        tensors: names that have one each.
        reserved: identifiers that none of them gets.
        same: tensors that are written where others lie, and have their identifiers.
    """

    def __init__(
        self, tensors: Iterable[str], reserved: Iterable[str] = RESERVED, same: Mapping[str, str] = {}
    ) -> None:
        self._taken = set(reserved)
        self._tensors = {name: self._claim(name) for name in dict.fromkeys(tensors) if name not in same}
        self._tensors |= {new: self._tensors[old] for new, old in same.items()}
        self._indices: dict[str, str] = {}

    def _claim(self, name: str) -> str:
        while name in self._taken or keyword.iskeyword(name) or STAGE.fullmatch(name):
            name += "_"
        self._taken.add(name)
        return name

    def tensor(self, name: str) -> str:
        """The identifier of a tensor."""
        if name not in self._tensors:
            self._tensors[name] = self._claim(name)
        return self._tensors[name]

    def index(self, name: str) -> str:
        """The identifier of a loop variable."""
        if name not in self._indices:
            self._indices[name] = self._claim(name)
        return self._indices[name]

    def variable(self, stem: str) -> str:
        """The name of a new scalar tensor, stem1, stem2, ..., which is its identifier too."""
        name = self.fresh(stem)
        self._tensors[name] = name
        return name

    def fresh(self, stem: str) -> str:
        """An identifier that nothing else has: stem1, stem2, ..."""
        count = 1
        while f"{stem}{count}" in self._taken:
            count += 1
        self._taken.add(f"{stem}{count}")
        return f"{stem}{count}"
