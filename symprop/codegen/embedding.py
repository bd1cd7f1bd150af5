"""The SIMD layer as a part of generated modules: the files of `symprop.simd`, one behind the other.

Enters: nothing.  Leaves: text that is the same in every module, and the imports it takes.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from importlib import resources

FILES = (
    "lanes",
    "coefficients",
    "functions",
    "reading",
    "bodies",
    "values",
    "tiles",
    "writing",
    "squeezing",
    "expressions",
    "accumulators",
    "panels",
    "parts",
    "nests",
    "cutting",
    "teams",
    "scalars",
    "drivers",
    "machine",
    "store",
    "link",
)
OWN = "symprop.simd."


@lru_cache(maxsize=1)
def simd_layer() -> str:
    """The definitions of all files, without their docstrings and imports."""
    parts = []
    for name in FILES:
        text = _text(name)
        tree = ast.parse(text)
        first = next(n for n in tree.body if not _is_head(n))
        lines = text.splitlines()
        start = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", []))])
        parts.append("\n".join(lines[start - 1 :]).rstrip())
    return "\n\n\n".join(parts) + "\n"


@lru_cache(maxsize=1)
def simd_import_lines() -> tuple[str, ...]:
    """The imports of all files, sorted."""
    whole: set[str] = set()
    parts: dict[str, set[str]] = {}
    for name in FILES:
        for node in ast.parse(_text(name)).body:
            if isinstance(node, ast.Import):
                whole.add(ast.unparse(node))
            elif isinstance(node, ast.ImportFrom) and node.module and not _is_own(node.module):
                parts.setdefault(node.module, set()).update(map(ast.unparse, node.names))
    found = [f"from {module} import {', '.join(sorted(names))}" for module, names in parts.items()]
    return (*sorted(whole), *sorted(found))


def _is_own(module: str) -> bool:
    return module == "__future__" or module.partition(".")[0] == "symprop"


def _is_head(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)


def _text(name: str) -> str:
    return resources.files("symprop.simd").joinpath(f"{name}.py").read_text(encoding="utf-8")
