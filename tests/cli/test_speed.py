"""Help, version and the faults of a spec come at once, and without the libraries that are slow to import."""

import subprocess
import sys

import pytest

from tests.cli.calling import ROOT, cpu_seconds, process

HEAVY = {"sympy", "numpy", "numba", "scipy", "mpmath", "rich", "pydantic"}
BAD = "symprop: 1\nname: bad\ninputs: {x: {shape: [3]}}\nlayers: [{id: a, type: dense, units: 1, activation: rellu}]\n"
PROBE = "import sys; from symprop.cli import run; run(sys.argv[1:]); print('|', *sorted(sys.modules))"


def loaded(*arguments, folder):
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {PROBE}", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.rpartition("|")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["derive", "--help"], ["train", "--help"], ["nope"]])
def test_help_loads_none_of_them(arguments, tmp_path):
    assert sorted(loaded(*arguments, folder=tmp_path) & HEAVY) == []
    assert "symprop.spec" not in loaded(*arguments, folder=tmp_path)


@pytest.mark.parametrize("command", ["derive", "show", "check", "generate", "train"])
def test_a_fault_of_a_spec_is_found_without_them(command, tmp_path):
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    found = loaded(command, "bad.yaml", folder=tmp_path)
    assert sorted(found & {"sympy", "numpy", "numba", "scipy", "mpmath", "rich"}) == []
    assert "symprop.spec" in found


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_takes_less_than_a_fifth_of_a_second(arguments, tmp_path):
    assert cpu_seconds(*arguments, folder=tmp_path) < 0.2


def test_a_fault_of_a_spec_takes_less_than_six_tenths_of_a_second(tmp_path):
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    assert process("derive", "bad.yaml", folder=tmp_path).code == 2
    assert cpu_seconds("derive", "bad.yaml", folder=tmp_path) < 0.6


def test_it_is_a_module_as_well(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "symprop", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == process("--version", folder=tmp_path).out
    assert done.stdout.startswith("symprop ")
