"""Every exit code, and what is said with it."""

import json
import os
import subprocess
import sys

import pytest

from symprop.errors import MachineError, NumericError, SympropError, UndecidedError
from tests.cli.calling import EXAMPLES, ROOT, SPEC, process

TWICE = SPEC.replace("units: 1", "units: 0").replace("type: adam", "type: adem")


def raising(error):
    def fails(*args, **kwargs):
        raise error

    return fails


def test_help_lists_the_commands_in_order(call):
    done = call("--help")
    names = [line.split()[0] for line in done.out.partition("Commands:")[2].splitlines() if line.startswith("  ")]
    assert done.code == 0 and done.err == ""
    assert names[:8] == ["new", "show", "derive", "generate", "verify", "check", "train", "predict"]


@pytest.mark.parametrize("name", ["new", "show", "derive", "generate", "verify", "check", "train", "predict"])
def test_every_command_has_help(call, name):
    done = call(name, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: symprop {name} ")


def test_no_command_is_answered_with_help_and_2(call):
    done = call()
    assert done.code == 2 and done.out == ""
    assert done.err == call("--help").out


def test_0_and_the_result_on_standard_output(call, home):
    done = call("derive", "tiny.yaml")
    assert (done.code, done.err) == (0, "")
    assert "dZ_out = (A_out - y)/N" in done.out


def test_2_for_a_command_that_is_none(call):
    done = call("deriv", "x.yaml")
    assert done.code == 2 and done.out == ""
    assert done.err == (
        "Usage: symprop [OPTIONS] COMMAND [ARGS]...\n"
        "symprop: there is no command 'deriv'; did you mean 'derive'? Try: symprop --help\n"
    )


def test_2_for_a_command_like_no_other(call):
    expected = "expected one of new, show, derive, generate, verify, check, train, predict"
    assert f"symprop: there is no command 'xyzzy'; {expected}. Try: symprop --help\n" in call("xyzzy").err


def test_2_for_an_option_out_of_range(call):
    done = call("train", "x.yaml", "--epochs", "0")
    assert done.code == 2
    assert done.err.splitlines()[-1] == (
        "symprop train: Invalid value for '--epochs': 0 is not in the range x>=1. Try: symprop train --help"
    )


def test_2_and_every_fault_of_a_spec(call, home):
    (home / "bad.yaml").write_text(TWICE, encoding="utf-8")
    done = call("derive", "bad.yaml")
    assert done.code == 2 and done.out == ""
    assert [line.partition(": ")[0] for line in done.err.splitlines()] == ["bad.yaml:5:35", "bad.yaml:7:19"]
    assert "unknown optimizer 'adem'; did you mean 'adam'?" in done.err


def test_faults_as_json_on_standard_output(call, home):
    (home / "bad.yaml").write_text(TWICE, encoding="utf-8")
    done = call("derive", "bad.yaml", "--json")
    plain = json.loads(done.out)
    assert (done.code, done.err) == (2, "")
    assert plain["error"] == plain["errors"][0]
    assert [sorted(fault) for fault in plain["errors"]] == [["hint", "message", "where"]] * 2
    assert plain["errors"][1]["where"] == "bad.yaml:7:19"


def test_a_single_fault_as_json_is_no_list(call):
    assert json.loads(call("show", "none.yaml", "--json").out) == {
        "error": {
            "where": "none.yaml",
            "message": "there is no such file; expected a spec such as net.yaml",
            "hint": "",
        }
    }


def test_3_for_a_file_that_is_not_there(call):
    done = call("derive", "none.yaml")
    assert done.code == 3
    assert done.err == "none.yaml: there is no such file; expected a spec such as net.yaml\n"


def test_3_for_a_full_disk(tmp_path):
    done = process("--version", folder=tmp_path)
    assert done.code == 0
    with open("/dev/full", "w", encoding="ascii") as full:
        failed = subprocess.run(
            [sys.executable, str(ROOT / "cli.py"), "--version"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert failed.returncode == 3
    assert failed.stderr == "No space left on device. Free some space and try again.\n"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (NumericError("epoch 3: training diverged"), 4, "epoch 3: training diverged"),
        (UndecidedError("the derivation took more than 60 s"), 5, "the derivation took more than 60 s"),
        (MachineError("out.tex: it cannot be written"), 3, "out.tex: it cannot be written"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 3, "there is not enough memory. Use a smaller batch or a smaller network."),
        (
            ModuleNotFoundError("no", name="sklearn.datasets"),
            3,
            "package scikit-learn is not installed. Run: python -m pip install scikit-learn",
        ),
        (
            SympropError("a lost adjoint"),
            70,
            "symprop: this is a fault of symprop, not of yours: a lost adjoint. "
            "Set SYMPROP_DEBUG=1 to see the traceback, and report it.",
        ),
        (
            ZeroDivisionError("division\nby zero"),
            70,
            "symprop: this is a fault of symprop, not of yours: ZeroDivisionError: division by zero. "
            "Set SYMPROP_DEBUG=1 to see the traceback, and report it.",
        ),
    ],
)
def test_other_codes(call, home, monkeypatch, error, code, said):
    monkeypatch.delenv("SYMPROP_DEBUG", raising=False)
    monkeypatch.setattr("symprop.derivation.derive", raising(error))
    done = call("derive", "tiny.yaml")
    assert (done.code, done.out) == (code, "")
    assert done.err.strip() == said


def test_a_fault_of_ours_shows_its_traceback_on_demand(call, home, monkeypatch):
    monkeypatch.setenv("SYMPROP_DEBUG", "1")
    monkeypatch.setattr("symprop.derivation.derive", raising(ZeroDivisionError("ours")))
    done = call("derive", "tiny.yaml")
    assert done.code == 70
    assert done.err.startswith("Traceback (most recent call last):\n")
    assert done.err.count("ZeroDivisionError: ours") == 2


def test_a_fault_of_theirs_shows_no_traceback(tmp_path):
    (tmp_path / "bad.yaml").write_text("symprop: [", encoding="utf-8")
    done = process("derive", "bad.yaml", folder=tmp_path, env={"SYMPROP_DEBUG": ""})
    assert done.code == 2 and "Traceback" not in done.err


def test_a_closed_pipe_is_quiet(tmp_path):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, str(ROOT / "cli.py"), "derive", str(EXAMPLES / "spam.yaml")]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_standard_input_is_a_spec(tmp_path):
    done = process("derive", "-", "--closed-form", folder=tmp_path, stdin=SPEC)
    assert done.code == 0
    assert done.out.startswith("Derivation of tiny\n")


def test_shell_completion_knows_the_commands(tmp_path):
    words = {"COMP_WORDS": "symprop de", "COMP_CWORD": "1", "_SYMPROP_COMPLETE": "bash_complete"}
    assert process(folder=tmp_path, env=words).out == "plain,derive\n"
