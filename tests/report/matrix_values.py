"""Two evaluators that share nothing with the printers: of matrix nodes, and of expressions in NumPy's notation."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from symprop.language import Equation, Expr, Function, Read
from symprop.language import expressions as ex
from symprop.oracle import evaluate
from symprop.report import matrix as mx

Array = npt.NDArray[Any]
COMPARE: Mapping[str, Callable[[Array, Array], Array]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


class NodeValues:
    """Values of nodes as arrays with an axis for each of the node's axes, vectors as columns."""

    def __init__(
        self, values: Mapping[str, Array], sizes: Mapping[str, int], functions: Mapping[str, Function]
    ) -> None:
        self.values, self.sizes, self.functions = values, sizes, functions

    def __call__(self, node: mx.Node) -> Array:
        array = self._value(node)
        shape = tuple(1 if a is None else a.extent.value(self.sizes) for a in node.axes)
        assert array.shape == shape, (node, array.shape, shape)
        return array

    def _value(self, node: mx.Node) -> Array:
        match node:
            case mx.Named():
                array = self.values[node.tensor]
                return array.reshape(array.shape + (1,) * (len(node.axes) - array.ndim))
            case mx.Scalar():
                return np.reshape(self._scalar(node.expr), (1, 1))
            case mx.Ones():
                return np.ones((self._extent(node.axes[0]), 1))
            case mx.Filled():
                shape = tuple(1 if a is None else self._extent(a) for a in node.axes)
                return np.full(shape, self(node.of).item())
            case mx.Transposed():
                return self(node.of).T
            case mx.Diagonal():
                return np.diag(self(node.of)[:, 0])
            case mx.Product():
                whole = self(node.factors[0])
                for factor in node.factors[1:]:
                    whole = whole @ self(factor)
                return whole
            case mx.Hadamard():
                return np.prod([self(f) for f in node.factors], axis=0)
            case mx.Scaled():
                return np.prod([self(s).item() for s in node.scalars]) * self(node.of)
            case mx.Sum():
                return np.sum([self(t) for t in node.terms], axis=0)
            case mx.Power():
                return self(node.base) ** float(node.exponent)
            case mx.Elementwise():
                return self._function(node)
            case mx.Choice():
                holds = COMPARE[node.op](self(node.left), self(node.right))
                return np.where(holds, self(node.then), self(node.otherwise))
            case mx.Softmax():
                raised = np.exp(self(node.of))
                return raised / raised.sum(axis=node.labels.index(node.along), keepdims=True)
            case mx.OneHot():
                return np.eye(self._extent(node.axes[1]))[self.values[node.tensor]]
        raise TypeError(type(node).__name__)

    def _extent(self, index: Any) -> int:
        return int(index.extent.value(self.sizes))

    def _scalar(self, expr: Expr) -> Array:
        arrays = {r.tensor: self.values[r.tensor] for r in ex.reads(expr)}
        return evaluate([Equation("value", (), expr)], arrays, self.sizes, functions=self.functions)["value"]

    def _function(self, node: mx.Elementwise) -> Array:
        names = [f"a{k}" for k in range(len(node.args))]
        entries = np.broadcast_arrays(*(self(a) for a in node.args))
        equation = Equation("value", (), ex.Call(node.function, [Read(name) for name in names]))
        flat = [
            evaluate([equation], dict(zip(names, point, strict=True)), self.sizes, functions=self.functions)["value"]
            for point in zip(*(e.ravel() for e in entries), strict=True)
        ]
        return np.reshape(flat, entries[0].shape)


class NumpyText:
    """Values of expressions in NumPy's notation, read from their syntax tree."""

    def __init__(self, values: Mapping[str, Array], sizes: Mapping[str, int], calls: Mapping[str, Any]) -> None:
        self.names = {**values, **sizes, "pi": np.pi}
        self.calls = {**NUMPY_CALLS, **calls}

    def __call__(self, source: str) -> Array:
        return np.asarray(self._value(ast.parse(source, mode="eval").body))

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self.names[node.id]
            case ast.UnaryOp(op=ast.USub()):
                return -self._value(node.operand)
            case ast.BinOp():
                return BINARY[type(node.op)](self._value(node.left), self._value(node.right))
            case ast.Attribute(attr="T"):
                return self._value(node.value).T
            case ast.Subscript():
                return self._value(node.value)[:, None]
            case ast.Compare():
                left, right = self._value(node.left), self._value(node.comparators[0])
                return SIGNS[type(node.ops[0])](left, right).astype(float)
            case ast.Call(func=ast.Name(id=name)):
                options = {k.arg: self._value(k.value) for k in node.keywords if k.arg}
                return self.calls[name](*map(self._value, node.args), **options)
        raise TypeError(ast.dump(node))


def softmax(z: Array, axis: int = -1) -> Array:
    return np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)


BINARY: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: lambda a, b: np.asarray(a) ** b,
    ast.MatMult: np.matmul,
}
SIGNS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
NUMPY_CALLS: Mapping[str, Any] = {
    "sum": np.sum,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "abs": np.abs,
    "sign": np.sign,
    "tanh": np.tanh,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "where": lambda c, a, b: np.where(np.asarray(c) > 0, a, b),
    "softmax": softmax,
}
