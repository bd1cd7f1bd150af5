"""The SIMD layer inside generated modules."""

from __future__ import annotations

import ast

import pytest

from symprop.codegen.embedding import simd_layer
from symprop.codegen.module import generate_module
from symprop.codegen.safety import check_source
from symprop.errors import SympropError
from tests.codegen.perceptron import perceptron


def defined(source: str) -> list[str]:
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [t.id for t in node.targets if isinstance(t, ast.Name)]
    return found


def test_no_two_definitions_of_a_module_have_one_name() -> None:
    names = defined(generate_module(perceptron(), "numba"))
    assert len(names) > 100
    assert sorted(names) == sorted(set(names))


def test_modules_of_numpy_do_without_it() -> None:
    assert simd_layer() not in generate_module(perceptron(), "numpy")


def test_only_the_very_layer_may_do_what_it_does() -> None:
    source = generate_module(perceptron(), "numba")
    check_source(source)
    changed = source.replace("def text_of(", "def text_of_(")
    assert changed != source
    with pytest.raises(SympropError, match="is not allowed"):
        check_source(changed)
