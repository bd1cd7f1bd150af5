import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import numpy as tensors

from symprop.errors import DataError, InputError, MachineError
from symprop.train import EarlyStop, TrainSettings, load_run, predict, read_run, save_run
from symprop.train.folders import find_folder
from symprop.train.record import digest, sha256
from tests.train.stand_in import blobs, logistic, regressor, softmax
from tests.train.test_loop import run

RESTORE = "Restore the file, or train again."
RECORD = "Train again, or restore the file."
FORCE = "Choose another name, or replace it with --force (force=True)."
NAMES = ["history.csv", "module.py", "params.safetensors", "run.json"]


def trained(seed=0, module=None, **options):
    x, y = blobs()
    options = {"epochs": 3, "validation": 0.2, "metrics": ("auc",), "standardize": True, "seed": seed, **options}
    found = run(module or logistic(hidden=3), x, y, **options)
    return replace(found, spec_text="symprop: 1\nname: caf\u00e9\n", module_source="# caf\u00e9\n")


def edit(folder, change, fix=True):
    path = Path(folder) / "run.json"
    plain = json.loads(path.read_text())
    change(plain)
    plain["sha256"] = digest(plain) if fix else plain["sha256"]
    path.write_text(json.dumps(plain))


def swap_file(folder, name, content):
    (Path(folder) / name).write_bytes(content)
    edit(folder, lambda plain: plain["files"].update({name: sha256(content)}))


def swap_tensors(folder, **changes):
    arrays = {**tensors.load_file(Path(folder) / "params.safetensors"), **changes}
    swap_file(folder, "params.safetensors", tensors.save({k: v for k, v in arrays.items() if v is not None}))


def refused(folder, module=None):
    with pytest.raises(DataError) as caught:
        load_run(folder, module or logistic(hidden=3))
    return str(caught.value)


def values(params):
    return [value.tolist() for value in params]


def test_a_run_comes_back_as_it_was(tmp_path):
    options = {"early_stop": EarlyStop(patience=2, min_delta=0.5), "epochs": 9, "task": "binary", "test": 0.1}
    saved = trained(**options)
    folder = save_run(saved, tmp_path / "run")
    back = load_run(folder, saved.module)
    assert sorted(os.listdir(folder)) == NAMES
    assert os.listdir(tmp_path) == ["run"]
    assert values(back.params) == values(saved.params)
    assert type(back.params) is type(saved.params)
    for name in ("settings", "metrics", "encodings", "columns", "target_columns", "split_counts", "split_sha256"):
        assert getattr(back, name) == getattr(saved, name)
    for name in ("stopped", "kept_epoch", "notices", "spec_text", "module_source", "versions"):
        assert getattr(back, name) == getattr(saved, name)
    assert np.array_equal(back.history.loss, saved.history.loss)
    assert np.array_equal(back.standardisation["x"].std, saved.standardisation["x"].std)
    x, _ = blobs()
    assert np.array_equal(predict(back, x).values, predict(saved, x).values)


def test_saving_what_was_loaded_gives_the_same_bytes(tmp_path):
    saved = trained()
    one = save_run(saved, tmp_path / "one")
    two = save_run(load_run(one, saved.module), tmp_path / "two")
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in NAMES)


def test_run_json_says_what_was_done(tmp_path):
    plain = json.loads((save_run(trained(), tmp_path / "run") / "run.json").read_text())
    assert plain["symprop_run"] == 1
    assert plain["spec_sha256"] == sha256(plain["spec"].encode())
    assert plain["seeds"] == {"training": 0, "split": 0}
    assert set(plain["versions"]) == {"python", "numpy", "numba", "symprop"}
    assert plain["parameters"]["W1"] == {"shape": [2, 3], "dtype": "float64"}
    assert plain["targets"]["y"]["names"] == ["0", "1"]
    assert plain["history"]["epochs"] == 3
    assert plain["split"]["counts"] == {"train": 48, "validation": 12, "test": 0}
    assert set(plain["metrics"]["validation"]) == {"loss", "auc"}


