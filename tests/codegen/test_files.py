"""Where generated modules go: files replaced only if they are symprop's own, caches that nobody else can write."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from symprop.codegen import generate_module, load_module, own_output, write_module
from symprop.codegen.embedding import simd_layer
from symprop.errors import InputError, MachineError, SympropError
from tests.codegen.perceptron import derivation_of, perceptron, tensor
from tests.documents import assert_golden

ROOT = Path(__file__).resolve().parent.parent.parent
GENERATE = """
from symprop.codegen import generate_module
from tests.documents import assert_golden
from tests.codegen.perceptron import perceptron
print(generate_module(perceptron(), {backend!r}), end="")
"""


def python(code: str, **environment: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env={**os.environ, **environment}
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_the_same_bytes_under_any_hash_seed(backend: str) -> None:
    texts = {python(GENERATE.format(backend=backend), PYTHONHASHSEED=seed) for seed in ("0", "1", "77")}
    assert texts == {generate_module(perceptron(), backend)}


def neutral(source: str) -> str:
    """Without the hash of the text, the version of symprop and the layer that every module has."""
    text = source.partition("\n")[2].replace(simd_layer(), "LAYER\n")
    return re.sub(r'"symprop": \'[^\']*\'', '"symprop": VERSION', text)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_golden_module(backend: str) -> None:
    place = ROOT / "tests" / "golden" / f"perceptron_{backend}.txt"
    assert_golden(neutral(generate_module(perceptron(), backend)), place)


def test_no_line_of_the_fixed_part_is_overlong() -> None:
    for backend in ("numpy", "numba"):
        lines = generate_module(perceptron(), backend).splitlines()[1:]
        assert [line for line in lines if len(line) > 120 and not line.lstrip().startswith("(")] == []


def test_own_output_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    place, source = tmp_path / "kernels.py", generate_module(perceptron(), "numpy")
    assert write_module(place, source) == place
    write_module(place, generate_module(perceptron(6), "numpy"))
    assert own_output(place.read_text())
    place.write_text(place.read_text() + "# mine\n")
    message = (
        f"{place}: a file is there that symprop did not write, or that was changed since. "
        "Choose another name, or use --force (force=True)."
    )
    with pytest.raises(InputError) as error:
        write_module(place, source)
    assert str(error.value) == message
    assert place.read_text().endswith("# mine\n")
    write_module(place, source, force=True)
    assert place.read_text() == source
    assert [p.name for p in tmp_path.iterdir()] == ["kernels.py"]


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    source = generate_module(perceptron(), "numpy")
    for name in ("kernels.txt", "9.py", "a-b.py"):
        with pytest.raises(InputError) as error:
            write_module(tmp_path / name, source)
        expected = f"{tmp_path / name}: this is no name of a module; expected letters, digits, _, and .py behind"
        assert str(error.value) == expected
    with pytest.raises(MachineError) as failure:
        write_module(tmp_path / "none" / "kernels.py", source)
    assert str(failure.value) == f"{tmp_path / 'none' / 'kernels.py'}: it cannot be written; No such file or directory"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("keep")
    (tmp_path / "kernels.py").symlink_to(precious)
    with pytest.raises(InputError):
        write_module(tmp_path / "kernels.py", generate_module(perceptron(), "numpy"))
    assert precious.read_text() == "keep"


def test_text_that_is_not_ours_is_neither_written_nor_loaded(tmp_path: Path) -> None:
    with pytest.raises(SympropError) as error:
        load_module("import subprocess\n")
    assert str(error.value) == "generated module: line 1: import of subprocess is not allowed"
    with pytest.raises(SympropError) as error:
        write_module(tmp_path / "kernels.py", "eval('1')\n")
    assert str(error.value) == "generated module: line 1: name eval is not allowed"
    assert list(tmp_path.iterdir()) == []


def test_loaded_modules_lie_in_a_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYMPROP_CACHE_DIR", str(tmp_path))
    source = generate_module(perceptron(8), "numpy")
    m = load_module(source, "private")
    assert load_module(source, "private") is m
    assert m.__file__ is not None and Path(m.__file__).parent == tmp_path / "modules"
    assert (tmp_path / "modules").stat().st_mode & 0o777 == 0o700


RUN = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("kernels", {place!r})
m = importlib.util.module_from_spec(spec)
if {known}:
    sys.modules["kernels"] = m
spec.loader.exec_module(m)
print(m.CACHE)
print(m.loss(m.init_params(0), [[0.0] * 5], [0]))
print(sum(kept for _, kept in m.loss_kernel.natives))
"""


def test_the_cache_is_private_hit_and_never_beside_the_module(tmp_path: Path) -> None:
    place = tmp_path / "kernels.py"
    write_module(place, generate_module(perceptron(), "numba"))
    cache = tmp_path / "cache"
    runs = [python(RUN.format(place=str(place), known=True), SYMPROP_CACHE_DIR=str(cache)).split() for _ in range(2)]
    assert [run[2] for run in runs] == ["0", "1"]
    assert runs[0][:2] == runs[1][:2]
    folder = Path(runs[0][0])
    assert folder.parent == cache / "kernels"
    assert {f.stat().st_mode & 0o777 for f in (folder, folder.parent)} == {0o700}
    changed = place.read_text().replace("real(0.1)", "real(0.2)")
    place.write_text(changed)
    other = python(RUN.format(place=str(place), known=True), SYMPROP_CACHE_DIR=str(cache)).split()
    assert other[0] != runs[0][0] and other[2] == "0"
    unknown = python(RUN.format(place=str(place), known=False), SYMPROP_CACHE_DIR=str(cache)).splitlines()
    assert unknown[0] == "" and unknown[1] == runs[0][1]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cache", "kernels.py"]


def test_without_a_writable_folder_everything_works(tmp_path: Path) -> None:
    place = tmp_path / "kernels.py"
    write_module(place, generate_module(perceptron(), "numba"))
    blocked = tmp_path / "file"
    blocked.write_text("")
    lines = python(RUN.format(place=str(place), known=True), SYMPROP_CACHE_DIR=str(blocked)).splitlines()
    assert lines[0] == "" and float(lines[1]) > 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "kernels.py"]


HOSTILE = [
    ('x"""\nimport os', 'name \'x"""\\nimport os\''),
    ("a\rb", "name 'a\\rb'"),
    ("class", "name 'class'"),
    ("__import__", "name '__import__'"),
    ("\uff45val", "name '\\uff45val'"),
]


@pytest.mark.parametrize(("name", "where"), HOSTILE, ids=range(len(HOSTILE)))
def test_names_that_are_no_identifiers_never_reach_the_text(name: str, where: str) -> None:
    table = {t.name: t for t in (tensor("x", "N", 2, role="input"), tensor("L", role="loss"))}
    derivation = derivation_of(table, ["L = sum[n,i](x[n,i])/N"], [], ("x",), name=name)
    with pytest.raises(InputError) as error:
        generate_module(derivation)
    assert str(error.value) == (
        f"{where}: it cannot stand in a program; expected a letter, then at most 63 letters, digits or underscores"
    )


def test_options_are_checked() -> None:
    with pytest.raises(InputError) as error:
        generate_module(perceptron(), backend="fortran")
    assert str(error.value) == "backend: unknown backend 'fortran'; expected numba or numpy"
    with pytest.raises(InputError) as error:
        generate_module(perceptron(), dtype="float16")
    assert str(error.value) == "dtype: unknown dtype 'float16'; expected float32 or float64"
