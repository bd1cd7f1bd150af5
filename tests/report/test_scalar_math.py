"""Index notation as LaTeX, expression by expression."""

from __future__ import annotations

import pytest

from symprop.language import Extent, Function, Scope, Tensor, parse_expression
from symprop.report.scalarmath import ScalarPrinter
from symprop.report.symbols import Symbols
from tests.report.networks import mlp

TENSORS = {t.name: t for t in (Tensor(n, (Extent.of("N"), Extent.of("D"))) for n in ("x", "W1", "P"))}
TENSORS["tok"] = Tensor("tok", (Extent.of("N"),), "integer", high=Extent.of("N"))
TENSORS["v"] = Tensor("v", ())
FUNCTIONS = {
    "sigmoid": Function("sigmoid", ("z",), parse_expression("1/(1 + exp(-z))"), latex=r"\sigma(#)"),
    "snake": Function("snake", ("z", "a"), parse_expression("z + a")),
    "same": Function("same", ("z",), parse_expression("z"), latex="#"),
}
SCOPE = Scope(TENSORS, {"n": "N", "m": "N", "i": "D", "j": "D"}, functions={"sigmoid": 1, "snake": 2, "same": 1})


def shown(source: str, **options: bool) -> str:
    printer = ScalarPrinter(Symbols(mlp()), FUNCTIONS, **options)
    return printer.math(parse_expression(source, SCOPE)).text.strip()


@pytest.mark.parametrize(
    ("source", "tex"),
    [
        ("x[n,i]*W1[n,i]", "x_{ni} W_{1,ni}"),
        ("x[n,i] - W1[n,i] + 2", "x_{ni} - W_{1,ni} + 2"),
        ("-x[n,i]", "-x_{ni}"),
        ("2*(x[n,i] - 1)", "2 (x_{ni} - 1)"),
        ("(x[n,i] - P[n,i])/N", r"\frac{x_{ni} - P_{ni}}{N}"),
        ("x[n,i]/2", r"\tfrac{1}{2} x_{ni}"),
        ("x[n,i]/10", "0.1 x_{ni}"),
        ("x[n,i]/(10*N)", r"\frac{x_{ni}}{10 N}"),
        ("0.00000001 + x[n,i]", "10^{-8} + x_{ni}"),
        ("0.00025*x[n,i]", r"2.5 \cdot 10^{-4} x_{ni}"),
        ("1e30*x[n,i] - 2.5e12", r"10^{30} x_{ni} - 2.5 \cdot 10^{12}"),
        ("where(v > 1, -x[n,i], 0)", r"-\mathbf{1}\lbrace v > 1\rbrace  x_{ni}"),
        ("x[n,i]*where(v > 1, -2*x[n,i], 0)", r"x_{ni} (-2 \mathbf{1}\lbrace v > 1\rbrace  x_{ni})"),
        ("v - where(v > 1, x[n,i] - 1, 0)", r"v - \mathbf{1}\lbrace v > 1\rbrace  (x_{ni} - 1)"),
        ("v - 3*[n == m]", r"v - 3 \mathbf{1}\lbrace n = m\rbrace"),
        ("[n == m]*(-1) + [n > m]*(-v)", r"-\mathbf{1}\lbrace n = m\rbrace  - \mathbf{1}\lbrace n \geq m+1\rbrace  v"),
        ("sum[i](x[n,i])/N", r"\frac{1}{N} \sum_{i} x_{ni}"),
        ("sum[i](x[n,i])*v", r"\biggl(\sum_{i} x_{ni}\biggr) v"),
        ("v*sum[i](x[n,i] - 1)", r"v \sum_{i} (x_{ni} - 1)"),
        ("sum[i,j: i < j](x[n,i]*x[n,j])", r"\sum_{i,j:\thickspace j \geq i+1} x_{ni} x_{nj}"),
        ("x[n,i]**2", "x_{ni}^{2}"),
        ("(x[n,i] + 1)**3", "(x_{ni} + 1)^{3}"),
        ("sqrt(x[n,i])", r"\sqrt{x_{ni}}"),
        ("1/sqrt(x[n,i])", r"\frac{1}{\sqrt{x_{ni}}}"),
        ("0.9**v", "0.9^{v}"),
        ("(1/3)**v", r"\bigl(\tfrac{1}{3}\bigr)^{v}"),
        ("exp(-x[n,i])", "e^{-x_{ni}}"),
        ("exp(x[n,i]/v)", r"\exp\Bigl(\frac{x_{ni}}{v}\Bigr)"),
        ("abs(x[n,i])", "|x_{ni}|"),
        ("floor(v)", r"\lfloor v\rfloor"),
        ("log(v)", r"\log(v)"),
        ("erf(v)", r"\operatorname{erf}(v)"),
        ("max(v, 0)", r"\max(v,\thinspace 0)"),
        ("sigmoid(v)", r"\sigma(v)"),
        ("same(v)", "v"),
        ("snake(v, 2)", r"\operatorname{snake}(v,\thinspace 2)"),
        ("where(v > 0, 1, 0)", r"\mathbf{1}\lbrace v > 0\rbrace"),
        ("where(v > 0, x[n,i], 0)", r"\mathbf{1}\lbrace v > 0\rbrace  x_{ni}"),
        ("where(v > 0, 1, 2)", r"\begin{cases} 1 & v > 0, \\ 2 & \text{otherwise} \end{cases}"),
        ("[n == m]*(-1)", r"-\mathbf{1}\lbrace n = m\rbrace"),
        ("[n == m]*(-2)", r"-2 \mathbf{1}\lbrace n = m\rbrace"),
        ("v - [n == m]*3", r"v - 3 \mathbf{1}\lbrace n = m\rbrace"),
        ("1 - [n == m]", r"1 - \mathbf{1}\lbrace n = m\rbrace"),
        ("where(v > 0, -x[n,i], 0)", r"-\mathbf{1}\lbrace v > 0\rbrace  x_{ni}"),
        ("[n == m]", r"\mathbf{1}\lbrace n = m\rbrace"),
        ("x[tok[n],i]", r"x_{\mathit{tok}_{n},i}"),
        ("x[n-1,2*i+1]", "x_{n-1,2i+1}"),
        ("pi*N", r"\pi N"),
        ("2*3.5*v", "7 v"),
    ],
)
def test_an_expression_in_latex(source: str, tex: str) -> None:
    assert shown(source) == tex


def test_equations_under_a_sum_are_deltas_in_the_chain_rule_alone() -> None:
    source = "sum[m,j: m == n and j == i](x[m,j])"
    assert shown(source, deltas=True) == r"\sum_{m,j} \delta_{mn} \delta_{ji} x_{mj}"
    assert shown(source) == r"\sum_{m,j:\thickspace m = n,\thickspace j = i} x_{mj}"
    assert shown("sum[m: m == n](1)", deltas=True) == r"\sum_{m} \delta_{mn}"
