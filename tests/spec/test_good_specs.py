"""What a good spec becomes: every value, every default, every place."""

import dataclasses

import pytest

from symprop.errors import Fault, FormulaError
from symprop.spec import (
    DataSpec,
    EarlyStop,
    FunctionSpec,
    InputSpec,
    LayerSpec,
    LossFunctionSpec,
    LossSpec,
    NetSpec,
    OptimizerSpec,
    ParamSpec,
    Pick,
    Place,
    SplitSpec,
    Text,
    TrainingSpec,
    parse_spec,
)
from tests.spec.stand_in import CATALOG, net

SHORT = """\
symprop: 1
name: spam
inputs: {x: {shape: [3]}, y: {shape: [1], role: target}}
layers:
  - {id: out, type: dense, units: 1, activation: sigmoid}
loss: {type: binary_cross_entropy, from: out, target: y}
"""

FULL = """\
symprop: 1
name: residual
dims: {F: 2}                                    # named extents; the batch extent is always N
functions:                                      # scalar formulas, with learnable parameters if wanted
  snake: {args: [x], params: {alpha: {init: 1.0}}, formula: "x + sin(alpha*x)**2 / alpha"}
losses:
  pseudo_huber: {args: [p, t], constants: {d: 1.0}, formula: "d**2 * (sqrt(1 + ((p - t)/d)**2) - 1)", reduce: mean}
inputs:
  x: {shape: [F], columns: [c0, c1]}            # columns: for CSV data, optional
  y: {shape: [1], role: target, column: price}
layers:
  - {id: stem, type: dense, units: F, activation: silu, init: he_normal}
  - {id: body, type: dense, units: F, activation: snake}
  - {id: res, type: add, in: [body, stem]}
  - {id: mix, in: res, equations: ["z[n,o] = sum[i](M[o,i]*u[n,i]**2) + c[o]"],     # a layer of one's own
     args: {u: [F]}, params: {M: {shape: [F, F]}, c: {shape: [F], init: zeros}}, output: z}
  - {id: out, type: dense, units: 1}
loss: {type: pseudo_huber, from: out, target: y, l2: 1.0e-4}
optimizer: {type: adam, lr: 1e-3, clip_norm: 1.0, schedule: {type: cosine, warmup_steps: 100}}
training: {epochs: 30, batch_size: 32, seed: 3, dtype: float64, early_stop: {monitor: val_loss, patience: 5}}
data: {train: {path: prices.csv}, standardize: true, split: {validation: 0.2}}
metrics: [mae, r2]
"""


def read(text: str) -> NetSpec:
    return parse_spec(text, catalog=CATALOG)


