from collections.abc import Callable
from pathlib import Path

import pytest

from symprop.cli import run
from tests.cli.calling import SPEC, Finished, table_of

Call = Callable[..., Finished]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """The command line within this process."""

    def calling(*arguments: str | Path) -> Finished:
        code = run([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Finished(code, shown.out, shown.err)

    return calling


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with tiny.yaml and tiny.csv."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "tiny.csv").write_text(table_of(60), encoding="utf-8")
    return tmp_path


@pytest.fixture
def numpy_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules for NumPy in place of Numba: nothing is compiled."""
    from symprop import session

    real = session.kernels

    def kernels(network, backend="numba", dtype=None):
        return real(network, "numpy", dtype)

    for module in ("symprop.cli.training", "symprop.model"):
        monkeypatch.setattr(f"{module}.kernels", kernels)
