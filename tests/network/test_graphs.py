"""Random graphs: a network that builds is well formed, whatever it is made of."""

import doctest

from hypothesis import given, settings
from hypothesis import strategies as st

from symprop.language import PRIMITIVES, Compound, Extent, Network, Read
from symprop.language.expressions import Call, gathers, walk
from symprop.library import ACTIVATIONS, LOSSES
from symprop.network import Sketch, sketch

UNITS = 3
LABELS = sorted(name for name, entry in LOSSES.items() if entry.target == "labels")


def extent(position) -> Extent:
    if isinstance(position.atom, Compound):
        total = Extent.of(1)
        for radix in position.atom.radices:
            total = total * radix
        return total
    return position.index.extent


def complaints(network: Network) -> list[str]:
    """What is not as every later stage expects it."""
    given_ = {t.name for t in network.of_role("input", "target", "param", "sample", "state")}
    found, known = [], set(given_)
    for equation in network.equations:
        tensor = network.tensors[equation.target]
        if tuple(map(extent, equation.indices)) != tensor.axes:
            found.append(f"{equation}: axes {tensor.axes}")
        for node in walk(equation.body):
            if isinstance(node, Read):
                if node.tensor not in known:
                    found.append(f"{equation}: {node.tensor} is read before it is defined")
                elif len(network.tensors[node.tensor].axes) != len(node.indices):
                    found.append(f"{equation}: rank of {node}")
            elif isinstance(node, Call) and node.name not in PRIMITIVES:
                function = network.functions[node.name]
                if len(node.args) != len(function.args) + len(function.params):
                    found.append(f"{equation}: arguments of {node}")
        found += [f"{equation}: {g.tensor} is real" for g in gathers(equation.body) if g.tensor not in given_]
        known.add(equation.target)
    if network.equations[-1].target != network.loss or set(network.tensors) != known:
        found.append(f"tensors {sorted(set(network.tensors) ^ known)}")
    return found


@st.composite
def graphs(draw) -> Sketch:
    """Layers that read any layers above, all of one width, with a loss at the end."""
    made = Sketch("random").input("x", UNITS).target("y", UNITS).target("c", classes=UNITS)
    names = ["x"]
    for number in range(draw(st.integers(1, 6))):
        name = f"l{number}"
        kind = draw(st.sampled_from(["dense", "dropout", "flatten", "add", "multiply", "concat", "activation"]))
        activation = draw(st.sampled_from([*ACTIVATIONS, None] if kind != "activation" else list(ACTIVATIONS)))
        many = kind in ("add", "multiply", "concat")
        inputs = draw(st.lists(st.sampled_from(names), min_size=2 if many else 1, max_size=4 if many else 1))
        options = {"units": UNITS, "bias": draw(st.booleans())} if kind == "dense" else {}
        made = made.layer(kind, id=name, inputs=inputs, activation=activation, **options)
        if kind == "concat":
            made = made.layer("dense", id=f"{name}_back", units=UNITS)
            name = f"{name}_back"
        names.append(name)
    loss = draw(st.sampled_from([name for name, entry in LOSSES.items() if not entry.args]))
    wanted = {"probabilities": "softmax", "log_probabilities": "log_softmax"}.get(LOSSES[loss].expects)
    made = made.layer("dense", units=UNITS, id="out", activation=wanted)
    target = draw(st.sampled_from(["y", "c"])) if loss in LABELS else "y"
    reduce = draw(st.sampled_from(["mean", "sum"]))
    return made.loss(loss, target=target, reduce=reduce, l2=draw(st.sampled_from([0.0, 0.1])))


@given(graphs())
@settings(max_examples=50, deadline=None, derandomize=True)
def test_a_random_graph_is_well_formed(graph):
    assert complaints(graph.build()) == []


def test_a_complaint_is_possible():
    network = Sketch("net").input("x", 3).target("y", 3).layer("dropout").loss("mse").build()
    assert complaints(network) == []
    broken = Network(network.name, network.tensors, network.equations[::-1])
    assert complaints(broken) == [
        f"{network.equations[1]}: Z1 is read before it is defined",
        "tensors []",
    ]


def test_the_example_of_the_docstring_runs():
    assert doctest.testmod(sketch).attempted == 3
    assert doctest.testmod(sketch).failed == 0
