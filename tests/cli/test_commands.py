"""new, show, derive, generate and check, on the examples and on a small network."""

import json
import math
import re
from types import SimpleNamespace

import pytest

from tests.cli.calling import EXAMPLES, SPEC

FILES = sorted(EXAMPLES.glob("*.yaml"), key=lambda path: path.name)
NAMES = [path.stem for path in FILES]


def test_the_examples_are_all_here():
    expected = "breast_cancer characters_lstm characters_transformer digits digits_cnn poisson regression residual spam"
    assert expected.split() == NAMES


@pytest.mark.parametrize("example", FILES, ids=NAMES)
@pytest.mark.parametrize(
    ("options", "begins"),
    [
        ([], "Derivation of NAME\n"),
        (["--closed-form"], "Derivation of NAME\n"),
        (["--notation", "index"], "Derivation of NAME\n"),
        (["--notation", "matrix", "--markdown"], "# "),
        (["--latex"], ""),
        (["--standalone"], "\\documentclass"),
        (["--json"], "{"),
    ],
)
def test_derive_in_every_form(call, example, options, begins):
    done = call("derive", example, *options)
    assert (done.code, done.err) == (0, "")
    assert begins.replace("NAME", example.stem) in done.out[:400]
    assert done.out.endswith("\n")
    if "--json" in options:
        assert isinstance(json.loads(done.out), dict)


def test_derive_the_part_that_is_wanted_under_the_same_numbers(call):
    whole = call("derive", EXAMPLES / "digits.yaml", "--closed-form", "--notation", "matrix").out
    part = call("derive", EXAMPLES / "digits.yaml", "--closed-form", "--notation", "matrix", "--wrt", "b_out").out
    line = next(line for line in whole.splitlines() if "db_out = " in line)
    assert line in part.splitlines()
    assert "dW_fc1 = " in whole and "dW_fc1 = " not in part


def test_derive_by_a_tensor_that_is_none(call, home):
    done = call("derive", "tiny.yaml", "--wrt", "V")
    assert done.code == 2
    assert done.err.startswith("V: no adjoint of this name; expected one of dA_out, dZ_out, dW_out, db_out, dx")


def test_standalone_is_for_latex(call, home):
    done = call("derive", "tiny.yaml", "--markdown", "--standalone")
    assert done.code == 2
    assert done.err.splitlines()[-1] == (
        "symprop derive: --standalone is for --latex, not for --markdown. Try: symprop derive --help"
    )


def test_derive_to_a_file_and_again(call, home):
    for options in ([], ["--closed-form"]):
        done = call("derive", "tiny.yaml", "--latex", *options, "-o", "tiny.tex")
        assert (done.code, done.out, done.err) == (0, "", "wrote tiny.tex\n")
    (home / "tiny.tex").write_text("mine")
    done = call("derive", "tiny.yaml", "--latex", "-o", "tiny.tex")
    assert done.code == 2
    there = "a file is there that symprop did not write, or that was changed since"
    assert done.err == f"tiny.tex: {there}. Choose another name, or use --force.\n"
    assert (home / "tiny.tex").read_text() == "mine"
    assert call("derive", "tiny.yaml", "--latex", "-o", "tiny.tex", "--force").code == 0


@pytest.mark.parametrize("example", FILES, ids=NAMES)
@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_generate_writes_a_module(call, home, example, backend):
    done = call("generate", example, "--backend", backend)
    assert (done.code, done.out, done.err) == (0, "", f"wrote {example.stem}_kernels.py\n")
    text = (home / f"{example.stem}_kernels.py").read_text()
    assert call("generate", example, "--backend", backend, "-o", "-").out == text
    assert ("@compiled" in text) == (backend == "numba")
    compile(text, "module", "exec")


def test_generate_keeps_a_module_that_was_changed(call, home):
    call("generate", "tiny.yaml", "-o", "m.py")
    assert call("generate", "tiny.yaml", "-o", "m.py", "--dtype", "float32").code == 0
    (home / "m.py").write_text("mine = 1\n")
    done = call("generate", "tiny.yaml", "-o", "m.py")
    assert done.code == 2 and done.err.startswith("m.py: a file is there that symprop did not write")
    assert call("generate", "tiny.yaml", "-o", "m.py", "--force").code == 0


