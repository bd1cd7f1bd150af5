"""`symprop verify`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symprop.cli import run
from symprop.session import read_network
from symprop.verification import verify

NET = """
symprop: 1
name: small
inputs: {x: {shape: [3]}, y: {shape: [2], role: target}}
layers:
  - {id: out, type: dense, units: 2}
loss: {type: mse, from: out, target: y}
"""
RIGHT = "net: net.yaml\nclaims:\n  dZ_out: (Z_out - y) / N\n  dW.out: x.T @ dZ_out\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "right.yaml").write_text(RIGHT)
    (tmp_path / "wrong.yaml").write_text(RIGHT.replace("/ N", "* 1"))
    (tmp_path / "broken.yaml").write_text(RIGHT.replace("/ N", "/ M"))
    (tmp_path / "unfit.yaml").write_text(RIGHT.replace("x.T", "x"))
    return tmp_path


def test_right_claims_end_with_0(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(folder / "right.yaml")]) == 0
    out = capsys.readouterr().out
    assert "dZ_out  PROVED       for every N" in out and "db_out  NOT CHECKED  not among the claims" in out
    assert out.endswith("All 2 claims are right.\n")


def test_a_wrong_claim_ends_with_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(folder / "wrong.yaml"), "--net", str(folder / "net.yaml")]) == 1
    out = capsys.readouterr().out
    assert "dZ_out  PROPORTIONAL  N times the truth" in out
    assert "  hint: Consistent with a missing 1/N: yours = N*ours, and the loss is divided by 2*N." in out
    assert out.endswith("2 of 2 claims are wrong; begin with dZ_out.\n")


def test_what_cannot_be_evaluated_ends_with_5(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(folder / "unfit.yaml")]) == 5
    assert capsys.readouterr().out.endswith("Undecided: 1 of 2 claims proved, none refuted.\n")


def test_a_fault_ends_with_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(folder / "broken.yaml")]) == 2
    caught = capsys.readouterr()
    assert caught.out == "" and "broken.yaml:3:25 (dZ_out): unknown name 'M'" in caught.err


def test_json_has_the_keys_of_version_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(folder / "wrong.yaml"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["ok"]) == (1, False)
    first, second, _ = found["claims"]
    assert (first["name"], first["target"], first["verdict"], first["ratio"]) == (
        "dZ_out",
        "dZ_out",
        "PROPORTIONAL",
        "N",
    )
    assert (second["name"], second["target"], second["first_wrong"]) == ("dW.out", "dW_out", "dZ_out")
    keys = (
        "name target verdict flags extents assumptions kinks evidence ratio first_wrong counterexample difference hints"
    )
    assert set(keys.split()) <= set(first)
    assert first["evidence"]["digits"] == 60 and first["counterexample"]["entry"].startswith("dZ_out[")


def test_proofs_are_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(folder / "right.yaml"), "--explain"]) == 0
    out = capsys.readouterr().out
    assert "ours: dW_out = x.T @ dZ_out" in out and "difference: 0" in out


def test_a_convention_is_declared_on_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "columns.yaml").write_text("net: net.yaml\nclaims:\n  dZ_out: Z_out - y\n  dW.out: x @ dZ_out.T / N\n")
    declared = ["--convention", "batch=columns", "--convention", "adjoints=per_example,weights=in_out"]
    assert run(["verify", str(folder / "columns.yaml"), *declared]) == 0
    out = capsys.readouterr().out
    assert "read with examples in columns, biases as columns; adjoints of values without the 1/N" in out
    assert out.endswith("All 2 claims are right.\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("batch", "--convention: 'batch' is no convention; expected KEY=VALUE, such as batch=columns"),
        ("bach=rows", "--convention: unknown key 'bach'; did you mean 'batch'?"),
        ("sign=down", "--convention: sign: unknown value 'down'; expected one of ascent, descent"),
    ],
)
def test_a_fault_of_a_convention_ends_with_2(
    folder: Path, capsys: pytest.CaptureFixture[str], words: str, message: str
) -> None:
    assert run(["verify", str(folder / "right.yaml"), "--convention", words]) == 2
    assert capsys.readouterr().err.strip() == message


def test_each_claim_is_named_while_it_is_decided(folder: Path) -> None:
    told: list[str] = []
    verify(read_network(folder / "net.yaml"), folder / "right.yaml", tell=told.append)
    assert told == ["deciding dZ_out, claim 1 of 2", "deciding dW.out, claim 2 of 2"]


COLUMNS = """\
net: net.yaml
claims:
  dZ_out: (Z_out - y) / N
  dW.out: dZ_out @ x.T
