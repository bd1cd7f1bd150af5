"""Names without a label, where one tensor alone has the letter: P for P_loss, W for W_out, y_hat for what is predicted.

Enters: a network.  Leaves: the tensor of each shorter name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from symprop.language import Network, Tensor
from symprop.language import expressions as ex

REAL = frozenset(("abs", "sqrt", "sign"))
"""Functions that a loss takes of the values it compares; of others it takes them of logits."""


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
    """What a loss with one target compares with it: the probabilities it takes of logits, or the values it reads."""
    if len(network.of_role("target")) != 1:
        return ""
    labels = next((t for t in network.tensors.values() if t.name == "Y" and t.origin == "loss"), None)
    own = [t for t in network.tensors.values() if _stem(t.name) == "P" and t.origin == "loss"]
    if own:
        return own[0].name if labels is not None and len(own) == 1 and own[0].axes == labels.axes else ""
    loss = network.defining(network.loss)
    assert loss is not None
    read = [network.tensors[r.tensor] for r in ex.reads(loss.body)]
    values = {t.name: t for t in read if t.role == "intermediate" and t.name != "Y"}
    if len(values) != 1:
        return ""
    (value,) = values.values()
    return value.name if _stem(value.name) != "Z" or _is_compared(loss.body, value) else ""


def _is_compared(body: ex.Expr, value: Tensor) -> bool:
    """True where a loss is one of differences, and not of logits."""
    calls = [node for node in ex.walk(body) if isinstance(node, ex.Call)]
    return all(c.name in REAL for c in calls if value.name in {r.tensor for r in ex.reads(c)})
