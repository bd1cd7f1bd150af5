"""What the package may import, seen from a fresh interpreter."""

import subprocess
import sys
from pathlib import Path

import symprop.train

ROOT = Path(__file__).parents[2]


def test_no_mathematics_no_command_line_and_no_data_package():
    code = (
        "import sys, symprop.train\n"
        "heavy = {'sympy', 'numba', 'pydantic', 'click', 'rich', 'sklearn', 'scipy', 'jinja2', 'pickle5'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_no_source_knows_pickle_or_runs_text():
    for path in Path(symprop.train.__file__).parent.glob("*.py"):
        code = path.read_text()
        assert not any(word in code for word in ("import pickle", "allow_pickle=True", "eval(", "exec(", "np.load("))


def test_all_public_names_exist():
    assert all(hasattr(symprop.train, name) for name in symprop.train.__all__)
    assert symprop.train.__all__ == sorted(symprop.train.__all__, key=lambda n: (not n.isupper(), n[0].islower(), n))