"""


@pytest.mark.parametrize("bias", ["sum(dZ_out, axis=1)", "sum(dZ_out, axis=1, keepdims=True)"])
def test_columns_need_no_declaration_where_the_spec_has_them(
    folder: Path, bias: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "net.yaml").write_text(NET + "layout: columns\n")
    (folder / "columns.yaml").write_text(f"{COLUMNS}  db.out: {bias}\n")
    assert run(["verify", str(folder / "columns.yaml")]) == 0
    out = capsys.readouterr().out
    assert ", as the network lies" in out and out.endswith("All 3 claims are right.\n")
    (folder / "net.yaml").write_text(NET)
    convention = "batch=columns_vectors" if "keepdims" not in bias else "batch=columns"
    assert run(["verify", str(folder / "columns.yaml"), "--convention", f"{convention},weights=out_in"]) == 0


def test_rows_are_declared_where_the_spec_has_columns(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "net.yaml").write_text(NET + "layout: columns\n")
    assert run(["verify", str(folder / "right.yaml"), "--convention", "batch=rows,weights=in_out"]) == 0
    assert "read with examples in rows, W in-by-out, as declared" in capsys.readouterr().out
    assert run(["verify", str(folder / "wrong.yaml"), "--convention", "batch=rows,weights=in_out"]) == 1


def test_functions_are_given_columns_where_the_spec_has_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "net.yaml").write_text(NET + "layout: columns\n")
    (folder / "hand.py").write_text(
        "def grads(x, y, W_out, b_out):\n"
        "    Z = W_out @ x + b_out\n"
        "    dZ = (Z - y) / x.shape[1]\n"
        "    return {'dW_out': dZ @ x.T, 'db_out': dZ.sum(axis=1, keepdims=True)}\n"
    )
    net = str(folder / "net.yaml")
    assert run(["verify", str(folder / "hand.py"), "--net", net]) == 0
    assert "biases as columns" in capsys.readouterr().out
    written = (folder / "hand.py").read_text().replace("+ b_out", "+ b_out[:, None]").replace(", keepdims=True", "")
    (folder / "hand.py").write_text(written)
    assert run(["verify", str(folder / "hand.py"), "--net", net]) == 0
    assert "biases as vectors" in capsys.readouterr().out


def test_a_softmax_in_latex_acts_on_columns(folder: Path) -> None:
    net = NET.replace("y: {shape: [2], role: target}", "y: {classes: 4, role: target}").replace("units: 2", "units: 4")
    net = net.replace("mse", "softmax_cross_entropy")
    lines = r"\[ dZ_{out} = \frac1N (\mathrm{softmax}(Z_{out}) - \mathrm{onehot}(y)^\top) \]"
    lines += r"\[ dW_{out} = dZ_{out} x^\top \]"
    (folder / "hand.tex").write_text(f"% symprop: net: net.yaml\n{lines}\n")
    (folder / "net.yaml").write_text(net + "layout: columns\n")
    assert run(["verify", str(folder / "hand.tex")]) == 0
    (folder / "net.yaml").write_text(net)
    assert run(["verify", str(folder / "hand.tex"), "--convention", "batch=columns,weights=out_in"]) == 0