def test_generate_says_where_as_json(call, home):
    done = call("generate", "tiny.yaml", "--json")
    assert json.loads(done.out) == {"schema": 1, "written": "tiny_kernels.py"}


def test_show_of_a_network(call):
    done = call("show", EXAMPLES / "digits.yaml")
    lines = done.out.splitlines()
    assert (done.code, done.err, lines[0]) == (0, "", "digits")
    assert lines[2].split() == ["id", "type", "output", "parameters", "tensors"]
    assert lines[5] == "fc1   dense, relu            (N, 64)       4,160  Z_fc1, A_fc1, W_fc1 (64, 64), b_fc1 (64,)"
    assert lines[8] == "loss  softmax_cross_entropy  scalar               Y, P_loss, L"
    assert "- The loss is the mean over N rows." in lines


def test_show_of_settings(call, home):
    lines = call("show", "tiny.yaml").out.splitlines()
    facts = {name: rest.strip() for name, _, rest in (line.partition("  ") for line in lines[8:])}
    assert facts["parameters"] == "4 (32 bytes of float64)"
    assert facts["loss"] == "binary_cross_entropy of out and y, mean"
    assert facts["optimizer"] == "adam (lr 0.1, betas (0.9, 0.999), eps 1e-08, weight_decay 0)"
    assert facts["training"] == "5 epochs, batches of 8, seed 1, float64"
    assert facts["data"] == "tiny.csv, standardised, validation 0.2 of the rows, test 0.2 of the rows, stratified"
    assert facts["metrics"] == "accuracy, auc"


def test_show_counts_at_least_the_products(call):
    plain = json.loads(call("show", EXAMPLES / "digits.yaml", "--json").out)
    products = 2 * (64 * 64 + 64 * 32 + 32 * 10) * 32
    assert plain["parameters"] == 64 * 64 + 64 + 64 * 32 + 32 + 32 * 10 + 10
    assert products <= plain["operations"]["forward"]["batch"] <= 1.1 * products
    # backward: two products a layer, but none for the gradient of the input
    backward = 3 * products - 2 * 64 * 64 * 32
    assert backward <= plain["operations"]["forward and backward"]["batch"] <= 1.2 * backward


def test_show_as_json_has_every_tensor(call, home):
    plain = json.loads(call("show", "tiny.yaml", "--json").out)
    shapes = {k: v for row in plain["layers"] for k, v in {**row["tensors"], **row["params"]}.items()}
    expected = {"x": ["N", 3], "y": ["N", 1], "Z_out": ["N", 1], "A_out": ["N", 1], "W_out": [3, 1], "b_out": [1]}
    assert shapes == {**expected, "L": []}
    assert plain["metrics"] == "accuracy, auc"


@pytest.mark.parametrize("example", FILES, ids=NAMES)
def test_show_the_plan(call, example):
    done = call("show", example, "--plan")
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 120
    plain = json.loads(call("show", example, "--plan", "--json").out)
    stages = plain["stages"]
    assert [s["stage"] for s in stages] == list(range(1, len(stages) + 1))
    assert [t["part"] for t in plain["totals"]] == [*dict.fromkeys(s["part"] for s in stages), "step"]
    for key in ("flops", "calls", "read_bytes", "written_bytes"):
        assert plain["totals"][-1][key] == sum(s[key] for s in stages)
    assert f"workspace  {plain['workspace_bytes']:,} bytes" in done.out
    assert "(assumed, not measured)" in done.out
    known = {e["number"] for e in _equations(json.loads(call("derive", example, "--json").out))}
    assert {n for s in stages for n in s["equations"]} <= known


def _equations(node):
    """All objects of a document that have a number."""
    if isinstance(node, dict):
        yield from [node] if isinstance(node.get("number"), int) else []
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _equations(child)


