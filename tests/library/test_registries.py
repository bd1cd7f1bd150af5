"""Every entry of every registry, what registration refuses, and entries from outside the package."""

import pytest

from symprop.errors import FormulaError, InputError
from symprop.library import (
    ACTIVATIONS,
    INITIALISERS,
    LAYERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    SCHEDULES,
    Parameter,
    activation,
    initialiser,
    layer,
    loss,
    metric,
    optimizer,
    schedule,
)
from symprop.library.options import REQUIRED, Option
from symprop.network import Sketch

REGISTRIES = (ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS, INITIALISERS, SCHEDULES, METRICS)
ENTRIES = [(registry, name) for registry in REGISTRIES for name in registry]


@pytest.fixture
def fresh():
    """Registries as they were, afterwards."""
    before = [list(registry) for registry in REGISTRIES]
    yield
    for registry, names in zip(REGISTRIES, before, strict=True):
        for name in [n for n in registry if n not in names]:
            registry.forget(name)


@pytest.mark.parametrize(("registry", "name"), ENTRIES, ids=[f"{r.family}-{n}" for r, n in ENTRIES])
def test_an_entry_says_what_a_spec_needs(registry, name):
    entry = registry[name]
    assert entry.name == name
    assert len(entry.source) > 15 and entry.source[-1] != "."
    for option in entry.options.values():
        assert option.doc
        assert option.required or option.fault(option.default) is None


def test_the_library_is_complete():
    assert [len(registry) for registry in REGISTRIES] == [19, 42, 23, 6, 12, 3, 6]


def test_importing_twice_gives_the_same_order():
    assert list(ACTIVATIONS)[:5] == ["identity", "sigmoid", "tanh", "relu", "leaky_relu"]


@pytest.mark.parametrize(
    ("register", "sentence"),
    [
        (lambda: activation("relu", "z", source="x"), "activation 'relu': this name is taken. Choose another name."),
        (
            lambda: activation("exp", "z", source="x"),
            "activation 'exp': this name is a word of the language. Choose another name.",
        ),
        (
            lambda: activation("a b", "z", source="x"),
            "activation 'a b': this is not a name; expected letters, digits and _, a letter first, at most 64 of them. "
            "Choose another name.",
        ),
    ],
)
def test_a_name_that_cannot_be_registered(register, sentence):
    with pytest.raises(InputError) as caught:
        register()
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("register", "sentence"),
    [
        (
            lambda: activation("bad", "z*q", source="x"),
            "activation 'bad': unknown name 'q'. Its value is a formula in z and its options.",
        ),
        (
            lambda: activation("bad", source="x"),
            "activation 'bad': expected either a formula in z or equations over rows",
        ),
        (
            lambda: loss("bad", "p - u", source="x"),
            "loss 'bad': unknown name 'u'. A loss is a formula in p, t and its options.",
        ),
        (
            lambda: optimizer("bad", "w = w - lr*h", source="x", options={"lr": Option("number", 1.0, doc="rate")}),
            "optimizer 'bad': unknown name 'h' in the line of w",
        ),
        (
            lambda: optimizer("bad", "m = g", source="x", options={"lr": Option("number", 1.0, doc="rate")}),
            "optimizer 'bad': expected the option lr, and w assigned by the last line",
        ),
        (
            lambda: layer("bad", "y[n] = x[n]", args={"x": "N"}, shape="N", source="x"),
            "layer 'bad': the last equation of a layer defines Z[...]",
        ),
        (
            lambda: layer("bad", args={"x": "..."}, shape="...", source="x"),
            "layer 'bad': expected an equation, or an option named activation",
        ),
        (
            lambda: layer(
                "bad",
                "Z[...] = x[...]",
                args={"x": "..."},
                shape="...",
                params={"g": Parameter("D", "gin")},
                source="x",
            ),
            "layer 'bad': no option 'gin', which a parameter names",
        ),
        (lambda: schedule("bad", "1 +", source="x"), "schedule 'bad': column 4: this is not a formula: invalid syntax"),
    ],
)
def test_an_entry_whose_text_is_at_fault(register, sentence):
    with pytest.raises(FormulaError) as caught:
        register()
    assert str(caught.value) == sentence