def test_float32_rank_0_and_foreign_order_are_kept(tmp_path):
    module = logistic(dtype="float32")
    saved = trained(module=module)
    odd = saved.params._replace(W1=np.asfortranarray(saved.params.W1).astype(">f4"), b1=saved.params.b1)
    back = load_run(save_run(replace(saved, params=odd), tmp_path / "run"), module)
    assert values(back.params) == values(saved.params)
    assert back.params.W1.dtype == np.float32

    class Scalar(type(module)):
        def init_params(self, seed=0):
            params = super().init_params(seed)
            return params._replace(b1=np.array(params.b1[0]))

    scalar = Scalar((2,), 1, "sigmoid", dtype="float32")
    whole = saved.params._replace(b1=np.array(saved.params.b1[0]))
    back = load_run(save_run(replace(saved, params=whole), tmp_path / "two"), scalar)
    assert back.params.b1.shape == ()


def test_nan_metrics_come_back_as_nan(tmp_path):
    saved = replace(trained(), metrics={"train": {"loss": 1.0, "auc": math.nan}})
    back = load_run(save_run(saved, tmp_path / "run"), saved.module)
    assert math.isnan(back.metrics["train"]["auc"])


def test_an_unchanged_run_is_replaced(tmp_path):
    save_run(trained(0), tmp_path / "run")
    new = trained(1)
    save_run(new, tmp_path / "run")
    assert values(load_run(tmp_path / "run", new.module).params) == values(new.params)
    assert os.listdir(tmp_path) == ["run"]


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "run").mkdir()
    assert sorted(os.listdir(save_run(trained(), tmp_path / "run"))) == NAMES


def existing(tmp_path, kind):
    folder = tmp_path / "run"
    if kind == "other files":
        folder.mkdir()
        (folder / "thesis.txt").write_text("years of work")
        return f"the folder exists and holds other files, 'thesis.txt' for one. {FORCE}"
    save_run(trained(0), folder)
    if kind == "no run":
        (folder / "run.json").write_text("{}")
        return f"the folder exists and is not a run of symprop. {FORCE}"
    if kind == "files missing":
        (folder / "history.csv").unlink()
        return f"the folder exists and is not a run of symprop. {FORCE}"
    if kind == "record edited":
        edit(folder, lambda plain: plain.update(notices=["mine"]), fix=False)
        return f"the run exists and was changed after it was written: run.json. {FORCE}"
    (folder / "module.py").write_text("# mine")
    return f"the run exists and was changed after it was written: module.py. {FORCE}"


@pytest.mark.parametrize("kind", ["other files", "no run", "files missing", "record edited", "module edited"])
def test_anything_else_is_replaced_only_by_force(kind, tmp_path):
    message = existing(tmp_path, kind)
    before = {name: (tmp_path / "run" / name).read_bytes() for name in os.listdir(tmp_path / "run")}
    new = trained(1)
    with pytest.raises(InputError) as caught:
        save_run(new, tmp_path / "run")
    assert str(caught.value) == f"{tmp_path / 'run'}: {message}"
    assert {name: (tmp_path / "run" / name).read_bytes() for name in os.listdir(tmp_path / "run")} == before
    save_run(new, tmp_path / "run", force=True)
    assert values(load_run(tmp_path / "run", new.module).params) == values(new.params)
    assert os.listdir(tmp_path) == ["run"]


def test_force_never_removes_a_file_of_another_name(tmp_path):
    existing(tmp_path, "other files")
    save_run(trained(), tmp_path / "run", force=True)
    assert (tmp_path / "run" / "thesis.txt").read_text() == "years of work"
    assert sorted(os.listdir(tmp_path / "run")) == [*NAMES, "thesis.txt"]