@pytest.mark.parametrize("example", FILES, ids=NAMES)
@pytest.mark.parametrize("batch", [1, 37])
def test_the_plan_knows_what_the_module_allocates(call, example, batch):
    plain = json.loads(call("show", example, "--plan", "--json", "--batch", batch).out)
    module = call("generate", example, "-o", "-", "--dtype", plain["dtype"]).out
    each = {"float32": 4, "float64": 8}[plain["dtype"]]
    train = module.split("def train(")[1].split("\n\n\n")[0]
    size = re.search(r"^    work = _room\((.*)\)$", train, re.M)[1]
    assert plain["workspace_bytes"] == each * eval(size, {"N": batch})
    own = re.findall(r"^        np\.empty\((\(.*\)), (real|np\.int32)\),$", train, re.M)
    found = [math.prod(eval(shape, {"N": batch})) * (each if kind == "real" else 4) for shape, kind in own]
    assert plain["beside_bytes"] == sum(found)


def test_show_the_plan_of_a_formula(call):
    done = call("show", "--expr", "sum((X@w - y)**2)", "--shape", "X=N,D", "--shape", "w=D", "--shape", "y=N",
                "--size", "D=1000000", "--wrt", "w", "--plan", "--batch", "50000", "--json")  # fmt: skip
    plain = json.loads(done.out)
    assert plain["batch"] == 50000
    # the prediction and the gradient, a multiplication and an addition each
    assert 0 <= plain["totals"][-1]["flops"] - 4 * 50000 * 10**6 < 10**9


def test_the_plan_is_measured(call, home):
    plain = json.loads(call("show", "tiny.yaml", "--plan", "--measure", "--batch", "3", "--json").out)
    found, floor = plain["measured"], plain["totals"][-1]["floor_seconds"]
    assert all(found[f"{name}_seconds"] > 0 for name in ("first", "forward", "gradient", "step"))
    assert found["of_floor"] == floor / found["step_seconds"]
    machine = plain["machine"]
    assert machine.pop("measured") is True
    assert all(machine[name] > 0 for name in ("peak", "bandwidth", "function", "cache_bandwidth", "memory_bandwidth"))
    for row in (*plain["stages"], *plain["totals"]):
        assert row["seconds"] > 0
        assert row["of_floor"] == row["floor_seconds"] / row["seconds"]
    bare = json.loads(call("show", "tiny.yaml", "--plan", "--json").out)
    assert bare["measured"] is None and bare["machine"]["measured"] is False
    assert all(row["seconds"] is None for row in (*bare["stages"], *bare["totals"]))
    assert len(bare["stages"]) == len(plain["stages"])
    text = call("show", "tiny.yaml", "--plan", "--measure").out
    assert " us a step within fit, " in text and "Nothing here was measured" not in text
    assert "assumed" not in text and " a call (measured)" in text
    done = call("show", "tiny.yaml", "--measure")
    assert (done.code, "--measure belongs to --plan" in done.err) == (2, True)


def test_a_batch_is_positive(call, home):
    done = call("show", "tiny.yaml", "--plan", "--batch", "0")
    assert done.code == 2
    assert "--batch" in done.err


def test_show_a_picture(call, home):
    assert call("show", "tiny.yaml", "--svg", "-").out.startswith("<svg")
    assert call("show", "tiny.yaml", "--svg", "tiny.svg").err == "wrote tiny.svg\n"
    assert call("show", "tiny.yaml", "--svg", "tiny.svg").code == 0


def test_check_agrees(call, home):
    done = call("check", "tiny.yaml")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == (
        "tiny: relative distance of the kernels from derivatives of the equations, 5 rows, seed 0"
    )
    assert done.out.splitlines()[-1] == "All 6 agree."


