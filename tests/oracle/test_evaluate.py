import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from symprop.errors import InputError
from symprop.language import Domain, Equation, Extent, Function, Gather, Index, Position, Read, Scope, Tensor
from symprop.language.expressions import Call, Guard, Number, divide, reduce_
from symprop.language.parser import parse_equation, parse_expression
from symprop.oracle import assign, evaluate
from tests.cases.equations import BY_NAME, CASES
from tests.oracle.by_hand import BY_HAND

N, T, J = (Index(name, extent) for name, extent in (("n", "N"), ("t", "T"), ("j", 3)))


def tensor(name, *axes, **more):
    return Tensor(name, tuple(map(Extent.of, axes)), **more)


def equations(*lines, tensors=(), **scope):
    known = {t.name: t for t in tensors}
    return [parse_equation(line, Scope(known, **scope)) for line in lines]


# -- against NumPy -------------------------------------------------------------------------------------------------


def test_every_case_was_written_by_hand_once_more():
    assert set(BY_HAND) == set(BY_NAME)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_are_those_of_numpy(case, seed):
    arrays = case.arrays(seed)
    values = evaluate(case.network, arrays, case.sizes)
    expected = BY_HAND[case.name](arrays)
    for name, value in expected.items():
        assert values[name].shape == np.shape(value)
        assert np.max(np.abs(values[name] - value), initial=0) <= 1e-12 * max(1, np.max(np.abs(value))), name


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_is_no_degenerate_point(case):
    """The rules of the table itself: extents differ and exceed 1, integer tensors repeat an entry."""
    extents = {axis.value(case.sizes) for t in case.network.tensors.values() for axis in t.axes}
    symbols = {str(axis) for t in case.network.tensors.values() for axis in t.axes}
    assert min(extents) > 1
    assert len(extents) == len(symbols)
    for t in case.given:
        if t.high is not None:
            values = case.arrays()[t.name]
            assert len(np.unique(values)) < values.size


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", [complex, object])
def test_all_arithmetics_agree(case, dtype):
    arrays = case.arrays()
    real = evaluate(case.network, arrays, case.sizes)["L"]
    other = evaluate(case.network, arrays, case.sizes, dtype)["L"]
    assert abs(complex(other[()]) - real) <= 1e-12 * max(1, abs(real))


def test_decimals_have_all_their_digits():
    softplus = parse_equation("L = log(1 + exp(x))/3 + erf(x) + pi**x", Scope())
    with mpmath.workdps(50):
        value = evaluate([softplus], {"x": mpmath.mpf(2) / 7}, {}, object)["L"][()]
        x = mpmath.mpf(2) / 7
        expected = mpmath.log(1 + mpmath.exp(x)) / 3 + mpmath.erf(x) + mpmath.pi**x
        assert abs(value - expected) < mpmath.mpf(10) ** -48


# -- what the language means ---------------------------------------------------------------------------------------


def test_reads_outside_the_bounds_are_zero():
    x, y = tensor("x", "T"), tensor("y", "T")
    (e,) = equations("y[t] = x[t-1] + 10*x[t+2]", tensors=(x, y))
    assert evaluate([e], {"x": np.array([1.0, 2, 3, 4])}, {"T": 4})["y"].tolist() == [30, 41, 2, 3]


@pytest.mark.parametrize("dtype", [float, complex, object])
def test_what_a_guard_excludes_is_not_evaluated(dtype):
    """0*inf cannot arise: 1/x[t] at x = 0 and log of a negative number are dropped, not multiplied by 0."""
    x, y = tensor("x", "T"), tensor("y", "T")
    first, second = equations("y[t] = [t >= 1]*log(x[t])", "y[t] = [t >= 2]/x[t]", tensors=(x, y))
    assert evaluate([first], {"x": [-1.0, 1, 1]}, {"T": 3}, dtype)["y"].astype(complex).tolist() == [0, 0, 0]
    assert evaluate([second], {"x": [0.0, 0, 4]}, {"T": 3}, dtype)["y"].astype(complex).tolist() == [0, 0, 0.25]


@pytest.mark.parametrize("dtype", [float, complex, object])
def test_the_branch_not_taken_is_not_evaluated(dtype):
    e = parse_equation("y = where(x > 0, log(x), 1/(x + 2))", Scope())
    assert complex(evaluate([e], {"x": -1.0}, {}, dtype)["y"][()]) == 1
    assert complex(evaluate([e], {"x": 1.0}, {}, dtype)["y"][()]) == 0


@pytest.mark.parametrize("op, expected", [("sum", 0), ("max", 0), ("min", 0), ("argmax", 0), ("argmin", 0)])
def test_a_reduction_over_nothing_is_zero(op, expected):
    body = reduce_(op, [J], Read("x", [Position.of(J)]), Domain.equal(Position.of(J), Position.of(7)))
    assert evaluate([Equation("y", (), body)], {"x": [3.0, 4, 5]}, {})["y"] == expected