def test_files_and_links_are_never_replaced(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name, kind in (("file", "a file"), ("link", "a link")):
        with pytest.raises(InputError) as caught:
            save_run(trained(), tmp_path / name, force=True)
        assert str(caught.value) == (
            f"{tmp_path / name}: it is {kind}; expected a folder or nothing. Choose another name."
        )


@pytest.mark.parametrize("name", ["..", ".", "a\nb", "a\0b"])
def test_names_that_are_none(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        save_run(trained(), name)
    shown = ascii(str(Path(name)))
    assert str(caught.value) == f"{shown}: not a name for a folder. Give a plain name, such as runs/first."


def test_a_place_that_is_not_there_or_too_long(tmp_path):
    with pytest.raises(MachineError) as caught:
        save_run(trained(), tmp_path / "none" / "run")
    assert str(caught.value) == (
        f"{tmp_path / 'none' / 'run'}: cannot be written: there is no folder {tmp_path / 'none'}. Make it first."
    )
    long = tmp_path / ("n" * 300)
    with pytest.raises(MachineError) as caught:
        save_run(trained(), long)
    assert str(caught.value) == f"{long}: cannot be written: File name too long. Choose another place for the run."


def test_a_full_disk_leaves_the_old_run_and_no_rubbish(tmp_path, monkeypatch):
    old = trained(0)
    save_run(old, tmp_path / "run")
    real = os.fsync
    for count in range(1, 6):
        left = [count]

        def fsync(handle, left=left):
            left[0] -= 1
            if left[0] == 0:
                raise OSError(28, "No space left on device")
            return real(handle)

        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(MachineError) as caught:
            save_run(trained(1), tmp_path / "run")
        assert str(caught.value) == (
            f"{tmp_path / 'run'}: cannot be written: No space left on device. Choose another place for the run."
        )
        assert values(load_run(tmp_path / "run", old.module).params) == values(old.params)
        assert os.listdir(tmp_path) == ["run"]


def test_a_rename_that_fails_brings_the_old_run_back(tmp_path, monkeypatch):
    old = trained(0)
    save_run(old, tmp_path / "run")
    real, calls = os.replace, []

    def fail_second(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        real(source, target)

    monkeypatch.setattr(os, "replace", fail_second)
    with pytest.raises(MachineError):
        save_run(trained(1), tmp_path / "run")
    assert os.listdir(tmp_path) == ["run"]
    assert values(load_run(tmp_path / "run", old.module).params) == values(old.params)


KILL = """
import os, sys
import numpy as np
from symprop.train import save_run
from tests.train.test_runs import trained
new = trained(1)
function, count, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
real = getattr(os, function)
def killed(*args):
    global count
    count -= 1
    if count == 0:
        os._exit(9)
    return real(*args)
setattr(os, function, killed)
save_run(new, path)
"""


@pytest.mark.parametrize(
    ("function", "count", "readable"),
    [("fsync", 1, 0), ("fsync", 4, 0), ("replace", 1, 0), ("replace", 2, 0), ("fsync", 6, 1), ("fsync", 7, 1)],
)
def test_a_kill_at_any_moment_leaves_a_readable_run(function, count, readable, tmp_path):
    old = trained(0)
    save_run(old, tmp_path / "run")
    command = [sys.executable, "-c", KILL, function, str(count), str(tmp_path / "run")]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert ended.returncode == (0 if (function, count) == ("fsync", 7) else 9), ended.stderr
    back = load_run(tmp_path / "run", old.module)
    assert values(back.params) == values(trained(readable).params)
    newest = trained(2)
    save_run(newest, tmp_path / "run")
    assert values(load_run(tmp_path / "run", old.module).params) == values(newest.params)
    assert not find_folder(tmp_path / "run").name.startswith(".")


def test_what_a_kill_left_behind_is_cleared_by_the_next_save(tmp_path):
    save_run(trained(0), tmp_path / "run")
    shutil.copytree(tmp_path / "run", tmp_path / ".run.previous")
    new = trained(1)
    save_run(new, tmp_path / "run")
    assert os.listdir(tmp_path) == ["run"]
    assert values(load_run(tmp_path / "run", new.module).params) == values(new.params)


def test_a_foreign_file_in_the_place_of_the_old_run_is_kept(tmp_path):
    old = trained(0)
    save_run(old, tmp_path / "run")
    (tmp_path / ".run.previous").mkdir()
    (tmp_path / ".run.previous" / "mine").write_text("kept")
    with pytest.raises(MachineError) as caught:
        save_run(trained(1), tmp_path / "run")
    assert str(caught.value) == (
        f"{tmp_path / 'run'}: cannot be written: Directory not empty. Choose another place for the run."
    )
    assert (tmp_path / ".run.previous" / "mine").read_text() == "kept"
    assert values(load_run(tmp_path / "run", old.module).params) == values(old.params)


def saved(tmp_path):
    return save_run(trained(), tmp_path / "run")


def test_missing_folder_and_file(tmp_path):
    with pytest.raises(MachineError) as caught:
        load_run(tmp_path / "none", logistic())
    path = tmp_path / "none" / "run.json"
    assert str(caught.value) == f"{path}: cannot be read: No such file or directory. Give the folder of a run."
    folder = saved(tmp_path)
    (folder / "params.safetensors").unlink()
    with pytest.raises(MachineError) as caught:
        load_run(folder, logistic(hidden=3))
    path = folder / "params.safetensors"
    assert str(caught.value) == f"{path}: cannot be read: No such file or directory. Give the folder of a run."


@pytest.mark.parametrize("size", [0, 4, 50, -1])
def test_truncated_parameters(size, tmp_path):
    path = saved(tmp_path) / "params.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    message = refused(tmp_path / "run")
    assert message.startswith(f"{path}: not a readable safetensors file, perhaps truncated: ")
    assert message.endswith(f". {RESTORE}")


def test_a_flipped_bit(tmp_path):
    path = saved(tmp_path) / "params.safetensors"
    raw = bytearray(path.read_bytes())
    known = sha256(bytes(raw))[:12]
    raw[-8] ^= 1
    path.write_bytes(raw)
    got = sha256(bytes(raw))[:12]
    assert refused(tmp_path / "run") == (
        f"{path}: changed after it was written; expected sha256 {known}..., got {got}... {RESTORE}"
    )


TENSORS = {
    "shape": ({"b1": np.zeros(4)}, "tensor 'b1': wrong shape; expected [3], got [4]."),
    "dtype": ({"b1": np.zeros(3, np.float32)}, "tensor 'b1': wrong dtype; expected float64, got float32."),
    "missing": ({"b1": None}, "tensor 'b1' is missing; expected W1, b1, W2, b2."),
    "extra": ({"b7": np.zeros(3)}, "tensor 'b7' is not known; expected W1, b1, W2, b2."),
    "nan": ({"W2": np.full((3, 1), np.nan)}, "tensor 'W2': holds NaN or infinity; expected finite numbers."),
}


@pytest.mark.parametrize("case", TENSORS)
def test_wrong_tensors(case, tmp_path):
    changes, message = TENSORS[case]
    folder = saved(tmp_path)
    swap_tensors(folder, **changes)
    assert refused(folder) == f"{folder / 'params.safetensors'}: {message} {RESTORE}"


def test_tensors_that_fit_the_record_but_not_the_module(tmp_path):
    folder = saved(tmp_path)
    swap_tensors(folder, b1=np.zeros(4))
    edit(folder, lambda plain: plain["parameters"]["b1"].update(shape=[4]))
    assert read_run(folder).tensors["b1"].shape == (4,)
    assert refused(folder) == (
        f"{folder / 'params.safetensors'}: tensor 'b1': wrong shape; expected [3], got [4]. {RESTORE}"
    )


def test_the_run_of_another_spec(tmp_path):
    folder = saved(tmp_path)
    other = logistic(hidden=4)
    assert refused(folder, other) == (
        f"{folder / 'run.json'}: a run of another spec; expected hash {other.HASH[:16]}, "
        f"got {logistic(hidden=3).HASH[:16]}. Load it with the module generated from its own spec."
    )
    twin = logistic(hidden=3)
    twin.DTYPE = "float32"
    assert refused(folder, twin) == (
        f"{folder / 'run.json'}: a run of another dtype; expected float32, got float64. "
        "Load it with the module generated from its own spec."
    )


def test_a_record_for_other_inputs(tmp_path):
    folder = saved(tmp_path)
    edit(folder, lambda plain: plain.update(inputs={"u": plain["inputs"]["x"]}))
    assert refused(folder) == (
        f"{folder / 'run.json'}: 'inputs' are not the module's; expected x, got u. "
        "Load it with the module generated from its own spec."
    )


def set_path(*path, to):
    def change(plain):
        for key in path[:-1]:
            plain = plain[key]
        plain[path[-1]] = to

    return change


RECORDS = {
    "schema": (
        set_path("symprop_run", to=2),
        ": another version of the format; expected 1, got 2. Use the version of symprop that wrote it, or train again.",
    ),
    "missing": (lambda p: p.pop("dtype"), f": 'dtype' is missing; expected float32 or float64. {RECORD}"),
    "dtype": (set_path("dtype", to="f8"), f": 'dtype' is wrong; expected float32 or float64, got 'f8'. {RECORD}"),
    "stopped": (
        set_path("stopped", to=None),
        f": 'stopped' is wrong; expected epochs, early_stop or interrupted, got None. {RECORD}",
    ),
    "targets": (
        set_path("targets", to=[]),
        f": 'targets' is wrong; expected task, names, codes and columns of each target, got []. {RECORD}",
    ),
    "spec": (
        set_path("spec", to="name: other"),
        ": 'spec' is not the text that 'spec_sha256' belongs to. Restore the file.",
    ),
    "classes": (
        set_path("targets", "y", "names", to=["0"]),
        ": target 'y': its classes do not fit the task binary. Restore the file.",
    ),
    "same_names": (
        set_path("targets", "y", "names", to=["a", "a"]),
        ": target 'y': its classes do not fit the task binary. Restore the file.",
    ),
    "mean": (
        set_path("inputs", "x", "mean", to=[1.0]),
        ": input 'x': its mean, std and constant do not have its shape; expected (2,), got (1,). Restore the file.",
    ),
    "std": (
        set_path("inputs", "x", "std", to=[0.0, 1.0]),
        ": input 'x': its mean or std is not finite, or a std is not above 0. Restore the file.",
    ),
    "text": (
        set_path("inputs", "x", "mean", to="much"),
        ": input 'x': its mean and std are no arrays of numbers. Restore the file.",
    ),
    "settings": (
        set_path("settings", "batch_size", to=0),
        ": settings: training.batch_size: wrong value; expected an integer of at least 1, got 0",
    ),
    "stranger": (set_path("settings", "colour", to=1), f": 'settings' are not those of a run. {RECORD}"),
    "files": (
        lambda p: p["files"].pop("module.py"),
        ": 'files' is wrong; expected history.csv, module.py, params.safetensors, "
        f"got history.csv, params.safetensors. {RECORD}",
    ),
}


@pytest.mark.parametrize("case", RECORDS)
def test_wrong_records(case, tmp_path):
    change, message = RECORDS[case]
    folder = saved(tmp_path)
    edit(folder, change)
    assert refused(folder) == f"{folder / 'run.json'}{message}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not readable JSON: Expecting value: line 1 column 1 (char 0). " + RECORD),
        ('{"symprop_run": NaN}', "not readable JSON: NaN is not JSON. " + RECORD),
        ("[" * 100_000, "not readable JSON: nested too deeply. " + RECORD),
        ("[]", "not the record of a run; expected a key 'symprop_run'. Give the folder of a run."),
    ],
)
def test_what_is_no_record(text, reason, tmp_path):
    folder = saved(tmp_path)
    (folder / "run.json").write_text(text)
    assert refused(folder) == f"{folder / 'run.json'}: {reason}"


