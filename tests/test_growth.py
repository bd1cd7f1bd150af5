"""The benchmark of growing sizes, untimed: its networks train as in PyTorch, its tables and plot have every part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks import growth
from benchmarks.networks import torch_activations
from benchmarks.peers import PEERS, able, symprop_runner, torch_runner
from symprop.oracle import relative_error
from tests.library import by_hand

pytest.importorskip("torch", reason="PyTorch is an outside oracle and not needed otherwise")

PARTS = {part.name: part for part in growth.parts()}
# more than nine layers: their names sort otherwise than they follow each other
SMALL = {"batch": 3, "width": 5, "depth": 11, "steps": 3}
TRAINED = [(PARTS[name], size) for name, size in SMALL.items()] + [(growth.parts("mish", "rmsprop")[0], 3)]


@pytest.mark.parametrize(("part", "size"), TRAINED, ids=lambda value: getattr(value, "title", ""))
def test_a_network_trains_as_in_torch(part: growth.Part, size: int) -> None:
    work = part.workload(size, "float64")
    one_step = replace(work, rows=work.batch)
    ours, theirs = symprop_runner(one_step), torch_runner(one_step)
    assert ours.gradients.keys() == theirs.gradients.keys()
    for name, found in ours.gradients.items():
        assert found.dtype == theirs.gradients[name].dtype == np.float64
        assert relative_error(found, theirs.gradients[name]) < 1e-11, name
    losses = [(ours.epoch(), theirs.epoch()) for _ in range(4)]
    assert losses[-1][0] < losses[0][0]
    assert [a for a, _ in losses] == pytest.approx([b for _, b in losses], rel=1e-11)


def test_what_grows_is_what_the_part_says() -> None:
    shapes = {
        name: {k: w.shape for k, w in PARTS[name].workload(size, "float32").weights().items()}
        for name, size in SMALL.items()
    }
    assert shapes["batch"] == {"W_l1": (13, 37), "b_l1": (37,), "W_out": (37, 7), "b_out": (7,)}
    assert [shapes["width"][name] for name in ("W_l1", "W_l2", "W_out")] == [(13, 5), (5, 5), (5, 7)]
    assert [shapes["depth"][f"W_l{k}"] for k in range(1, 12)] == [(13, 16)] + [(16, 16)] * 10
    assert shapes["steps"]["U_lstm"] == (32, 128)
    assert PARTS["batch"].workload(3, "float32").batch == 3
    assert PARTS["steps"].workload(3, "float32").data()[0].shape == (512, 3)


def test_tables_have_a_row_for_every_size(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in set(PEERS) - {"symprop", "torch"}:
        monkeypatch.delitem(PEERS, name)
    found = growth.print_growth([replace(PARTS["batch"], sizes=(2, 3))], "float32", rounds=1, markdown=True)
    title, head, rule, *rows = [line for line in capsys.readouterr().out.splitlines() if line]
    assert title == "13-37-7, relu, sgd, by batch, float32, microseconds"
    assert head == "| batch | symprop | torch | best/symprop |"
    assert rule == "| --- | --- | --- | --- |"
    assert [row.split(" | ")[0] for row in rows] == ["| 2", "| 3"]
    assert found.keys() == {"batch"}
    assert all(times["symprop"] > 0 and times["torch"] > 0 for times in found["batch"].values())


def test_every_activation_is_timed_beside_that_of_torch() -> None:
    import torch

    theirs, z = torch_activations(), np.random.default_rng(0).normal(size=(3, 5), scale=3)
    works = growth.option_workloads("float32")
    assert [work.activation for work in works["activation"]] == [work.name for work in works["activation"]]
    for work in works["activation"]:
        value = theirs[work.activation](torch.tensor(z)).numpy()
        ours = (by_hand.ACTIVATIONS | by_hand.ROW_ACTIVATIONS)[work.activation][0]
        assert value == pytest.approx(ours(z), rel=1e-7), work.activation


def test_torch_is_beside_the_optimizers_that_it_has() -> None:
    works = growth.option_workloads("float32")["optimizer"]
    assert [work.name for work in works if not able("torch", work)] == ["lion"]


def test_a_row_of_the_options_has_the_peers_that_there_are() -> None:
    every = {"symprop": 2.5, "torch": 310.0, "jax jit": 20.0, "jax scan": 2.0}
    assert growth.option_cells("adam", every) == ["adam", "2.5", "124.0", "0.80"]
    assert growth.option_cells("lion", {"symprop": 2.5, "jax scan": 5.0}) == ["lion", "2.5", "", "2.00"]
    assert growth.option_cells("lion", {"symprop": 2.5}) == ["lion", "2.5", "", ""]


def test_the_plot_has_a_panel_for_every_part(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="only the plot needs it")
    times = {part.name: {n: dict.fromkeys(PEERS, 1.5 * n) for n in part.sizes} for part in PARTS.values()}
    times["batch"] = {n: {"symprop": 1.5 * n} for n in times["batch"]}  # as of an optimizer that the others lack
    growth.plot(list(PARTS.values()), times, tmp_path / "growth.svg")
    text = (tmp_path / "growth.svg").read_text(encoding="utf-8")
    shown = {element.text for element in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}text")}
    assert shown >= {part.title for part in PARTS.values()} | set(PEERS) | {"331", "512", "1000"}
    assert len(text) < 150_000