def test_check_says_no(call, home, monkeypatch):
    from symprop import session

    real = session.kernels

    def spoiled(network, backend="numba", dtype=None):
        module = real(network, "numpy", "float64")

        def value_and_grad(params, x, y):
            value, grads = module.value_and_grad(params, x, y)
            return value, grads._replace(b_out=grads.b_out * (2 if backend == "numba" else 1))

        return SimpleNamespace(**{**vars(module), "value_and_grad": value_and_grad})

    monkeypatch.setattr(session, "kernels", spoiled)
    done = call("check", "tiny.yaml", "--seed", "3", "--batch", "2")
    assert done.code == 1
    assert done.out.splitlines()[-1] == "1 of 6 are too far off."
    plain = json.loads(call("check", "tiny.yaml", "--json").out)
    wrong = [row for row in plain["rows"] if row["verdict"] == "differs"]
    assert not plain["ok"]
    assert [(row["tensor"], row["backend"]) for row in wrong] == [("b_out", "numba")]
    assert wrong[0]["complex_step"] == pytest.approx(1)


@pytest.mark.parametrize("template", ["logistic", "mlp"])
def test_new_writes_a_spec_that_can_be_derived(call, home, template):
    done = call("new", "first", "--template", template)
    assert (done.code, done.out, done.err) == (0, "", "wrote first.yaml\n")
    assert call("derive", "first.yaml").code == 0
    assert call("new", "first", "--template", template, "-o", "-").out == (home / "first.yaml").read_text()


def test_new_leaves_a_spec_that_was_edited(call, home):
    call("new", "first")
    (home / "first.yaml").write_text(SPEC)
    assert call("new", "first").code == 2
    assert (home / "first.yaml").read_text() == SPEC
    assert json.loads(call("new", "first", "--force", "--json").out) == {"schema": 1, "written": "first.yaml"}


def test_new_from_a_template_that_is_none(call, home):
    done = call("new", "first", "--template", "logistics")
    assert (done.code, done.err) == (2, "--template: unknown template 'logistics'; did you mean 'logistic'?\n")
    assert not (home / "first.yaml").exists()


def test_derive_and_show_in_a_layout_of_ones_own(call, home):
    done = call("derive", "tiny.yaml", "--layout", "columns", "--closed-form")
    assert (done.code, done.err) == (0, "")
    assert "Z_out = W_out @ x + b_out[:, None]" in done.out and "dW_out = dZ_out @ x.T" in done.out
    plain = json.loads(call("derive", "tiny.yaml", "--layout", "columns", "--json").out)
    assert plain["network"]["layout"] == "columns"
    plain = json.loads(call("show", "tiny.yaml", "--layout", "columns", "--json").out)
    shapes = {k: v for row in plain["layers"] for k, v in {**row["tensors"], **row["params"]}.items()}
    assert (shapes["x"], shapes["Z_out"], shapes["W_out"]) == ([3, "N"], [1, "N"], [1, 3])
    rows = json.loads(call("show", "tiny.yaml", "--json").out)
    assert plain["operations"] == rows["operations"]
    assert call("show", "tiny.yaml", "--layout", "columns", "--plan").out == call("show", "tiny.yaml", "--plan").out


def test_the_layout_of_a_spec_and_one_that_goes_before_it(call, home):
    spec = (home / "tiny.yaml").read_text()
    (home / "columns.yaml").write_text(spec + "layout: columns\n")
    rows, columns = call("derive", "tiny.yaml").out, call("derive", "columns.yaml").out
    assert columns == call("derive", "tiny.yaml", "--layout", "columns").out != rows
    assert call("derive", "columns.yaml", "--layout", "rows").out == rows
    one, other = (call("generate", name, "-o", "-").out for name in ("tiny.yaml", "columns.yaml"))
    lines = [k for k, (a, b) in enumerate(zip(one.splitlines(), other.splitlines(), strict=True)) if a != b]
    assert len(lines) == 2 and "HASH" in one.splitlines()[lines[1]]


def test_a_layout_that_is_none(call, home):
    done = call("derive", "tiny.yaml", "--layout", "column")
    assert done.code == 2
    assert "'column' is not one of 'rows', 'columns'" in done.err


def test_check_of_a_spec_in_columns(call, home):
    (home / "tiny.yaml").write_text((home / "tiny.yaml").read_text() + "layout: columns\n")
    assert call("check", "tiny.yaml").code == 0
