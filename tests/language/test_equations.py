import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from symprop.errors import Fault, FormulaError, InputError
from symprop.language import Equation, Extent, Index, Network, Position, Read, Scope, Tensor, parse_equation, ranges
from symprop.language.expressions import reduce_
from tests.cases.equations import BY_NAME, CASES, extent

i, j, n = Index("i", 3), Index("j", 4), Index("n", "N")


def read(tensor, *indices):
    return Read(tensor, list(map(Position.of, indices)))


def test_a_free_index_on_the_right_alone_is_refused():
    with pytest.raises(FormulaError) as caught:
        Equation("y", (Position.of(n),), read("W", n, i))
    assert str(caught.value) == (
        "equation 'y': index i of the right side is free but is not on the left, y[n]. "
        "Sum over i or write it on the left."
    )


def test_an_index_of_another_extent_is_another_index():
    with pytest.raises(FormulaError) as caught:
        Equation("y", (Position.of(Index("i", 5)),), read("x", i), where="net.yaml:4")
    assert str(caught.value) == (
        "net.yaml:4: index i of the right side is free but is not on the left, y[i]. "
        "Sum over i or write it on the left."
    )


def test_bound_indices_are_not_free():
    e = Equation("y", (Position.of(n),), reduce_("sum", [i], read("W", n, i)))
    assert e.free == (n,)
    assert str(e) == "y[n] = sum[i](W[n,i])"


def test_free_indices_come_in_the_order_of_the_left():
    case = BY_NAME["flatten"]
    assert [index.name for index in case.network.equations[0].free] == ["n", "c", "h", "m"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_case_is_printed_and_read_back(case):
    indices = {name: extent(size) for name, size in (case.indices or {}).items()}
    scope = Scope(case.network.tensors, indices, functions=dict.fromkeys(case.network.functions, 1))
    for equation in case.network.equations:
        again = parse_equation(str(equation), scope)
        assert str(again) == str(equation)
        assert again.indices == equation.indices


@pytest.mark.parametrize("case", CASES[:5], ids=str)
def test_values_survive_pickling(case):
    equations = case.network.equations
    assert pickle.loads(pickle.dumps(equations)) == equations


def test_a_compound_of_one_axis_is_not_two_axes():
    tensors = {"f": Tensor("f", (Extent.of(12),)), "x": Tensor("x", (Extent.of(3), Extent.of(4)))}
    scope = Scope(tensors)
    left = parse_equation("f[(c,h)] = x[c,h]", scope)
    assert str(left) == "f[(c, h)] = x[c,h]"
    right = parse_equation("x[c,h] = f[(c,h)]", scope)
    assert len(right.body.indices) == 1
    with pytest.raises(FormulaError) as caught:
        parse_equation("x[c,h] = f[c,h]", scope)
    assert str(caught.value) == "equation: column 10: f has 1 axes, but 2 are given"


def test_an_index_learns_its_extent_wherever_it_stands_alone():
    """The first read of u is shifted, the second gives its extent; the inner i is another index than the outer."""
    tensors = {
        name: Tensor(name, tuple(map(Extent.of, axes)))
        for name, axes in {"x": (9,), "w": (3,), "V": (5, 3), "y": (4,)}.items()
    }
    e = parse_equation("y[p] = sum[u](x[2*p+u-1]*w[u])", Scope(tensors))
    assert e.body.indices == (Index("u", 3),)
    nested = parse_equation("y[p] = sum[i](sum[i](w[i])*x[p+i]*V[i,0])", Scope(tensors))
    outer, inner = nested.body, nested.body.body.factors[0]
    assert (outer.indices, inner.indices) == ((Index("i", 5),), (Index("i", 3),))


def test_a_network_finds_its_tensors():
    network = BY_NAME["two_layers"].network
    assert [t.name for t in network.params] == ["W1", "b1", "W2", "b2"]
    assert network.defining("A1") is network.equations[1]
    assert network.defining("X") is None
    assert [t.name for t in network.of_role("loss")] == ["L"]
    assert isinstance(network, Network)


def test_ranges_are_those_of_integer_tensors():
    assert ranges(BY_NAME["embedding"].network.tensors.values()) == {"tok": Extent.of("V")}


def test_faults_are_printed_one_per_line_with_their_hints():
    error = InputError([Fault("a", "is wrong", "Do this."), Fault("", "what now?", "Ask."), Fault("b", "is bad")])
    assert str(error) == "a: is wrong. Do this.\nwhat now? Ask.\nb: is bad"
    assert (error.exit_code, len(error.faults)) == (2, 3)


def test_the_language_is_the_same_under_any_hash_seed():
    code = (
        "from tests.cases.equations import CASES\nfor case in CASES:\n    print(*case.network.equations, sep='\\n')\n"
    )
    root = Path(__file__).resolve().parents[2]
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "7")
    }
    assert len(texts) == 1
    assert "sum[n,j](G[n,j]*Z[n,j]**2)/N" in texts.pop()