@pytest.mark.parametrize("op, expected", [("max", -1), ("min", -3), ("argmax", 1), ("argmin", 2)])
def test_a_maximum_ignores_points_outside_its_domain(op, expected):
    body = reduce_(op, [J], Read("x", [Position.of(J)]), Domain.inside(Position.of(J) - 1, Extent.of(2)))
    assert evaluate([Equation("y", (), body)], {"x": [9.0, -1, -3]}, {})["y"] == expected


def test_the_first_of_equal_maxima_counts_in_row_major_order():
    i, x = Index("i", 2), np.array([[1.0, 5, 5], [5, 0, 0]])
    body = Read("x", [Position.of(i), Position.of(J)])
    row = Equation("y", (), reduce_("argmax", [i, J], body, pick=i))
    column = Equation("y", (), reduce_("argmax", [i, J], body, pick=J))
    assert (int(evaluate([row], {"x": x}, {})["y"]), int(evaluate([column], {"x": x}, {})["y"])) == (0, 1)
    least = Equation("y", (), reduce_("argmin", [i, J], body, pick=J))
    assert evaluate([least], {"x": x}, {})["y"].dtype == np.int64
    assert evaluate([least], {"x": x}, {})["y"] == 1


def test_functions_of_the_library_are_read_as_their_formulas():
    arity = {"square_plus": 2, "twice": 1}
    square_plus = parse_expression("twice(z)**2 + a", Scope(functions=arity))
    functions = {
        "twice": Function("twice", ("z",), parse_expression("2*z")),
        "square_plus": Function("square_plus", ("z",), square_plus, params=(("a", 0.5),)),
    }
    (e,) = equations("y = square_plus(z, 3*z) + z", functions=arity, open_names=True)
    assert evaluate([e], {"z": 2.0}, {}, functions=functions)["y"] == 16 + 6 + 2
    short = Equation("y", (), Call("square_plus", [Read("z")]))
    assert evaluate([short], {"z": 2.0}, {}, functions=functions)["y"] == 16.5


def test_numbers_indices_and_extents_are_numbers():
    y = tensor("y", "T")
    (e,) = equations("y[t] = t/T + 1/3 + floor(T/2)", tensors=(y,))
    expected = np.arange(5) / 5 + 1 / 3 + 2
    assert np.allclose(evaluate([e], {}, {"T": 5})["y"], expected, rtol=1e-15)


@pytest.mark.parametrize(
    "text, x, expected",
    [
        ("sign(x)", -2.5, -1),
        ("sign(x)", 0.0, 0),
        ("abs(x)", -2.5, 2.5),
        ("floor(x)", -2.5, -3),
        ("max(x, 1)", 3.0, 3),
        ("min(x, 1)", 3.0, 1),
        ("sqrt(x)", 6.25, 2.5),
        ("x**3", -2.0, -8),
        ("x**(0-2)", -2.0, 0.25),
        ("cos(pi*x)", 1.0, -1),
        ("where(x == 3, 1, 2)", 3.0, 1),
        ("where(x != 3, 1, 2)", 3.0, 2),
        ("where(x >= 3, 1, 2)", 3.0, 1),
        ("where(x < 3, 1, 2)", 3.0, 2),
    ],
)
@pytest.mark.parametrize("dtype", [float, complex, object])
def test_primitives(text, x, expected, dtype):
    value = evaluate([parse_equation(f"y = {text}", Scope())], {"x": x}, {}, dtype)["y"]
    assert abs(complex(value[()]) - expected) < 1e-15


@pytest.mark.parametrize("text", ["log(x)", "sqrt(x)", "x**0.3"])
@pytest.mark.parametrize("dtype", [float, complex, object])
def test_what_is_not_real_is_nan(text, dtype):
    value = evaluate([parse_equation(f"y = {text}", Scope())], {"x": -2.0}, {}, dtype)["y"][()]
    assert math.isnan(complex(value).real)


@pytest.mark.parametrize("dtype", [float, object])
def test_a_division_by_zero_is_infinite(dtype):
    assert math.isinf(evaluate([parse_equation("y = 1/x", Scope())], {"x": 0.0}, {}, dtype)["y"][()])


# -- recurrences ---------------------------------------------------------------------------------------------------


def test_a_recurrence_of_200_steps_runs_backwards():
    x, h = tensor("x", "T"), tensor("h", "T")
    (e,) = equations("h[t] = x[t] + 0.9*h[t+1]", tensors=(x, h))
    given = np.random.default_rng(3).standard_normal(200)
    expected, later = np.zeros(200), 0.0
    for t in reversed(range(200)):
        later = expected[t] = given[t] + 0.9 * later
    assert np.allclose(evaluate([e], {"x": given}, {"T": 200})["h"], expected, rtol=1e-13)


