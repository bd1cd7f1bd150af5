"""What training is told by a spec."""

import pytest

from symprop.errors import DataError, InputError, MachineError
from symprop.session import data_path, faults_of_data, kernels, parse_source, read_network, settings_of

HEAD = """\
symprop: 1
name: tiny
inputs: {x: {shape: [3]}, y: TARGET}
layers: [{id: out, type: dense, units: UNITS, activation: ACTIVATION}]
loss: {type: LOSS, from: out, target: y}
"""
REST = """\
optimizer: {type: sgd, lr: 0.25, momentum: 0.9}
training: {epochs: 7, batch_size: 4, seed: 9, dtype: float64, shuffle: false, early_stop: {patience: 3, min_delta: 0.1},
  threads: 3}
data: {train: {path: a/b.csv}, standardize: true, split: {validation: 0.25, test: 0.125, stratify: true}}
"""
ONE, LABELS = "{shape: [1], role: target}", "{role: target, classes: 4}"


def spec(loss, activation="identity", target=ONE, units=1, rest=""):
    text = HEAD.replace("TARGET", target).replace("UNITS", str(units)).replace("ACTIVATION", activation)
    return parse_source(text.replace("LOSS", loss) + rest, "below/net.yaml").spec


@pytest.mark.parametrize(
    ("loss", "activation", "target", "units", "expected"),
    [
        ("binary_cross_entropy", "sigmoid", ONE, 1, (None, "probabilities")),
        ("bce_with_logits", "identity", ONE, 1, (None, "logits")),
        ("cross_entropy", "softmax", LABELS, 4, ("classes", "probabilities")),
        ("softmax_cross_entropy", "identity", LABELS, 4, ("classes", "logits")),
        ("nll", "log_softmax", LABELS, 4, ("classes", "log_probabilities")),
        ("hinge", "identity", ONE, 1, ("binary", "margins")),
        ("squared_hinge", "tanh", ONE, 1, ("binary", "margins")),
        ("mse", "identity", ONE, 1, ("regression", "values")),
        ("huber", "sigmoid", ONE, 1, ("regression", "values")),
        ("poisson", "identity", ONE, 1, ("regression", "values")),
    ],
)
def test_task_and_output_follow_from_the_loss(loss, activation, target, units, expected):
    found = settings_of(spec(loss, activation, target, units))
    assert (found.task, found.output) == expected


def test_a_hinge_has_classes_of_its_own():
    assert settings_of(spec("hinge")).binary_codes == (-1.0, 1.0)
    assert settings_of(spec("mse")).binary_codes == (0.0, 1.0)


def test_a_squared_error_with_accuracy_ranks_classes():
    found = settings_of(spec("mse", "sigmoid", rest="metrics: [accuracy]\n"))
    assert (found.task, found.output) == ("binary", "probabilities")


def test_everything_else_is_taken_over():
    found = settings_of(spec("mse", rest=REST + "metrics: [mae, r2]\n"))
    assert (found.lr, found.epochs, found.batch_size, found.seed, found.threads) == (0.25, 7, 4, 9, 3)
    assert (found.dtype, found.shuffle, found.standardize, found.stratify) == ("float64", False, True, True)
    assert (found.validation, found.test, found.metrics) == (0.25, 0.125, ("mae", "r2"))
    assert (found.early_stop.monitor, found.early_stop.patience, found.early_stop.min_delta) == ("val_loss", 3, 0.1)
    assert found.data == "below/a/b.csv"


def test_without_the_sections_the_defaults_hold():
    found = settings_of(spec("mse"))
    assert (found.lr, found.epochs, found.data, found.validation, found.early_stop) == (1e-3, 10, None, 0.0, None)


def test_changes_win_and_none_is_no_change():
    found = settings_of(spec("mse", rest=REST), epochs=2, lr=None, data="other.csv")
    assert (found.epochs, found.lr, found.data) == (2, 0.25, "other.csv")
    with pytest.raises(InputError) as caught:
        settings_of(spec("mse"), epochs=0)
    assert str(caught.value) == "training.epochs: wrong value; expected an integer of at least 1, got 0"


def test_columns_are_taken_over():
    found = settings_of(spec("mse", target="{shape: [1], role: target, column: price}"))
    assert dict(found.columns) == {"y": ("price",)}


def test_a_bundled_data_set_is_no_path():
    assert data_path(spec("mse"), "sklearn:digits") == "sklearn:digits"
    assert data_path(spec("mse"), "/data/a.csv") == "/data/a.csv"


def test_the_text_stays_with_the_network(tmp_path):
    (tmp_path / "net.yaml").write_text(text := HEAD.replace("TARGET", ONE).replace("UNITS", "1")
                                       .replace("ACTIVATION", "tanh").replace("LOSS", "mse"))  # fmt: skip
    assert read_network(tmp_path / "net.yaml").text == text
    with pytest.raises(MachineError):
        read_network(tmp_path / "none.yaml")


def test_what_a_module_refuses_is_a_fault_of_the_data():
    source = parse_source(
        HEAD.replace("TARGET", ONE).replace("UNITS", "1").replace("ACTIVATION", "sigmoid")
        .replace("LOSS", "binary_cross_entropy")
    )  # fmt: skip
    module = kernels(source.network, "numpy")
    with pytest.raises(DataError) as caught, faults_of_data(module):
        module.loss(module.init_params(), [[1.0, 2.0, 3.0]], [2.0])
    assert str(caught.value) == "data: y: values from 2.0 to 2.0; expected values from 0.0 to 1.0."
    with pytest.raises(ValueError, match="ours"), faults_of_data(module):
        raise ValueError("ours")


@pytest.mark.parametrize("threads", [0, -1, 1.5, "two"])
def test_threads_that_are_no_number_are_refused(threads):
    with pytest.raises(InputError) as caught:
        settings_of(spec("mse"), threads=threads)
    assert str(caught.value) == f"training.threads: wrong value; expected an integer of at least 1, got {threads!r}"