def test_damaged_history_and_source(tmp_path):
    folder = saved(tmp_path)
    swap_file(folder, "history.csv", b"epoch,loss\n")
    assert refused(folder) == f"{folder / 'history.csv'}: not a history of epochs: not a history. {RESTORE}"
    folder = save_run(trained(), tmp_path / "two")
    swap_file(folder, "module.py", b"\xff")
    assert refused(folder) == f"{folder / 'module.py'}: not UTF-8. {RESTORE}"


def test_the_module_of_a_run_is_not_executed(tmp_path):
    ran = tmp_path / "ran"
    found = replace(trained(), module_source=f"open({str(ran)!r}, 'w').close()\n")
    stored = read_run(save_run(found, tmp_path / "run"))
    assert stored.module_source == found.module_source
    assert stored.spec_text == found.spec_text
    load_run(tmp_path / "run", found.module)
    assert not ran.exists()


@pytest.mark.parametrize("module", [softmax(classes=2), regressor(), logistic(dtype="float32", logits=True)])
def test_every_kind_of_target_comes_back(module, tmp_path):
    x, y = blobs()
    metrics = ("mae",) if module.head == "linear" else ("auc",)
    target = x[:, 0] * 2 if module.head == "linear" else y
    options = {"output": "logits"} if module.logits else {}
    found = run(module, x, target, epochs=2, metrics=metrics, **options)
    back = load_run(save_run(found, tmp_path / "run"), module)
    assert back.encodings == found.encodings
    assert predict(back, x).to_csv() == predict(found, x).to_csv()


def test_settings_survive_json():
    settings = TrainSettings(
        lr=0.1, columns={"x": ("a", "b")}, column={"y": "c"}, metrics=("auc",), early_stop=EarlyStop(patience=7)
    )
    assert TrainSettings.from_json(json.loads(json.dumps(settings.as_json()))) == settings