def placeless(value: object) -> object:
    """The value with all places dropped, so that two texts can be compared."""
    if isinstance(value, Place):
        return None
    if dataclasses.is_dataclass(value):
        return type(value).__name__, {f.name: placeless(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return tuple(map(placeless, value))
    if hasattr(value, "items"):
        return {key: placeless(item) for key, item in value.items() if not isinstance(item, Place)}
    return value


def test_six_lines() -> None:
    glorot = Pick("glorot_uniform", {}, Place(5, 5))
    zeros = Pick("zeros", {}, Place(5, 5))
    assert read(SHORT) == NetSpec(
        name="spam",
        inputs=(
            InputSpec("x", (3,), place=Place(3, 10)),
            InputSpec("y", (1,), role="target", place=Place(3, 27)),
        ),
        layers=(
            LayerSpec(
                1,
                "out",
                "dense",
                ("x",),
                Pick("sigmoid", {}, Place(5, 50)),
                {"units": 1, "bias": True, "init": glorot, "bias_init": zeros},
                place=Place(5, 5),
            ),
        ),
        loss=(LossSpec("binary_cross_entropy", "out", "y", place=Place(6, 7)),),
        optimizer=OptimizerSpec("adam", {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}),
        training=TrainingSpec(epochs=10, batch_size=32, seed=0, dtype="float32", shuffle=True, early_stop=None),
    )


def test_every_section() -> None:
    spec = read(FULL)
    assert spec.dims == {"F": 2}
    snake = Text("x + sin(alpha*x)**2 / alpha", Place(5, 61), Place(5, 62))
    assert spec.functions == {"snake": FunctionSpec("snake", ("x",), snake, {"alpha": 1.0}, {}, Place(5, 3))}
    huber = Text("d**2 * (sqrt(1 + ((p - t)/d)**2) - 1)", Place(7, 62), Place(7, 63))
    assert spec.losses == {
        "pseudo_huber": LossFunctionSpec("pseudo_huber", ("p", "t"), huber, {"d": 1.0}, "mean", Place(7, 3))
    }
    assert spec.inputs == (
        InputSpec("x", ("F",), columns=("c0", "c1"), place=Place(9, 3)),
        InputSpec("y", (1,), role="target", columns=("price",), place=Place(10, 3)),
    )
    assert [layer.id for layer in spec.layers] == ["stem", "body", "res", "mix", "out"]
    assert [layer.sources for layer in spec.layers] == [("x",), ("stem",), ("body", "stem"), ("res",), ("mix",)]
    assert spec.layers[0].options["init"] == Pick("he_normal", {}, Place(12, 63))
    assert spec.layers[1].activation == Pick("snake", {}, Place(13, 51))
    assert spec.layers[3] == LayerSpec(
        4,
        "mix",
        "equations",
        ("res",),
        equations=(Text("z[n,o] = sum[i](M[o,i]*u[n,i]**2) + c[o]", Place(15, 36), Place(15, 37)),),
        args={"u": ("F",)},
        params={
            "M": ParamSpec("M", ("F", "F"), None, Place(16, 31)),
            "c": ParamSpec("c", ("F",), Pick("zeros", {}, Place(16, 73)), Place(16, 51)),
        },
        output="z",
        place=Place(15, 5),
    )
    assert spec.loss == (LossSpec("pseudo_huber", "out", "y", l2=1e-4, place=Place(18, 7)),)
    assert spec.optimizer.clip_norm == 1.0
    assert spec.optimizer.schedule == Pick("cosine", {"warmup_steps": 100, "min_factor": 0.0}, Place(19, 61))
    stop = EarlyStop(5, "val_loss", 0.0)
    assert spec.training == TrainingSpec(30, 32, 3, "float64", True, stop)
    assert spec.data == DataSpec("prices.csv", None, None, True, SplitSpec(0.2, None, True))
    assert [metric.name for metric in spec.metrics] == ["mae", "r2"]


def test_block_style_says_the_same() -> None:
    block = """\
---
symprop: 1
name: "spam"
inputs:
  x:
    shape:
    - 3
  y: {shape: [1],
      role: 'target'}
layers:
- id: out
  type: dense
  units: 1
  activation:
    type: sigmoid
loss:
- type: binary_cross_entropy
  from: out
  target: y
"""
    assert placeless(read(block)) == placeless(read(SHORT))


def test_places() -> None:
    spec = read(FULL)
    assert spec.where() == "net.yaml:1:1"
    assert spec.where("layers", 2, "in", 1) == "net.yaml:14:37"
    assert spec.where("layers", 0, "units") == "net.yaml:12:36"
    assert spec.where("optimizer", "schedule", "warmup_steps") == "net.yaml:19:90"
    # not written: the place of what would hold it
    assert spec.where("layers", 0, "bias") == "net.yaml:12:5"
    assert spec.where("symbols", "W_out") == "net.yaml:1:1"
    assert spec.at(spec.loss[0].place) == "net.yaml:18:7"
    built = NetSpec("t", spec.inputs, spec.layers, spec.loss, file="t")
    assert built.where("layers", 0) == "t"


def test_places_in_formulas() -> None:
    spec = read(FULL)
    error = FormulaError(Fault("formula: column 5", "it is wrong", "Mend it."))
    assert spec.formula_faults(spec.functions["snake"].formula, error, "function 'snake'") == [
        Fault("net.yaml:5:66", "function 'snake': it is wrong", "Mend it.")
    ]
    folded = Text("x +\ny", Place(3, 7))
    assert spec.formula_faults(folded, error) == [
        Fault("net.yaml:3:7", "column 5 of the formula: it is wrong", "Mend it.")
    ]
    nowhere = FormulaError(Fault("formula", "it is wrong"))
    assert spec.formula_faults(folded, nowhere) == [Fault("net.yaml:3:7", "it is wrong")]


def test_layers_without_ids() -> None:
    spec = read(
        net(layers="[{type: dense, units: 2}, {type: dense, units: 1}]", loss="{type: mse, from: 2, target: y}")
    )
    assert [layer.reference for layer in spec.layers] == ["1", "2"]
    assert spec.layers[1].sources == ("1",)
    assert spec.layers[1].tensor("W") == "W2"
    assert spec.loss[0].source == "2"
    assert spec.layer("2") is spec.layers[1]
    assert spec.layer("3") is None


def test_names_of_tensors() -> None:
    spec = read(net(layers="[{id: enc.fc, type: dense, units: 1}]", loss="{type: mse, from: enc.fc, target: y}"))
    assert spec.layers[0].tensor("W") == "W_enc_fc"
    assert [entry.name for entry in spec.targets()] == ["y"]


def test_arguments_by_name_are_in_the_order_of_the_layer() -> None:
    inputs = "{u: {shape: [3]}, v: {shape: [3]}, y: {shape: [3], role: target}}"
    spec = read(net(inputs=inputs, layers="[{id: out, type: add, in: {b: u, a: v}}]"))
    assert list(spec.layers[0].inputs) == ["a", "b"]
    assert spec.layers[0].sources == ("v", "u")


def test_labels_and_tokens() -> None:
    inputs = "{x: {shape: [T], vocabulary: V}, y: {role: target, classes: 3}}"
    equations = "[{id: out, in: x, equations: ['z[n,c] = sum[t](E[tok[n,t],c])'], args: {tok: [T]},"
    layers = equations + " params: {E: {shape: [V, 3]}}, output: z}]"
    loss = "{type: softmax_cross_entropy, from: out, target: y, label_smoothing: 0.1}"
    spec = read(net(dims="{T: 4, V: 9}", inputs=inputs, layers=layers, loss=loss))
    assert [(entry.dtype, entry.shape, entry.classes, entry.vocabulary) for entry in spec.inputs] == [
        ("integer", ("T",), None, "V"),
        ("integer", (), 3, None),
    ]
    assert spec.loss[0].options == {"label_smoothing": 0.1}


def test_equations_may_define_and_call() -> None:
    function = "{twice: {args: [x], formula: 2*x}, four: {args: [x], formula: twice(twice(x))}}"
    equations = "['h[n,j] = four(u[n,j])', 'm[n] = sum[j](h[n,j])', 'z[n,j] = tanh(h[n,j]) - m[n]/3']"
    layers = f"[{{id: out, in: x, equations: {equations}, args: {{u: [3]}}, output: z, activation: relu}}]"
    spec = read(net(functions=function, layers=layers))
    assert [str(equation)[:4] for equation in spec.layers[0].equations] == ["h[n,", "m[n]", "z[n,"]
    assert spec.layers[0].activation == Pick("relu", {}, Place(4, layers.index("relu") + 9))


def test_several_losses() -> None:
    loss = "[{type: mse, from: out, target: y, weight: 0.5, reduce: sum}, {type: huber, from: out, target: y, l1: 1}]"
    terms = read(net(loss=loss)).loss
    assert [(t.type, t.weight, t.reduce, t.l1, dict(t.options)) for t in terms] == [
        ("mse", 0.5, "sum", 0.0, {}),
        ("huber", 1.0, "mean", 1.0, {"delta": 1.0}),
    ]


def test_a_loss_function_keeps_its_reduction() -> None:
    losses = "{l: {args: [p, t], formula: (p - t)**4, reduce: sum}}"
    assert read(net(losses=losses, loss="{type: l, from: out, target: y}")).loss[0].reduce == "sum"
    assert read(net(losses=losses, loss="{type: l, from: out, target: y, reduce: mean}")).loss[0].reduce == "mean"


def test_symbols() -> None:
    assert read(net(symbols="{W_out: W_2, A_a: H}")).symbols == {"W_out": "W_2", "A_a": "H"}


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), ("1E3", 1e3), (".5", 0.5), ("1.", 1.0), ("+2", 2.0), ("0", 0.0), ("12e-3", 0.012), ("-0.0", 0.0)],
)
def test_numbers(text: str, value: float) -> None:
    assert read(net(loss=f"{{type: mse, from: out, target: y, l2: {text}}}")).loss[0].l2 == value


def test_quoted_words_are_text() -> None:
    inputs = "{x: {shape: [3], columns: ['1', 'no', \"null\"]}, y: {shape: [1], role: target}}"
    assert read(net(inputs=inputs)).inputs[0].columns == ("1", "no", "null")


def test_values_cannot_be_changed() -> None:
    spec = read(FULL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.name = "other"  # type: ignore[misc]
    for mapping in (spec.dims, spec.functions, spec.layers[0].options, spec.places, spec.optimizer.options):
        with pytest.raises(TypeError, match="does not support item assignment"):
            mapping["x"] = 1  # type: ignore[index]


def test_the_same_text_gives_the_same_value() -> None:
    assert read(FULL) == read(FULL)
    assert repr(read(FULL)) == repr(read(FULL))
