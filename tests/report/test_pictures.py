"""Pictures are well-formed, show what they should, and let no text out of its place."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field, replace

import pytest

from symprop import report
from symprop.report.curves import epoch_ticks, nice_ticks
from symprop.report.graph import graph_svg
from tests.report.networks import EXAMPLES, example, logistic, mlp

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Losses:
    loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)


def drawn(svg: str, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter(SVG + tag))


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in drawn(svg, "text")]


def test_a_network_has_a_box_for_each_layer_and_an_adjoint_for_each_arrow_back() -> None:
    svg = graph_svg(logistic())
    layers = ["Z", "N x 1", "W 3 x 1, b 1", "A", "N x 1", "loss: L", "scalar"]
    assert texts(svg) == ["dZ", "dA", *layers, "x", "N x 3", "y", "N x 1"]
    dashed = [path for path in drawn(svg, "path") if path.get("stroke-dasharray")]
    assert len(dashed) == 2


def test_no_adjoint_runs_back_to_labels() -> None:
    assert "dY" not in texts(graph_svg(mlp()))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_picture_of_an_example_stays_inside_its_frame(path: object) -> None:
    svg = graph_svg(example(path))  # type: ignore[arg-type]
    root = ElementTree.fromstring(svg)
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    for box in drawn(svg, "rect"):
        assert 0 <= float(box.get("x") or 0) <= width - float(box.get("width") or 0)
        assert 0 <= float(box.get("y") or 0) <= height - float(box.get("height") or 0)


def test_boxes_do_not_overlap() -> None:
    for path in EXAMPLES:
        corners = [(r.get("x"), r.get("y")) for r in drawn(graph_svg(example(path)), "rect")[1:]]
        assert len(set(corners)) == len(corners)


def test_a_hostile_name_is_shown_as_text() -> None:
    name = "</title><script>alert('&')</script>\x00"
    svg = graph_svg(replace(logistic(), name=name))
    assert "<script" not in svg
    assert drawn(svg, "title")[0].text == "</title><script>alert('&')</script>"


def test_curves_have_a_line_each() -> None:
    svg = report.curves_svg(Losses([3.0, 2.0, 1.0], [3.5, 2.5, 2.0]))
    assert texts(svg)[-2:] == ["loss", "validation loss"]
    lines = [p.get("d") for p in drawn(svg, "path") if p.get("stroke-linecap") == "round"]
    assert lines == ["M 64.0 92.0 L 344.0 204.0 L 624.0 316.0", "M 64.0 36.0 L 344.0 148.0 L 624.0 204.0"]


def test_a_curve_without_validation_is_alone() -> None:
    assert "validation loss" not in texts(report.curves_svg(Losses([1.0, 2.0])))


def test_a_curve_is_interrupted_where_it_is_not_finite() -> None:
    svg = report.curves_svg(Losses([3.0, 2.0, math.nan, math.inf, 1.0]))
    lines = [p.get("d") or "" for p in drawn(svg, "path") if p.get("stroke-linecap") == "round"]
    assert [line.count("L") for line in lines] == [1, 1]
    assert "nan" not in svg and "inf" not in svg


@pytest.mark.parametrize("values", [[], [1.0], [0.0, 0.0], [math.nan]])
def test_short_histories_are_drawn(values: list[float]) -> None:
    assert drawn(report.curves_svg(Losses(values)), "rect")


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.1, 2.4, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]),
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (2.0, 2.0, [1.0, 1.5, 2.0, 2.5, 3.0]),
        (-3e-7, 5e-7, [-4e-7, -2e-7, 0.0, 2e-7, 4e-7, 6e-7]),
    ],
)
def test_ticks_are_round_numbers_around_the_values(low: float, high: float, ticks: list[float]) -> None:
    assert nice_ticks(low, high) == ticks


@pytest.mark.parametrize(("epochs", "ticks"), [(1, [1]), (3, [1, 2, 3]), (60, [1, 10, 19, 28, 37, 46, 55])])
def test_at_most_eight_epochs_are_named(epochs: int, ticks: list[int]) -> None:
    assert epoch_ticks(epochs) == ticks