def test_equations_may_come_in_any_order():
    case = BY_NAME["lstm"]
    backwards = list(reversed(case.network.equations))
    values = evaluate(backwards, case.arrays(), case.sizes, functions=case.network.functions)
    assert values["L"] == evaluate(case.network, case.arrays(), case.sizes)["L"]


def test_a_recurrence_along_two_axes():
    """The number of lattice paths: Pascal's triangle."""
    p = tensor("p", 5, 6)
    (e,) = equations("p[i,j] = where(i + j == 0, 1, p[i-1,j] + p[i,j-1])", tensors=(p,))
    expected = [[math.comb(i + j, i) for j in range(6)] for i in range(5)]
    assert evaluate([e], {}, {})["p"].tolist() == expected


def test_a_recurrence_that_sums_over_its_past():
    """What the domain of a sum excludes is not waited for."""
    h, x = tensor("h", "T"), tensor("x", "T")
    (e,) = equations("h[t] = x[t] + sum[s: s < t](h[s])", tensors=(h, x))
    assert evaluate([e], {"x": [1.0, 0, 0, 0]}, {"T": 4})["h"].tolist() == [1, 1, 2, 4]


def test_a_recurrence_that_sums_where_an_integer_tensor_says():
    """A sum whose domain reads integers, with a condition on its own index inside, beside the step before."""
    h, x, v = tensor("h", "T"), tensor("x", "T"), tensor("v", "N")
    k = tensor("k", "N", dtype="integer", high=Extent.of("T"))
    (e,) = equations("h[t] = x[t] + h[t-1] + sum[n: k[n] == t](exp([n <= 1]*v[n]))", tensors=(h, x, v, k))
    given = {"x": [1.0, 0, 0, 10], "v": [2.0, 3, 100], "k": [2, 1, 2]}
    expected = np.cumsum([1, math.exp(3), math.exp(2) + 1, 10])
    assert np.allclose(evaluate([e], given, {"T": 4, "N": 3})["h"], expected, rtol=1e-15)


def test_a_sum_of_one_entry_in_many_digits():
    x, y = tensor("x", "T"), tensor("y", "T", "N")
    lines = equations("L = sum[t](x[2])", "M = sum[t](y[t,1]*x[0])", tensors=(x, y), indices={"t": Extent.of("T")})
    with mpmath.workdps(50):
        third = mpmath.mpf(1) / 3
        many = {"x": np.array([third, 1, 2 * third], dtype=object), "y": np.array([[1, third]] * 3, dtype=object)}
        values = evaluate(lines, many, {"T": 3, "N": 2}, object)
        assert abs(values["L"][()] - 2) < mpmath.mpf(10) ** -48
        assert abs(values["M"][()] - third) < mpmath.mpf(10) ** -48


def test_a_recurrence_over_integers():
    """A greedy walk: the next node is the best neighbour of the last one."""
    w = np.array([[0.0, 3, 1], [2, 0, 5], [4, 1, 0]])
    node, weight = tensor("node", "T", dtype="integer", high=Extent.of(3)), tensor("w", 3, 3)
    t, last = Position.of(T), Gather("node", [Position.of(T) - 1])
    best = reduce_("argmax", [J], Read("w", [Position.of(last), Position.of(J)]))
    walk = Equation("node", (t,), Guard(Domain.inside(t - 1, Extent.of("T")), best))
    values = evaluate([walk], {"w": w}, {"T": 4}, tensors={"node": node, "w": weight})["node"]
    assert (values.tolist(), values.dtype) == ([0, 1, 2, 0], np.int64)


def test_an_entry_that_depends_on_itself_is_refused():
    x, h = tensor("x", "T"), tensor("h", "T")
    (e,) = equations("h[t] = x[t] + h[t-1] + [t == 2]*h[t+1]", tensors=(x, h))
    with pytest.raises(InputError) as caught:
        evaluate([e], {"x": np.ones(5)}, {"T": 5})
    assert str(caught.value) == "equation 'h': the entry h[2] depends on itself"


def test_a_shift_is_seen_by_what_follows():
    x, h = tensor("x", "T"), tensor("h", "T")
    (e,) = equations("h[t] = x[t] + 2*h[t-1]", tensors=(x, h))
    values = evaluate([e], {"x": np.zeros(4)}, {"T": 4}, shifts={"h": [0.0, 1, 0, 0]})
    assert values["h"].tolist() == [0, 1, 2, 4]


def test_a_target_that_is_given_is_not_computed():
    first, second = parse_equation("a = x + 1", Scope()), parse_equation("b = 2*a", Scope())
    assert evaluate([first, second], {"a": 5.0}, {}) == {"b": 10}


# -- assignments ---------------------------------------------------------------------------------------------------


