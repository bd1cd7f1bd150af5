"""Small lists of equations, one for each thing an adjoint can get wrong.

In a case all extents are different and greater than 1, values are of order 1, integer tensors repeat an entry, and the
loss weighs its outputs by a random upstream tensor G, never by ones.  Functions that are no primitives are given here
by formula, so that nothing depends on the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from symprop.language import Extent, Function, Network, Scope, Tensor, parse_equation, parse_expression

FORMULAS = {
    "sigmoid": "1/(1 + exp(-z))",
    "tanh": "1 - 2/(1 + exp(2*z))",
    "relu": "max(z, 0)",
    "gelu": "z*(1 + erf(z/sqrt(2)))/2",
    "silu": "z*sigmoid(z)",
}
ARITY = dict.fromkeys(FORMULAS, 1)
FUNCTIONS = {
    name: Function(name, ("z",), parse_expression(body, Scope(functions=ARITY))) for name, body in FORMULAS.items()
}


@dataclass(frozen=True)
class Case:
    """Equations with what is needed to evaluate them.

    Args:
        name: unique among the cases.
        axes: for every tensor its extents, as text: "N D", "N T-1"; "N T < V" is an integer tensor with values below V.
        text: equations, one per line, the loss L last.
        params: tensors of role "param"; others are inputs.
        sizes: integers for named extents.
        indices: extents of indices, where they are not those of the axes they stand on alone.
        positive: tensors whose entries are drawn from 0.5 ... 2 instead of normally.
        smooth: whether the loss is differentiable wherever its values can be.
    """

    name: str
    axes: Mapping[str, str]
    text: str
    params: str
    sizes: Mapping[str, int]
    indices: Mapping[str, str] | None = None
    positive: str = ""
    smooth: bool = True

    @cached_property
    def network(self) -> Network:
        """The equations, parsed and numbered."""
        lines = [line.strip() for line in self.text.strip().splitlines()]
        tensors = {name: self._tensor(name, axes, lines) for name, axes in self.axes.items()}
        tensors["L"] = Tensor("L", (), role="loss")
        indices = {name: extent(text) for name, text in (self.indices or {}).items()}
        scope = Scope(tensors, indices, functions=ARITY)
        equations = [parse_equation(line, scope, where=f"{self.name}:{k}") for k, line in enumerate(lines, 1)]
        numbered = tuple(replace(e, number=k) for k, e in enumerate(equations, 1))
        return Network(self.name, tensors, numbered, functions=FUNCTIONS)

    def _tensor(self, name: str, axes: str, lines: list[str]) -> Tensor:
        shape, _, high = axes.partition("<")
        extents = tuple(map(extent, shape.split()))
        defined = any(line.startswith((f"{name}[", f"{name} =")) for line in lines)
        role = "intermediate" if defined else "param" if name in self.params.split() else "input"
        if high:
            return Tensor(name, extents, "integer", role, extent(high.strip()))
        return Tensor(name, extents, role=role)

    @property
    def given(self) -> tuple[Tensor, ...]:
        """The tensors that are not computed."""
        return self.network.of_role("input", "param")

    @property
    def wrt(self) -> tuple[str, ...]:
        """Names of the tensors to differentiate by: all given ones that are real."""
        return tuple(t.name for t in self.given if t.dtype == "real")

    def arrays(self, seed: int = 0) -> dict[str, npt.NDArray[Any]]:
        """Random values of the given tensors."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        return {tensor.name: self._array(tensor, rng) for tensor in self.given}

    def _array(self, tensor: Tensor, rng: np.random.Generator) -> npt.NDArray[Any]:
        shape = tuple(axis.value(self.sizes) for axis in tensor.axes)
        if tensor.high is not None:
            values = rng.integers(0, tensor.high.value(self.sizes), size=shape)
            values.flat[-1] = values.flat[0]
            return values
        if tensor.name in self.positive.split():
            return rng.uniform(0.5, 2.0, size=shape)
        return np.asarray(rng.standard_normal(shape))

    def __str__(self) -> str:
        return self.name


