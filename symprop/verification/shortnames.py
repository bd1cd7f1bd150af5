"""Names without a label, where one tensor alone has the letter: P for P_loss, W for W_out, y_hat for what is predicted.

Enters: a network.  Leaves: the tensor of each shorter name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from symprop.language import Network
from symprop.language import expressions as ex

LOSS = "loss"
"""The origin of the tensors that a loss computes for itself."""


def short_names(network: Network) -> Mapping[str, str]:
    """Shorter names that mean one tensor, and are none themselves."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in network.tensors:
        alike[_stem(name)].append(name)
    found = {stem: names[0] for stem, names in alike.items() if len(names) == 1 and stem != names[0]}
    predicted = _predicted(network)
    if predicted:
        for target in network.of_role("target"):
            for name in (f"{target.name}_hat", f"{target.name}hat", f"{target.name.upper()}_hat"):
                found[name] = predicted
    return {short: name for short, name in found.items() if short not in network.tensors}


def short_parameter(name: str, network: Network) -> str:
    """The parameter that a name without a label is, "" for none."""
    found = short_names(network).get(name, "")
    return found if found and network.tensors[found].role == "param" and _stem(found) == name else ""


def _stem(name: str) -> str:
    return name.partition("_")[0].rstrip("0123456789") or name


def _predicted(network: Network) -> str:
    """What the loss compares with its only target: values in a difference with it, probabilities in a logarithm.

    Logits, log-probabilities and margins are neither.
    """
    targets = [tensor.name for tensor in network.of_role("target")]
    if len(targets) != 1:
        return ""
    from_target = network.downstream(targets)
    found: dict[str, None] = {}
    for equation in network.equations:
        if equation.target in from_target and (equation.target == network.loss or equation.origin == LOSS):
            found |= dict.fromkeys(n for node in ex.walk(equation.body) for n in _compared(node, from_target))
    computed = [name for name in found if network.tensors[name].role == "intermediate" and name not in from_target]
    return computed[0] if len(computed) == 1 else ""


def _compared(node: ex.Expr, from_target: Collection[str]) -> Iterator[str]:
    """The tensors that are compared in one place."""
    match node:
        case ex.Call(name="log", args=(ex.Read() as read,)):
            yield read.tensor
        case ex.Add() if {r.tensor for t in node.terms for r in _alone(t)} & {*from_target}:
            yield from (r.tensor for term in node.terms for r in _alone(term))


def _alone(term: ex.Expr) -> Iterator[ex.Read]:
    """The tensor that a term is, or minus it."""
    factors = [f for f in (term.factors if isinstance(term, ex.Mul) else (term,)) if f != ex.MINUS_ONE]
    if len(factors) == 1 and isinstance(factors[0], ex.Read):
        yield factors[0]
