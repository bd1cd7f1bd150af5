"""A picture of a network: layers as boxes with shapes, values running down, adjoints running back up.

Enters: a network.  Leaves: SVG, written here, with all text escaped.  It shows layers, not single equations;
the loss is the last box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symprop.language import Network, Tensor
from symprop.language.expressions import tensors_read
from symprop.report.escape import xml_text
from symprop.report.summary import Layer, given_of, layers_of, shape_text
from symprop.report.template import fill

WIDTH, HEIGHT, ACROSS, DOWN, MARGIN = 190, 54, 60, 46, 24
LETTER_PIXELS = 6.6
OFFSET = 22


@dataclass(frozen=True)
class Box:
    """A rectangle with lines of text."""

    name: str
    lines: tuple[str, ...]
    given: bool
    column: int
    row: int

    @property
    def left(self) -> int:
        """Its left edge."""
        return MARGIN + self.column * (WIDTH + ACROSS)

    @property
    def top(self) -> int:
        """Its upper edge."""
        return MARGIN + self.row * (HEIGHT + DOWN)


def graph_svg(network: Network) -> str:
    """The network as SVG."""
    boxes = {box.name: box for box in _boxes(network)}
    edges = list(dict.fromkeys(_edges(network)))
    columns = 1 + max(box.column for box in boxes.values())
    rows = 1 + max(box.row for box in boxes.values())
    reach = max((_reach(boxes[a], boxes[b]) for a, b, *_ in edges), default=0)
    values = {
        "width": 2 * MARGIN + columns * (WIDTH + ACROSS) + reach,
        "height": 2 * MARGIN + rows * (HEIGHT + DOWN) - DOWN,
        "title": xml_text(network.name),
        "boxes": [_drawn(box) for box in boxes.values()],
        "forward": [_arrow(boxes[a], boxes[b], False) for a, b, _, _ in edges],
        "adjoint": [_arrow(boxes[a], boxes[b], True) for a, b, _, back in edges if back],
        "labels": [_label(boxes[a], boxes[b], name) for a, b, name, back in edges if back],
    }
    return fill("report_graph.svg.jinja", values)


def _layer_of(network: Network) -> dict[str, str]:
    """The box of each tensor that has one."""
    owner = {tensor.name: tensor.name for tensor in given_of(network)}
    for layer in layers_of(network):
        owner.update({tensor.name: layer.name for tensor in layer.computed})
    return owner


def _edges(network: Network) -> Iterator[tuple[str, str, str, bool]]:
    """(from, to, tensor, whether an adjoint runs back) between different boxes."""
    owner = _layer_of(network)
    for equation in network.equations:
        target = owner[equation.target]
        for name in tensors_read(equation.body):
            if name in owner and owner[name] != target:
                tensor = network.tensors[name]
                back = tensor.dtype == "real" and tensor.role == "intermediate" and not _constant(network, tensor)
                yield owner[name], target, name, back


def _constant(network: Network, tensor: Tensor) -> bool:
    """A one-hot target is computed, but nothing is learnt through it."""
    equation = network.defining(tensor.name)
    return equation is not None and all(
        network.tensors[n].role in ("target", "sample") or network.tensors[n].dtype == "integer"
        for n in tensors_read(equation.body)
        if n in network.tensors
    )


def _boxes(network: Network) -> Iterator[Box]:
    """Boxes in rows: each below all it reads, what is given just above what reads it first."""
    layers = {layer.name: layer for layer in layers_of(network)}
    above: dict[str, set[str]] = {name: set() for name in layers}
    for source, target, _, _ in _edges(network):
        above[target].add(source)
    rows: dict[str, int] = {}
    for name in layers:
        known = [rows[s] for s in above[name] if s in rows]
        rows[name] = 1 + max(known, default=0)
    given = given_of(network)
    for tensor in given:
        readers = [rows[name] for name, sources in above.items() if tensor.name in sources]
        rows[tensor.name] = min(readers, default=1) - 1
    used: dict[int, int] = {}
    for name in (*layers, *(t.name for t in given)):
        row = rows[name]
        column = used.get(row, 0)
        used[row] = column + 1
        lines = _layer_lines(layers[name]) if name in layers else (name, shape_text(network.tensors[name]))
        yield Box(name, lines, name not in layers, column, row)


def _layer_lines(layer: Layer) -> tuple[str, ...]:
    output = layer.computed[-1]
    learnt = ", ".join(f"{t.name} {shape_text(t)}" for t in layer.params)
    first = layer.name if layer.name == output.name else f"{layer.name}: {', '.join(t.name for t in layer.computed)}"
    return (first, shape_text(output), *([learnt] if learnt else []))


def _drawn(box: Box) -> dict[str, object]:
    room = int(WIDTH / LETTER_PIXELS)
    lines = [line if len(line) <= room else line[: room - 3] + "..." for line in box.lines]
    first = box.top + HEIGHT / 2 - 8 * (len(lines) - 1) + 4
    texts = [(box.left + WIDTH / 2, first + 16 * k, xml_text(line)) for k, line in enumerate(lines)]
    return {"left": box.left, "top": box.top, "given": box.given, "texts": texts}


def _reach(source: Box, target: Box) -> int:
    """How far right of the boxes an arrow bulges that passes others."""
    return 30 if target.row - source.row > 1 else 0


def _arrow(source: Box, target: Box, back: bool) -> str:
    """A path between the lower edge of the source and the upper edge of the target, adjoints right of values."""
    shift = OFFSET if back else -OFFSET
    x1, y1 = source.left + WIDTH // 2 + shift, source.top + HEIGHT
    x2, y2 = target.left + WIDTH // 2 + shift, target.top
    if target.row - source.row > 1:
        side = source.left + WIDTH + ACROSS // 2 + (shift if back else -shift // 3)
        y1, y2 = source.top + HEIGHT // 2, target.top + HEIGHT // 2
        y1, y2 = (y1 + 8, y2 + 8) if back else (y1 - 8, y2 - 8)
        points = [(source.left + WIDTH, y1), (side, y1), (side, y2), (target.left + WIDTH, y2)]
    else:
        points = [(x1, y1), (x1, y1 + DOWN // 2), (x2, y1 + DOWN // 2), (x2, y2)]
    ordered = points[::-1] if back else points
    return "M " + " L ".join(f"{x} {y}" for x, y in ordered)


def _label(source: Box, target: Box, name: str) -> tuple[int, int, str]:
    if target.row - source.row > 1:
        return source.left + WIDTH + ACROSS // 2 + OFFSET + 5, source.top + HEIGHT + DOWN // 2, xml_text("d" + name)
    return target.left + WIDTH // 2 + OFFSET + 6, target.top - 8, xml_text("d" + name)
