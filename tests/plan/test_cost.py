"""Costs of stages: by hand, by going through all points, and by running the kernels on numbers that count."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product

import pytest

from symprop.codegen.module import module_plan
from symprop.derivation import derive
from symprop.language import Index, Network, Position
from symprop.language.indices import Constraint
from symprop.network import build
from symprop.plan import Machine, StageCost, program_cost, update_cost
from symprop.plan.cost import KINDS
from symprop.plan.points import MOST, points
from symprop.spec import parse_spec
from tests.cases.equations import BY_NAME, CASES
from tests.codegen.fixed import fixed_network
from tests.layers.cases import CASES as LAYERS
from tests.layers.kinds import Case
from tests.plan.by_points import Walk
from tests.plan.counting import counted_run

ROWS = 7


def network(x: str, y: str, *layers: str, loss: str = "mse", optimizer: str = "") -> Network:
    lines = "".join(f"  - {{{layer}}}\n" for layer in layers)
    head = f"symprop: 1\nname: net\ninputs: {{x: {{{x}}}, y: {{role: target, {y}}}}}\nlayers:\n"
    return build(parse_spec(f"{head}{lines}loss: {{type: {loss}, from: out, target: y}}\n{optimizer}"))


OUT = "id: out, type: dense, units: 2"
NETWORKS = {
    "dense": network("shape: [3]", "shape: [2]", "type: dense, units: 5", OUT),
    "tanh": network("shape: [30]", "shape: [2]", "type: dense, units: 20, activation: tanh", OUT),
    "relu": network(
        "shape: [3]",
        "classes: 4",
        "type: dense, units: 5, activation: relu",
        "id: out, type: dense, units: 4",
        loss="softmax_cross_entropy",
    ),
    "convolution": network(
        "shape: [2, 5, 4]", "shape: [2]", "type: conv2d, units: 3, kernel: 3, padding: 1", "type: flatten", OUT
    ),
    "lstm": network("shape: [4, 3]", "shape: [2]", "type: lstm, units: 5, return: last", OUT),
    "attention": network("shape: [3, 4]", "shape: [3, 4]", "id: out, type: attention, heads: 2"),
    "causal": network("shape: [3, 4]", "shape: [3, 4]", "id: out, type: attention, heads: 2, causal: true"),
    "embedding": network(
        "shape: [6], vocabulary: 9", "shape: [2]", "type: embedding, units: 5", "type: flatten", OUT
    ),
}


def costs(net: Network, rows: int = ROWS, dtype: str = "float64") -> tuple[StageCost, ...]:
    plan = module_plan(derive(net))
    return program_cost(plan, plan.program("gradient"), {"N": rows}, dtype)


def making(name: str, net: str, rows: int = ROWS) -> StageCost:
    return next(c for c in costs(NETWORKS[net], rows) if name in c.names)


def total(found: tuple[StageCost, ...]) -> Counter[str]:
    done = Counter({"flops": sum(c.flops for c in found)})
    for cost in found:
        done.update(cost.calls)
    return done


# -- by hand -------------------------------------------------------------------------------------------------------


def test_dense_by_hand() -> None:
    first, second = 2 * ROWS * 30 * 20 + ROWS * 20, 2 * ROWS * 20 * 2 + ROWS * 2
    # tanh: |z|, -2|z|, z >= 0, the sign chosen, the product with it, 2 + expm1, the quotient
    tanh = 7 * ROWS * 20
    stage = making("Z1", "tanh")
    assert (stage.kind, stage.numbers, stage.flops) == ("contraction", (1, 2, 3), first + tanh + second)
    assert stage.calls == {"expm1": ROWS * 20}
    assert making("dW1", "tanh").flops == 2 * ROWS * 30 * 20
    assert stage.read == 8 * (ROWS * 30 + 30 * 20 + 20 + 20 * 2 + 2)
    assert making("dW1", "tanh").written == 8 * 30 * 20


def test_convolution_by_hand() -> None:
    # of a copy of the image with zeros around it every window is read as a whole
    terms = ROWS * 3 * 2 * 5 * 4 * 9
    stage = making("Z1", "convolution")
    assert (stage.kind, stage.flops) == ("convolution", 2 * terms + ROWS * 3 * 5 * 4)
    assert making("dW1", "convolution").flops == 2 * ROWS * 5 * 4 * 3 * 2 * 9


def test_lstm_by_hand() -> None:
    n, t, d, u = ROWS, 4, 3, 5
    # the products with the inputs are one, before the first step
    assert [c.flops for c in costs(NETWORKS["lstm"]) if c.names == ("p1_3",)] == [n * t * 4 * u * 2 * d]
    gates = n * t * 4 * u * 2 + n * (t - 1) * 4 * u * 2 * u
    stage = making("h1", "lstm")
    # sigmoid 5 operations and 1 function, tanh 7 and 1, the cell 3, the output 1
    assert (stage.kind, stage.flops) == ("recurrence", gates + n * t * u * (3 * 5 + 2 * 7 + 3 + 1))
    assert stage.functions == n * t * u * (3 + 2)


def test_attention_by_hand() -> None:
    n, t, heads = ROWS, 3, 2
    exponentials = total(costs(NETWORKS["attention"]))["exp"], total(costs(NETWORKS["causal"]))["exp"]
    half = n * heads * t * (t + 1) // 2
    whole = n * heads * t * t
    # those of whole rows are stored for the sum and the quotient; under a domain each takes its own
    assert exponentials == (whole, 2 * half)
    assert any(c.kind == "contraction" and c.flops >= 2 * whole * 2 for c in costs(NETWORKS["attention"]))


def test_an_embedding_reads_no_more_rows_than_it_takes() -> None:
    few, many = making("Z1", "embedding", 1), making("Z1", "embedding", 100)
    assert (few.kind, few.flops) == ("gather", 0)
    assert few.read == 8 * (6 + 6 * 5)
    assert many.read == 8 * (600 + 9 * 5)
    assert making("dW1", "embedding").kind == "scatter"
    assert making("dW1", "embedding").flops == ROWS * 6 * 5


def test_an_update_by_hand() -> None:
    adam = network("shape: [3]", "shape: [2]", OUT, optimizer="optimizer: {type: sgd, lr: 0.1, clip_norm: 1.0}\n")
    assert adam.optimizer is not None
    clip, step = update_cost(adam.optimizer, adam.functions, 8, "float32")
    assert (clip.kind, clip.flops, clip.read, clip.written) == ("clipping", 24, 64, 32)
    assert (step.kind, step.flops, step.read, step.written) == ("update", 16, 64, 32)


# -- by other means --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*NETWORKS, *map(str, CASES)])
def test_every_point_by_itself(name: str) -> None:
    net = NETWORKS[name] if name in NETWORKS else fixed_network(BY_NAME[name])
    plan = module_plan(derive(net))
    for stage, cost in zip(plan.program("gradient").stages, costs(net, 3), strict=True):
        walk = Walk(plan, 3)
        walk.stage(stage)
        assert walk.done["flops"] == cost.flops, str(stage)
        assert {k: v for k, v in walk.done.items() if v and k != "flops"} == cost.calls, str(stage)


@pytest.mark.parametrize("name", NETWORKS)
def test_kernels_that_count_do_hardly_more(name: str) -> None:
    """The text repeats what does not change in a loop, which compilers move out of it; branches spare a select."""
    counted, run = total(costs(NETWORKS[name])), counted_run(NETWORKS[name], ROWS)
    assert 0.98 * counted["flops"] <= run["flops"] <= 1.1 * counted["flops"]
    assert all(counted[f] <= run[f] <= 1.2 * counted[f] for f in ("exp", "expm1", "log"))


@pytest.mark.parametrize("case", LAYERS, ids=str)
def test_every_layer_has_costs(case: Case) -> None:
    found = costs(case.network)
    assert all(c.kind in KINDS and c.written > 0 for c in found)
    assert total(found)["flops"] > 0


def test_points_of_random_domains() -> None:
    rng = random.Random(4)
    for _ in range(300):
        box = [Index(name, rng.randint(1, 6)) for name in "abc"]
        rows = [[rng.randint(-2, 2) for _ in range(4)] for _ in range(rng.randint(1, 3))]
        kinds = [rng.choice(["ge", "ge", "eq"]) for _ in rows]
        ties = [
            Constraint(kind, Position(dict(zip(box, row, strict=False)), row[3]))
            for kind, row in zip(kinds, rows, strict=True)
            if any(row[:3])
        ]
        kinds = [kind for kind, row in zip(kinds, rows, strict=True) if any(row[:3])]
        rows = [row for row in rows if any(row[:3])]
        found = 0
        for at in product(*(range(i.extent.value({})) for i in box)):
            values = [row[3] + sum(f * v for f, v in zip(row, at, strict=False)) for row in rows]
            found += all(v >= 0 if kind == "ge" else v == 0 for kind, v in zip(kinds, values, strict=True))
        assert points(box, ties, {}) == found


def test_points_of_large_domains() -> None:
    s, t, u = Index("s", 100_000), Index("t", 100_000), Index("u", 100_000)
    triangle = [Constraint("ge", Position.of(t) - s)]
    assert points((s, t), triangle, {}) == 100_000 * 100_001 // 2
    # too many to go through: the box, less what the equation fixes
    assert MOST < 100_000**2
    assert points((s, t, u), [Constraint("eq", Position.of(s) + t - u)], {}) == 100_000**2


def test_the_floor() -> None:
    machine = Machine(peak=100.0, bandwidth=10.0, function=0.5)
    assert machine.floor(200, 10, 4) == 2 + 2
    assert machine.floor(200, 50, 0) == 5