def test_words_that_are_not_of_the_library():
    with pytest.raises(ValueError, match=r"^loss 'bad': per='columns', expects='any', target='any'$"):
        loss("bad", "p - t", source="x", per="columns")
    with pytest.raises(ValueError, match=r"^initialiser 'bad': 1 formulas do not fit distribution 'uniform'$"):
        initialiser("bad", "uniform", "0", source="x")
    with pytest.raises(ValueError, match=r"^kind 'colour' of an option; expected one of extent, extents, integer, "):
        Option("colour")


def test_a_row_activation_is_no_scalar_function():
    with pytest.raises(FormulaError) as caught:
        ACTIVATIONS["softmax"].function()
    assert str(caught.value) == "activation 'softmax': it acts on whole rows and is no scalar function"


def test_entries_from_outside_are_entries(fresh):
    activation("silu_2", "z*sigmoid(beta*z)", source="unpublished note", options={"beta": Option("number", 2.0)})
    activation("spread", rows="A[..., j] = Z[..., j]/sum[k](abs(Z[..., k]))", source="unpublished note")
    loss("quartic", "(p - t)**4", source="unpublished note")
    rate = {"lr": Option("number", 0.5)}
    optimizer("signs", "w = w - lr*sign(g)", source="unpublished note", options=rate)
    initialiser("tiny", "normal", "0", "1/(100*fan_in)", source="unpublished note")
    schedule("harmonic", "1/t", source="unpublished note")
    metric("mape", "values", "low", source="unpublished note")
    layer(
        "scaled",
        "Z[..., j] = x[..., j]*g[j]",
        args={"x": "..., D"},
        shape="..., D",
        params={"g": Parameter("D", "init")},
        source="unpublished note",
        options={"init": Option("initialiser", "ones")},
    )
    sketch = Sketch("outside").input("x", 3).target("y", 3).layer("scaled", id="a", activation="silu_2", init="tiny")
    sketch = sketch.layer("activation", activation="spread", id="b").loss("quartic")
    network = sketch.optimizer("signs", schedule="harmonic").build()
    assert list(map(str, network.equations)) == [
        "Z_a[n,j] = x[n,j]*g_a[j]",
        "A_a[n,j] = silu_2(Z_a[n,j])",
        "A_b[n,j] = A_a[n,j]/sum[k](abs(A_a[n,k]))",
        "L = sum[n,j]((A_b[n,j] - y[n,j])**4)/(3*N)",
    ]
    assert list(map(str, network.optimizer.equations)) == ["w = w - lr*sign(g)"]
    assert str(network.optimizer.schedule) == "1/t"
    assert network.tensors["g_a"].init == ("tiny", ())
    assert list(network.functions) == ["sigmoid", "silu_2"]


@pytest.mark.parametrize(
    ("option", "value", "fault"),
    [
        (Option("number", 1.0, low=0.0), -1, "expected a number of at least 0, got -1"),
        (Option("number", 1.0, low=0.0, high=1.0), True, "expected a number from 0 to 1, got True"),
        (Option("number", 1.0, high=1.0), float("nan"), "expected a number of at most 1, got nan"),
        (Option("integer", 1), 1.5, "expected a whole number, got 1.5"),
        (Option("numbers", (0.9, 0.999), low=0.0), [0.9], "expected 2 numbers of at least 0, got [0.9]"),
        (Option("flag", True), 1, "expected true or false, got 1"),
        (Option("name", "a", choices=("a", "b")), "c", "expected one of a, b, got 'c'"),
        (Option("extent"), 0, "expected a whole number of at least 1, or the name of one, got 0"),
    ],
)
def test_a_value_that_does_not_fit(option, value, fault):
    assert option.fault(value) == fault


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (Option("number", None), None),
        (Option("number", 1.0, low=0.0), 0),
        (Option("numbers", (0.9, 0.999)), (0.5, 0.5)),
        (Option("extent"), "F"),
        (Option("extent"), 3),
        (Option("activation"), "anything"),
    ],
)
def test_a_value_that_fits(option, value):
    assert option.fault(value) is None


def test_a_default_may_be_missing():
    assert Option("extent").required and repr(REQUIRED) == "REQUIRED"
    assert not Option("flag", False).required
