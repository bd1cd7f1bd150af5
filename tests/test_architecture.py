"""Imports run one way, from errors to the command line; read from the source, lazy imports included."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "symprop"

# A part may import the parts before it; library and spec stand side by side, but spec asks library for its entries.
CHAIN = ["errors", "language", "library", "spec", "network", "frontends", "algebra", "derivation", "plan", "codegen"]
# What stands beside the chain, and what it may know. The oracle shares no code with the kernels.
BESIDE = {
    "stored": {"templates"},
    "templates": set[str](),
    "simd": set[str](),  # a part of every generated module
    "train": {"errors"},
    "oracle": set(CHAIN[: CHAIN.index("plan")]),
    "report": set(CHAIN[: CHAIN.index("codegen")]) | {"stored"},
    "verification": set(CHAIN[: CHAIN.index("plan")]) | {"oracle", "report"},
}
ALLOWED = {part: set(CHAIN[:rank]) for rank, part in enumerate(CHAIN)} | BESIDE
ALLOWED["spec"] |= {"stored"}
ALLOWED["codegen"] |= {"stored", "simd"}

WITHOUT_MATHEMATICS = {"errors", "language", "library", "spec", "network"}
HEAVY = {"sympy", "numpy", "numba", "scipy", "mpmath"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def dotted(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(module: str) -> str:
    """Name of the stage that a dotted module belongs to; the package itself is ''."""
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else ""


def is_facade(part: str) -> bool:
    """True of `symprop` itself, of the command line, and of single files that stand over the stages."""
    return part in {"", "cli"} or (part not in {"errors", "stored"} and (PACKAGE / f"{part}.py").exists())


def absolute(file: Path, node: ast.ImportFrom) -> str:
    base = dotted(file).split(".")
    if not node.level:
        return node.module or ""
    drop = node.level - (file.name == "__init__.py")
    return ".".join(base[: len(base) - drop] + ([node.module] if node.module else []))


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything the file imports, `from symprop import x` as `symprop.x`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(file, node)
            yield from ((node.lineno, f"{base}.{a.name}" if base == "symprop" else base) for a in node.names)


def foreign(file: Path) -> set[str]:
    return {name.split(".")[0] for _, name in imports(file)} - {"symprop"}


def offences(file: Path) -> list[str]:
    part = part_of(dotted(file))
    if is_facade(part):
        return []
    if part not in ALLOWED:
        return [f"{file.relative_to(ROOT)}: part {part!r} is not in the chain of tests/test_architecture.py"]
    ours = [(line, name) for line, name in imports(file) if name.split(".")[0] == "symprop"]
    wrong = [(line, name) for line, name in ours if part_of(name) not in ALLOWED[part] | {part, "__version__"}]
    return [f"{file.relative_to(ROOT)}:{line}: {part} imports {name}" for line, name in wrong]


@pytest.mark.parametrize("file", MODULES, ids=dotted)
def test_imports_run_one_way(file: Path) -> None:
    assert offences(file) == []


@pytest.mark.parametrize("file", [f for f in MODULES if part_of(dotted(f)) in WITHOUT_MATHEMATICS], ids=dotted)
def test_front_half_needs_no_mathematics_library(file: Path) -> None:
    assert sorted(foreign(file) & HEAVY) == []


@pytest.mark.parametrize("file", [f for f in MODULES if part_of(dotted(f)) == "train"], ids=dotted)
def test_training_never_meets_sympy(file: Path) -> None:
    assert sorted(foreign(file) & {"sympy", "mpmath"}) == []


@pytest.mark.parametrize("module", ["symprop", "symprop.errors", "symprop.spec", "symprop.library", "symprop.network"])
def test_importing_it_loads_no_mathematics_library(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & {HEAVY!r}))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_a_wrong_import_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader itself: relative, lazy and `from symprop import` forms all count."""
    bad = tmp_path / "symprop" / "language" / "bad.py"
    bad.parent.mkdir(parents=True)
    lazy = "def f():\n    from ..derivation import sweep\n"
    bad.write_text(lazy + "from symprop import plan\nfrom .parse import p\nimport symprop.errors\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path / "symprop")
    assert sorted(offences(bad)) == [
        "symprop/language/bad.py:2: language imports symprop.derivation",
        "symprop/language/bad.py:3: language imports symprop.plan",
    ]