def test_assignments_see_what_earlier_ones_assigned():
    step = [parse_equation(line, Scope()) for line in ("m = 0.9*m + g", "w = w - lr*m")]
    values = assign(step, {"m": 2.0, "g": 1.0, "w": 5.0, "lr": 0.5}, {})
    assert (values["m"], values["w"]) == (2.8, 5 - 0.5 * 2.8)


# -- refusals ------------------------------------------------------------------------------------------------------


def refusal(*args, **more):
    with pytest.raises(InputError) as caught:
        evaluate(*args, **more)
    return str(caught.value)


def test_an_integer_out_of_range_is_refused_with_its_place():
    case = BY_NAME["embedding"]
    tok = np.array([[0, 1, 5], [0, -1, 2]])
    message = refusal(case.network, case.arrays() | {"tok": tok}, case.sizes)
    assert message == "tok[0, 2]: is out of range; expected 0 to 4, got 5, and 1 more out of range"


def test_reals_for_an_integer_tensor_are_refused():
    case = BY_NAME["embedding"]
    message = refusal(case.network, case.arrays() | {"tok": np.ones((2, 3))}, case.sizes)
    assert message == "tok: has entries of type float64; expected integers"


def test_wrong_shapes_and_missing_arrays_are_refused_together():
    case = BY_NAME["dense"]
    arrays = case.arrays() | {"X": np.ones((2, 5)), "b": np.ones(3)}
    del arrays["W"]
    assert refusal(case.network, arrays, case.sizes).splitlines() == [
        "equation 'Z': W has no values; expected an array or an equation for it",
        "X: has shape (2, 5); expected (N, D) = (2, 3)",
        "b: has shape (3); expected (J) = (4)",
    ]


def test_a_missing_size_is_refused():
    case = BY_NAME["dense"]
    assert refusal(case.network, case.arrays(), {"D": 3, "J": 4}) == "extent N: the size of N is not given"


def test_an_integer_tensor_read_out_of_bounds_is_refused():
    tok, E, e = tensor("tok", "T", dtype="integer", high=Extent.of(5)), tensor("E", 5), tensor("e", "T")
    known = {t.name: t for t in (tok, E, e)}
    (eq,) = equations("e[t] = E[tok[t+1]]", tensors=(tok, E, e))
    assert refusal([eq], {"tok": [0, 1], "E": np.ones(5)}, {"T": 2}, tensors=known) == (
        "equation 'e': integer tensor tok[t + 1] is read outside its bounds; expected entries within (2). "
        "Restrict the indices by a condition."
    )
    (good,) = equations("e[t] = [t + 1 < T]*E[tok[t+1]]", tensors=(tok, E, e))
    assert evaluate([good], {"tok": [0, 3], "E": np.arange(5)}, {"T": 2})["e"].tolist() == [3, 0]


def test_an_unknown_function_is_refused():
    e = Equation("y", (), Call("__class__", [Number(1)]))
    assert refusal([e], {}, {}) == ("equation 'y': function __class__ has no formula; expected one among the functions")


def test_two_equations_of_one_target_are_refused():
    e = parse_equation("y = 1", Scope())
    assert refusal([e, e], {}, {}) == "equation 'y': y is defined twice"


def test_a_left_side_that_runs_out_of_its_tensor_is_refused():
    e = Equation("y", (Position.of(J),), Number(1))
    known = {"y": tensor("y", 2)}
    message = "equation 'y': j on the left runs out of axis 0; expected 0 to 1"
    assert refusal([e], {}, {}, tensors=known) == message


def test_an_unknown_arithmetic_is_refused():
    with pytest.raises(ValueError, match=r"^dtype <class 'int'>; expected float, complex or object$"):
        evaluate([], {}, {}, int)


# -- the domain of an equation -------------------------------------------------------------------------------------


def test_entries_outside_the_domain_of_an_equation_are_zero():
    t = Position.of(T)
    body = divide(Number(Fraction(1)), Read("x", [t - 1]))
    e = Equation("y", (t,), body, domain=Domain.inside(t - 1, Extent.of(2)))
    assert evaluate([e], {"x": [4.0, 8, 1, 1]}, {"T": 4})["y"].tolist() == [0, 0.25, 0.125, 0]


def test_an_equation_whose_domain_is_empty_is_zero():
    t = Position.of(T)
    e = Equation("y", (t,), Number(1), domain=Domain.equal(t, Position.of(9)))
    assert evaluate([e], {}, {"T": 3})["y"].tolist() == [0, 0, 0]


def test_inputs_are_not_changed():
    case = BY_NAME["elman"]
    arrays = case.arrays()
    before = {name: array.copy() for name, array in arrays.items()}
    evaluate(case.network, arrays, case.sizes)
    assert all(np.array_equal(arrays[name], before[name]) for name in arrays)
