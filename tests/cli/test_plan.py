"""Words and numbers of `show --plan`."""

import inspect
import json

import pytest

import symprop
from symprop.cli.plan import fitted, short, spans
from tests.cli.calling import EXAMPLES
from tests.codegen.guarded import data


def test_numbers_have_four_digits_and_a_unit():
    values = [0, 999, 1000, 999_949, 999_951, 12_345_678, 10**18, 10**22]
    assert [short(v) for v in values] == ["0", "999", "1k", "999.9k", "1M", "12.35M", "1E", "1e+04E"]


def test_runs_of_numbers():
    assert spans([3, 1, 2, 7, 9, 10]) == "1-3, 7, 9-10"
    assert spans([]) == ""


def test_long_names_lose_their_middle():
    assert fitted("Z_hidden") == "Z_hidden"
    assert fitted("Z_b1_a_layer_with_a_long_name") == "Z_b1_a_la...ng_name"
    assert len(fitted("x" * 300)) == 19


def test_a_network_with_states_has_a_part_for_them(call, home):
    (home / "states.yaml").write_text(
        "symprop: 1\nname: states\n"
        "inputs: {x: {shape: [3]}, y: {role: target, shape: [2]}}\n"
        "layers: [{id: bn, type: batch_norm}, {id: out, type: dense, units: 2}]\n"
        "loss: {type: mse, from: out, target: y}\n"
    )
    plain = json.loads(call("show", "states.yaml", "--plan", "--json").out)
    assert [t["part"] for t in plain["totals"]] == ["forward", "backward", "states", "update", "step"]
    assert {n for s in plain["stages"] if s["part"] == "states" for n in s["computes"]} == {"next_rm_bn", "next_rv_bn"}


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("batch", [1, 29])
def test_the_workspace_is_the_array_that_the_kernels_get(call, example, batch, monkeypatch):
    """Not as its text says: as `fit` and `value_and_grad` allocate it when they are run."""
    shown = json.loads(call("show", example, "--plan", "--json", "--batch", batch).out)
    module = symprop.compile(example)
    given = {}

    def kernel(name, result):
        names = list(inspect.signature(getattr(module, name)).parameters)

        def called(*arguments):
            given[name] = dict(zip(names, arguments, strict=True))
            return result

        called.trusted = called
        monkeypatch.setattr(module, name, called)

    kernel("train_kernel", None)
    kernel("gradient_kernel", 0.0)
    params = module.init_params(0)
    module.value_and_grad(params, *data(module, batch))
    module.fit(params, *data(module, 2 * batch + 1), epochs=1, batch_size=batch)
    assert given["train_kernel"]["work"].nbytes == given["gradient_kernel"]["work"].nbytes == shown["workspace_bytes"]
    each = {"float32": 4, "float64": 8}[shown["dtype"]]
    assert given["train_kernel"]["theta"].nbytes == given["train_kernel"]["grad"].nbytes == each * module.SIZE