def extent(text: str) -> Extent:
    """`4`, `T`, `T-1` or `C*H*W` as an extent."""
    name, minus, less = text.partition("-")
    size = Extent.of(1)
    for factor in name.split("*"):
        size = size * Extent.of(int(factor) if factor.isdigit() else factor)
    return size - int(less) if minus else size


CASES: tuple[Case, ...] = (
    # -- contractions --------------------------------------------------------------------------------------------
    Case(
        "dense",
        {"X": "N D", "W": "D J", "b": "J", "Z": "N J", "G": "N J"},
        """
        Z[n,j] = sum[i](X[n,i]*W[i,j]) + b[j]
        L = sum[n,j](G[n,j]*Z[n,j]**2)/N
        """,
        "W b",
        {"N": 2, "D": 3, "J": 4},
    ),
    Case(
        "two_layers",
        {"X": "N 3", "W1": "3 4", "b1": "4", "Z1": "N 4", "A1": "N 4", "W2": "4 5", "b2": "5", "Z2": "N 5", "A2": "N 5"}
        | {"G": "N 5"},
        """
        Z1[n,j] = sum[i](X[n,i]*W1[i,j]) + b1[j]
        A1[n,j] = tanh(Z1[n,j])
        Z2[n,k] = sum[j](A1[n,j]*W2[j,k]) + b2[k]
        A2[n,k] = sigmoid(Z2[n,k])
        L = sum[n,k](G[n,k]*A2[n,k]**2)/N
        """,
        "W1 b1 W2 b2",
        {"N": 2},
    ),
    Case(
        "tied_weights",
        {"X": "N D", "W": "D J", "H": "N J", "R": "N D", "G": "N D"},
        """
        H[n,j] = tanh(sum[i](X[n,i]*W[i,j]))
        R[n,i] = sum[j](H[n,j]*W[i,j])
        L = sum[n,i](G[n,i]*(R[n,i] - X[n,i])**2)
        """,
        "W",
        {"N": 2, "D": 3, "J": 4},
    ),
    Case(
        "quadratic_form",
        {"x": "N D", "A": "D D", "q": "N", "G": "N"},
        """
        q[n] = sum[i,j](x[n,i]*A[i,j]*x[n,j])
        L = sum[n](G[n]*q[n]**2)
        """,
        "A",
        {"N": 2, "D": 3},
    ),
    Case(
        "bilinear",
        {"x": "N D", "A": "D J", "z": "N J", "q": "N", "G": "N"},
        """
        q[n] = sum[i,j](x[n,i]*A[i,j]*z[n,j])
        L = sum[n](G[n]*q[n]**2)
        """,
        "A",
        {"N": 2, "D": 3, "J": 4},
    ),
    Case(
        "outer_product",
        {"a": "D", "b": "J", "y": "D J", "G": "D J"},
        """
        y[i,j] = a[i]*b[j]
        L = sum[i,j](G[i,j]*y[i,j]**2)
        """,
        "a b",
        {"D": 3, "J": 4},
    ),
    Case(
        "product_of_sums",
        {"x": "N D", "w": "D", "y": "N", "G": "N"},
        """
        y[n] = sum[i](x[n,i])*sum[i](w[i]*x[n,i]**2)
        L = sum[n](G[n]*y[n]**2)
        """,
        "w",
        {"N": 2, "D": 3},
    ),
    Case(
        "pairs",
        {"x": "D", "w": "D D", "G": "D"},
        """
        L = sum[i,j: i < j](w[i,j]*(x[i] - x[j])**2*G[j])
        """,
        "w",
        {"D": 4},
    ),
    Case(
        "shared_input",
        {"x": "N D", "a": "N D", "s": "N", "y": "N D", "G": "N D"},
        """
        a[n,i] = sin(x[n,i])
        s[n] = sum[i](a[n,i]*x[n,i])
        y[n,i] = a[n,i]*s[n] + x[n,i]*exp(-s[n]**2)
        L = sum[n,i](G[n,i]*y[n,i]**2)
        """,
        "",
        {"N": 2, "D": 3},
    ),
    # -- rows ----------------------------------------------------------------------------------------------------
    Case(
        "softmax",
        {"Z": "N C", "P": "N C", "G": "N C"},
        """
        P[n,c] = exp(Z[n,c])/sum[k](exp(Z[n,k]))
        L = sum[n,c](G[n,c]*P[n,c]**2)
        """,
        "",
        {"N": 2, "C": 3},
    ),
    Case(
        "log_softmax",
        {"Z": "N C", "y": "N C", "G": "N C"},
        """
        y[n,c] = Z[n,c] - log(sum[k](exp(Z[n,k])))
        L = sum[n,c](G[n,c]*y[n,c]**2)
        """,
        "",
        {"N": 2, "C": 3},
    ),
    Case(
        "log_sum_exp",
        {"Z": "N C", "y": "N", "G": "N"},
        """
        y[n] = log(sum[k](exp(Z[n,k])))
        L = sum[n](G[n]*y[n]**2)
        """,
        "",
        {"N": 2, "C": 3},
    ),
    Case(
        "softmax_cross_entropy",
        {"Z": "N C", "P": "N C", "y": "N < C", "Y": "N C", "G": "N"},
        """
        P[n,c] = exp(Z[n,c])/sum[k](exp(Z[n,k]))
        Y[n,c] = [y[n] == c]
        L = -sum[n,c](G[n]*Y[n,c]*log(P[n,c]))/N
        """,
        "",
        {"N": 4, "C": 3},
    ),
    Case(
        "layer_norm",
        {"x": "N D", "m": "N", "v": "N", "h": "N D", "y": "N D", "gamma": "D", "beta": "D", "G": "N D"},
        """
        m[n] = sum[i](x[n,i])/D
        v[n] = sum[i]((x[n,i] - m[n])**2)/D
        h[n,i] = (x[n,i] - m[n])/sqrt(v[n] + 0.001)
        y[n,i] = gamma[i]*h[n,i] + beta[i]
        L = sum[n,i](G[n,i]*y[n,i]**2)
        """,
        "gamma beta",
        {"N": 2, "D": 3},
    ),
    Case(
        "batch_norm",
        {"x": "N D", "m": "D", "v": "D", "h": "N D", "y": "N D", "gamma": "D", "beta": "D", "G": "N D"},
        """
        m[i] = sum[n](x[n,i])/N
        v[i] = sum[n]((x[n,i] - m[i])**2)/N
        h[n,i] = (x[n,i] - m[i])/sqrt(v[i] + 0.001)
        y[n,i] = gamma[i]*h[n,i] + beta[i]
        L = sum[n,i](G[n,i]*y[n,i]**2)
        """,
        "gamma beta",
        {"N": 4, "D": 3},
    ),
    Case(
        "a_mean_of_the_first_rows",
        {"x": "T D", "m": "D", "v": "D", "G": "D"},
        """
        m[i] = sum[t: t < 3](x[t,i])/3
        v[i] = sum[t]((x[t,i] - m[i])**2)/T
        L = sum[i](G[i]*v[i]**2)
        """,
        "",
        {"T": 5, "D": 2},
    ),
    Case(
        "rms_norm",
        {"x": "N D", "s": "N", "h": "N D", "y": "N D", "gamma": "D", "G": "N D"},
        """
        s[n] = sum[i](x[n,i]**2)/D
        h[n,i] = x[n,i]/sqrt(s[n] + 0.001)
        y[n,i] = gamma[i]*h[n,i]
        L = sum[n,i](G[n,i]*y[n,i]**2)
        """,
        "gamma",
        {"N": 2, "D": 3},
    ),
    Case(
        "centred_layer_norm",
        {"x": "N D", "m": "N", "c": "N D", "v": "N", "h": "N D", "G": "N D"},
        """
        m[n] = sum[i](x[n,i])/D
        c[n,i] = x[n,i] - m[n]
        v[n] = sum[i](c[n,i]**2)/D
        h[n,i] = c[n,i]/sqrt(v[n] + 0.001)
        L = sum[n,i](G[n,i]*h[n,i]**2)
        """,
        "",
        {"N": 2, "D": 3},
    ),
    Case(
        "batch_norm_of_images",
        {"x": "N C H W", "m": "C", "v": "C", "h": "N C H W", "y": "N C H W", "gamma": "C", "beta": "C", "G": "N C H W"},
        """
        m[c] = sum[n,h,w](x[n,c,h,w])/(N*H*W)
        v[c] = sum[n,h,w]((x[n,c,h,w] - m[c])**2)/(N*H*W)
        h[n,c,h,w] = (x[n,c,h,w] - m[c])/sqrt(v[c] + 0.001)
        y[n,c,h,w] = gamma[c]*h[n,c,h,w] + beta[c]
        L = sum[n,c,h,w](G[n,c,h,w]*y[n,c,h,w]**2)
        """,
        "gamma beta",
        {"N": 2, "C": 3, "H": 4, "W": 5},
    ),
    Case(
        "group_norm",
        {"x": "N 6 T", "m": "N 2", "v": "N 2", "h": "N 6 T", "y": "N 6 T", "gamma": "6", "beta": "6", "G": "N 6 T"},
        """
        m[n,g] = sum[c,t](x[n,(g,c),t])/(3*T)
        v[n,g] = sum[c,t]((x[n,(g,c),t] - m[n,g])**2)/(3*T)
        h[n,(g,c),t] = (x[n,(g,c),t] - m[n,g])/sqrt(v[n,g] + 0.001)
        y[n,i,t] = gamma[i]*h[n,i,t] + beta[i]
        L = sum[n,i,t](G[n,i,t]*y[n,i,t]**2)
        """,
        "gamma beta",
        {"N": 4, "T": 5},
        indices={"g": "2", "c": "3"},
    ),
    Case(
        "layer_norm_in_a_residual",
        {"x": "N D", "W": "D D", "m": "N", "v": "N", "h": "N D", "Z": "N D", "R": "N D", "G": "N D"},
        """
        m[n] = sum[i](x[n,i])/D
        v[n] = sum[i]((x[n,i] - m[n])**2)/D
        h[n,i] = (x[n,i] - m[n])/sqrt(v[n] + 0.001)
        Z[n,j] = sum[i](h[n,i]*W[i,j])
        R[n,j] = x[n,j] + Z[n,j]
        L = sum[n,i](G[n,i]*R[n,i]**2)
        """,
        "W",
        {"N": 2, "D": 3},
    ),
    Case(
        "cosine_similarity",
        {"a": "N D", "b": "N D", "y": "N", "G": "N"},
        """
        y[n] = sum[i](a[n,i]*b[n,i])/(sqrt(sum[i](a[n,i]**2))*sqrt(sum[i](b[n,i]**2)))
        L = sum[n](G[n]*y[n]**2)
        """,
        "",
        {"N": 2, "D": 3},
    ),
    Case(
        "gaussian_kl",
        {"m": "N D", "s": "N D", "u": "D", "t": "D", "y": "N", "G": "N"},
        """
        y[n] = sum[i](log(t[i]/s[n,i]) + (s[n,i]**2 + (m[n,i] - u[i])**2)/(2*t[i]**2) - 1/2)
        L = sum[n](G[n]*y[n]**2)
        """,
        "u t",
        {"N": 2, "D": 3},
        positive="s t",
    ),
    # -- scalar functions ----------------------------------------------------------------------------------------
    Case(
        "powers",
        {"x": "N D", "p": "D", "y": "N D", "G": "N D"},
        """
        y[n,i] = x[n,i]**p[i] + 2**p[i]*x[n,i]**(3/2) + 1/x[n,i]**2
        L = sum[n,i](G[n,i]*y[n,i]**2)
        """,
        "p",
        {"N": 2, "D": 3},
        positive="x",
    ),
    Case(
        "piecewise",
        {"x": "N D", "w": "D", "a": "N D", "y": "N D", "G": "N D"},
        """
        a[n,i] = where(x[n,i] > 0.2, x[n,i]**2, -x[n,i]) + abs(x[n,i] - w[i])
        y[n,i] = max(a[n,i], w[i]) - min(x[n,i]*w[i], 0.5) + sign(x[n,i])*x[n,i]
        L = sum[n,i](G[n,i]*y[n,i]**2)
        """,
        "w",
        {"N": 3, "D": 4},
        smooth=False,
    ),
    Case(
        "relu_layer",
        {"X": "N D", "W": "D J", "Z": "N J", "y": "N J", "G": "N J"},
        """
        Z[n,j] = sum[i](X[n,i]*W[i,j])
        y[n,j] = relu(Z[n,j])
        L = sum[n,j](G[n,j]*(y[n,j] - 0.3)**2)
        """,
        "W",
        {"N": 2, "D": 3, "J": 4},
        smooth=False,
    ),
    Case(
        "erf_and_waves",
        {"x": "N D", "y": "N D", "G": "N D"},
        """
        y[n,i] = gelu(x[n,i]) + sin(2*x[n,i])*cos(x[n,i]/3) + silu(x[n,i]) + pi*x[n,i]
        L = sum[n,i](G[n,i]*y[n,i]**2)
        """,
        "",
        {"N": 2, "D": 3},
    ),
    Case(
        "positional",
        {"x": "N T", "y": "N T", "G": "N T"},
        """
        y[n,t] = x[n,t]*sin(t/N) + x[n,t]**2*t/T
        L = sum[n,t](G[n,t]*y[n,t]**2)
        """,
        "",
        {"N": 2, "T": 3},
    ),
    # -- windows -------------------------------------------------------------------------------------------------
    Case(
        "convolution",
        {"x": "N 3 11", "w": "4 3 5", "b": "4", "y": "N 4 6", "G": "N 4 6"},
        """
        y[n,o,p] = sum[c,u](x[n,c,2*p+u-2]*w[o,c,u]) + b[o]
        L = sum[n,o,p](G[n,o,p]*y[n,o,p]**2)
        """,
        "w b",
        {"N": 2},
    ),
    Case(
        "convolution_2d",
        {"x": "2 12 9", "w": "3 2 4 5", "y": "3 6 7", "G": "3 6 7"},
        """
        y[o,p,q] = sum[c,u,v](x[c,2*p+u-1,q+v-1]*w[o,c,u,v])
        L = sum[o,p,q](G[o,p,q]*y[o,p,q]**2)
        """,
        "w",
        {},
    ),
    Case(
        "dilated_convolution",
        {"x": "N 3 13", "w": "4 3 5", "y": "N 4 7", "G": "N 4 7"},
        """
        y[n,o,p] = sum[c,u](x[n,c,p+2*u-1]*w[o,c,u])
        L = sum[n,o,p](G[n,o,p]*y[n,o,p]**2)
        """,
        "w",
        {"N": 2},
    ),
    Case(
        "strided_dilated_convolution",
        {"x": "N 3 15", "w": "3 4", "y": "N 6", "G": "N 6"},
        """
        y[n,p] = sum[c,u](x[n,c,2*p+3*u-2]*w[c,u])
        L = sum[n,p](G[n,p]*y[n,p]**2)
        """,
        "w",
        {"N": 2},
    ),
    Case(
        "max_pooling",
        {"x": "N 3 11", "y": "N 3 5", "G": "N 3 5"},
        """
        y[n,c,p] = max[u: 0 <= 2*p+u-1 <= 10](x[n,c,2*p+u-1])
        L = sum[n,c,p](G[n,c,p]*y[n,c,p]**2)
        """,
        "",
        {"N": 2},
        {"u": "4"},
        smooth=False,
    ),
    Case(
        "max_pooling_by_argmax",
        {"x": "N 3 11", "a": "N 3 5 < 4", "y": "N 3 5", "G": "N 3 5"},
        """
        a[n,c,p] = argmax[u: 0 <= 2*p+u-1 <= 10](x[n,c,2*p+u-1])
        y[n,c,p] = x[n,c,2*p+a[n,c,p]-1]
        L = sum[n,c,p](G[n,c,p]*y[n,c,p]**2)
        """,
        "",
        {"N": 2},
        {"u": "4"},
        smooth=False,
    ),
    Case(
        "min_reduction",
        {"x": "N D", "w": "D", "y": "N", "G": "N"},
        """
        y[n] = min[i](x[n,i]*w[i])
        L = sum[n](G[n]*y[n]**2)
        """,
        "w",
        {"N": 2, "D": 3},
        smooth=False,
    ),
    Case(
        "average_pooling_counting_padding",
        {"x": "N 3 11", "y": "N 3 5", "G": "N 3 5"},
        """
        y[n,c,p] = sum[u](x[n,c,2*p+u-1])/4
        L = sum[n,c,p](G[n,c,p]*y[n,c,p]**2)
        """,
        "",
        {"N": 2},
        {"u": "4"},
    ),
    Case(
        "average_pooling",
        {"x": "N 3 10", "y": "N 3 5", "G": "N 3 5"},
        """
        y[n,c,p] = sum[u](x[n,c,2*p+u-1])/sum[u: 0 <= 2*p+u-1 <= 9](1)
        L = sum[n,c,p](G[n,c,p]*y[n,c,p]**2)
        """,
        "",
        {"N": 2},
        {"u": "4"},
    ),
    # -- reads ---------------------------------------------------------------------------------------------------
    Case(
        "first_difference",
        {"x": "T", "c": "T-1"},
        """
        L = sum[t](c[t]*(x[t+1] - x[t])**2)
        """,
        "",
        {"T": 5},
        {"t": "T-1"},
    ),
    Case(
        "first_difference_to_the_edge",
        {"x": "T", "c": "T"},
        """
        L = sum[t](c[t]*(x[t+1] - x[t])**2)
        """,
        "",
        {"T": 5},
    ),
    Case(
        "masked_difference",
        {"x": "N T", "c": "N T"},
        """
        L = sum[n,t: t >= 1](c[n,t]*(x[n,t] - x[n,t-1])**2)
        """,
        "",
        {"N": 2, "T": 4},
    ),
    Case(
        "reads_below_zero_inside_a_function",
        {"x": "T", "y": "T", "G": "T"},
        """
        y[t] = exp(x[t]*x[t-1]) + cos(x[t-2])
        L = sum[t](G[t]*y[t]**2)
        """,
        "",
        {"T": 5},
    ),
    Case(
        "slice",
        {"x": "N T", "y": "N T-3", "G": "N T-3"},
        """
        y[n,t] = sin(x[n,t+2])
        L = sum[n,t](G[n,t]*y[n,t]**2)
        """,
        "",
        {"N": 2, "T": 7},
    ),
    Case(
        "every_second",
        {"x": "N 9", "y": "N 4", "G": "N 4"},
        """
        y[n,t] = x[n,2*t+1]
        L = sum[n,t](G[n,t]*y[n,t]**2)
        """,
        "",
        {"N": 2},
    ),
    Case(
        "reversal",
        {"x": "N T", "y": "N T", "G": "N T"},
        """
        y[n,t] = x[n,T-1-t]*x[n,t]
        L = sum[n,t](G[n,t]*y[n,t]**2)
        """,
        "",
        {"N": 2, "T": 5},
    ),
    Case(
        "flatten",
        {"x": "N C H M", "f": "N C*H*M", "W": "C*H*M J", "y": "N J", "G": "N J"},
        """
        f[n,(c,h,m)] = x[n,c,h,m]
        y[n,j] = sum[i](f[n,i]*W[i,j])
        L = sum[n,j](G[n,j]*y[n,j]**2)
        """,
        "W",
        {"N": 2, "C": 3, "H": 4, "M": 5, "J": 6},
    ),
    Case(
        "unflatten",
        {"f": "N 12", "w": "3 4", "y": "N 3 4", "G": "N 3 4"},
        """
        y[n,c,h] = f[n,(c,h)]*w[c,h]
        L = sum[n,c,h](G[n,c,h]*y[n,c,h]**2)
        """,
        "w",
        {"N": 2},
    ),
    Case(
        "concatenation",
        {"x": "N 3", "z": "N 4", "y": "N 7", "G": "N 7"},
        """
        y[n,k] = x[n,k] + z[n,k-3]
        L = sum[n,k](G[n,k]*y[n,k]**2)
        """,
        "",
        {"N": 2},
        {"k": "7"},
    ),
    Case(
        "transpose",
        {"x": "D J", "y": "J D", "G": "J D"},
        """
        y[j,i] = exp(x[i,j])
        L = sum[i,j](G[j,i]*y[j,i]**2)
        """,
        "",
        {"D": 3, "J": 4},
    ),
    Case(
        "diagonal",
        {"x": "D D", "y": "D", "G": "D"},
        """
        y[i] = x[i,i]
        L = sum[i](G[i]*y[i]**2)
        """,
        "",
        {"D": 3},
    ),
    Case(
        "last_step",
        {"H": "N T J", "y": "N J", "G": "N J"},
        """
        y[n,j] = H[n,T-1,j]
        L = sum[n,j](G[n,j]*y[n,j]**2)
        """,
        "",
        {"N": 2, "T": 3, "J": 4},
    ),
    Case(
        "embedding",
        {"tok": "N T < V", "E": "V D", "e": "N T D", "G": "N T D"},
        """
        e[n,t,d] = E[tok[n,t],d]
        L = sum[n,t,d](G[n,t,d]*e[n,t,d]**2)
        """,
        "E",
        {"N": 2, "T": 3, "D": 4, "V": 5},
    ),
    Case(
        "gather_of_gather",
        {"tok": "N < V", "parent": "V < U", "E": "U D", "e": "N D", "G": "N D"},
        """
        e[n,d] = E[parent[tok[n]],d]
        L = sum[n,d](G[n,d]*e[n,d]**2)
        """,
        "E",
        {"N": 6, "V": 5, "U": 3, "D": 2},
    ),
    Case(
        "label_pick",
        {"Z": "N C", "y": "N < C", "G": "N"},
        """
        L = sum[n](G[n]*(log(sum[k](exp(Z[n,k]))) - Z[n,y[n]]))/N
        """,
        "",
        {"N": 4, "C": 3},
    ),
    # -- sequences -----------------------------------------------------------------------------------------------
    Case(
        "causal_attention",
        {"q": "N T D", "k": "N T D", "v": "N T J", "S": "N T T", "A": "N T T", "y": "N T J", "G": "N T J"},
        """
        S[n,t,s] = sum[d](q[n,t,d]*k[n,s,d])/sqrt(D)
        A[n,t,s] = [s <= t]*exp(S[n,t,s])/sum[r: r <= t](exp(S[n,t,r]))
        y[n,t,j] = sum[s](A[n,t,s]*v[n,s,j])
        L = sum[n,t,j](G[n,t,j]*y[n,t,j]**2)
        """,
        "",
        {"N": 2, "T": 5, "D": 3, "J": 4},
    ),
    Case(
        "causal_mean",
        {"x": "N T", "y": "N T", "G": "N T"},
        """
        y[n,t] = sum[s: s <= t](x[n,s]**2)/(t + 1)
        L = sum[n,t](G[n,t]*y[n,t]**2)
        """,
        "",
        {"N": 2, "T": 5},
    ),
    Case(
        "elman",
        {"X": "N T D", "W": "D J", "U": "J J", "b": "J", "Z": "N T J", "H": "N T J", "G": "N T J"},
        """
        Z[n,t,j] = sum[d](X[n,t,d]*W[d,j]) + sum[k](H[n,t-1,k]*U[k,j]) + b[j]
        H[n,t,j] = tanh(Z[n,t,j])
        L = sum[n,t,j](G[n,t,j]*H[n,t,j]**2)
        """,
        "W U b",
        {"N": 2, "T": 5, "D": 3, "J": 4},
    ),
    Case(
        "elman_in_one_equation_last_step",
        {"X": "N T D", "W": "D J", "U": "J J", "H": "N T J", "y": "N J", "G": "N J"},
        """
        H[n,t,j] = tanh(sum[d](X[n,t,d]*W[d,j]) + sum[k](H[n,t-1,k]*U[k,j]))
        y[n,j] = H[n,T-1,j]
        L = sum[n,j](G[n,j]*y[n,j]**2)
        """,
        "W U",
        {"N": 2, "T": 5, "D": 3, "J": 4},
    ),
    Case(
        "lstm",
        {"X": "N T D"}
        | {f"W{g}": "D J" for g in "ifog"}
        | {f"U{g}": "J J" for g in "ifog"}
        | {f"b{g}": "J" for g in "ifog"}
        | {name: "N T J" for g in "ifog" for name in (f"Z{g}", f"A{g}")}
        | {"C": "N T J", "H": "N T J", "G": "N T J"},
        """
        Zi[n,t,j] = sum[d](X[n,t,d]*Wi[d,j]) + sum[k](H[n,t-1,k]*Ui[k,j]) + bi[j]
        Zf[n,t,j] = sum[d](X[n,t,d]*Wf[d,j]) + sum[k](H[n,t-1,k]*Uf[k,j]) + bf[j]
        Zo[n,t,j] = sum[d](X[n,t,d]*Wo[d,j]) + sum[k](H[n,t-1,k]*Uo[k,j]) + bo[j]
        Zg[n,t,j] = sum[d](X[n,t,d]*Wg[d,j]) + sum[k](H[n,t-1,k]*Ug[k,j]) + bg[j]
        Ai[n,t,j] = sigmoid(Zi[n,t,j])
        Af[n,t,j] = sigmoid(Zf[n,t,j])
        Ao[n,t,j] = sigmoid(Zo[n,t,j])
        Ag[n,t,j] = tanh(Zg[n,t,j])
        C[n,t,j] = Af[n,t,j]*C[n,t-1,j] + Ai[n,t,j]*Ag[n,t,j]
        H[n,t,j] = Ao[n,t,j]*tanh(C[n,t,j])
        L = sum[n,t,j](G[n,t,j]*H[n,t,j]**2)
        """,
        " ".join(f"W{g} U{g} b{g}" for g in "ifog"),
        {"N": 2, "T": 5, "D": 3, "J": 4},
    ),
    Case(
        "bidirectional",
        {"X": "N T J", "U": "J J", "V": "J J", "F": "N T J", "B": "N T J", "y": "N T J", "G": "N T J"},
        """
        F[n,t,j] = tanh(X[n,t,j] + sum[k](F[n,t-1,k]*U[k,j]))
        B[n,t,j] = tanh(X[n,t,j] + sum[k](B[n,t+1,k]*V[k,j]))
        y[n,t,j] = F[n,t,j]*B[n,t,j]
        L = sum[n,t,j](G[n,t,j]*y[n,t,j]**2)
        """,
        "U V",
        {"N": 2, "T": 4, "J": 3},
    ),
    Case(
        "double_recurrence",
        {"x": "N T", "a": "", "b": "", "h": "N T", "G": "N T"},
        """
        h[n,t] = sin(a*h[n,t-1] + b*h[n,t-2]**2 + x[n,t])
        L = sum[n,t](G[n,t]*h[n,t]**2)
        """,
        "a b",
        {"N": 2, "T": 6},
    ),
    Case(
        "running_product",
        {"x": "T", "h": "T", "G": "T"},
        """
        h[t] = where(t > 0, h[t-1], 1.5)*x[t]
        L = sum[t](G[t]*h[t]**2)
        """,
        "",
        {"T": 5},
    ),
)

BY_NAME: Mapping[str, Case] = {case.name: case for case in CASES}
