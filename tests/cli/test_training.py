"""train and predict: a run folder, messages in the right place, and every refusal before anything is trained."""

import json
import os

import pytest

from symprop.cli.progress import line_of, worth_a_line
from symprop.train import EpochReport
from tests.cli.calling import EXAMPLES, SPEC, table_of

FILES = ["curves.svg", "history.csv", "module.py", "params.safetensors", "run.json"]


def test_train_writes_a_run_and_a_table(call, home, numpy_only):
    done = call("train", "tiny.yaml", "--epochs", "40")
    assert done.code == 0
    assert sorted(os.listdir("tiny.run")) == FILES
    lines = done.out.splitlines()
    assert lines[0].split() == ["train", "validation", "test"]
    assert lines[1].split() == ["rows", "36", "12", "12"]
    assert lines[3].split() == ["accuracy", "1", "1", "1"]
    assert lines[-1].startswith("done after 40 epochs in ")
    messages = done.err.splitlines()
    assert messages[-1] == "wrote tiny.run"
    assert messages[0].startswith("epoch  1/40  loss ")
    assert len(messages) <= 13


def test_train_twice_gives_the_same_parameters(call, home, numpy_only):
    read = []
    for name in ("one", "two"):
        assert call("train", "tiny.yaml", "-o", name, "--quiet").code == 0
        read.append((home / name / "params.safetensors").read_bytes())
    assert read[0] == read[1]
    call("train", "tiny.yaml", "-o", "three", "--quiet", "--seed", "2")
    assert (home / "three" / "params.safetensors").read_bytes() != read[0]


def test_train_quietly(call, home, numpy_only):
    done = call("train", "tiny.yaml", "--quiet")
    assert (done.out, done.err) == ("", "wrote tiny.run\n")


def test_train_as_json(call, home, numpy_only):
    done = call("train", "tiny.yaml", "--json", "--batch-size", "4", "--lr", "0.2")
    plain = json.loads(done.out)
    assert (plain["schema"], plain["run"], plain["stopped"], plain["kept_epoch"]) == (1, "tiny.run", "epochs", 5)
    assert plain["rows"] == {"train": 36, "validation": 12, "test": 12}
    assert sorted(plain["metrics"]["test"]) == ["accuracy", "auc", "loss"]
    settings = json.loads((home / "tiny.run" / "run.json").read_text())["settings"]
    assert (settings["batch_size"], settings["lr"], settings["epochs"]) == (4, 0.2, 5)


def test_train_again_over_its_own_run(call, home, numpy_only):
    assert call("train", "tiny.yaml", "--quiet").code == 0
    assert call("train", "tiny.yaml", "--quiet").code == 0
    (home / "tiny.run" / "notes.txt").write_text("mine")
    done = call("train", "tiny.yaml", "--quiet")
    assert done.code == 2
    assert done.err == (
        "tiny.run: the folder exists and holds other files, 'notes.txt' for one. "
        "Choose another name, or replace it with --force (force=True).\n"
    )
    assert call("train", "tiny.yaml", "--quiet", "--force").code == 0
    assert (home / "tiny.run" / "notes.txt").read_text() == "mine"


def test_a_run_is_refused_before_anything_is_trained(call, home, monkeypatch):
    (home / "tiny.run").write_text("a file")
    monkeypatch.setattr("symprop.cli.training.kernels", lambda *args, **options: pytest.fail("it compiled"))
    done = call("train", "tiny.yaml")
    assert done.code == 2
    assert done.err == "tiny.run: it is a file; expected a folder or nothing. Choose another name.\n"


def test_without_data(call, home, numpy_only):
    (home / "none.yaml").write_text(SPEC.replace("train: {path: tiny.csv}, ", ""))
    done = call("train", "none.yaml")
    assert done.code == 2
    assert done.err == "data: no data given. Name a file with --data, or in net.yaml under data: train: path:.\n"
    assert call("train", "none.yaml", "--data", "tiny.csv", "--quiet").code == 0


def test_a_path_counts_from_the_folder_of_the_spec(call, home, numpy_only, monkeypatch):
    (home / "below").mkdir()
    monkeypatch.chdir(home / "below")
    assert call("train", "../tiny.yaml", "--quiet").code == 0
    assert (home / "below" / "tiny.run" / "run.json").exists()


def test_faults_of_data_leave_nothing_behind(call, home, numpy_only):
    (home / "tiny.csv").write_text(table_of(60).replace("\n1,", "\n?,", 1))
    done = call("train", "tiny.yaml")
    assert done.code == 2 and done.err.startswith("tiny.csv:")
    assert not (home / "tiny.run").exists()
    assert "error" in json.loads(call("train", "tiny.yaml", "--json").out)


def test_divergence_is_4_and_leaves_nothing_behind(call, home, numpy_only):
    text = SPEC.replace("activation: sigmoid", "activation: identity").replace("binary_cross_entropy", "mse")
    text = text.replace("type: adam, lr: 0.1", "type: sgd, lr: 1e200").replace("accuracy, auc", "mae")
    (home / "wild.yaml").write_text(text)
    done = call("train", "wild.yaml")
    assert done.code == 4
    assert done.err.splitlines()[-1].startswith("epoch ") and "training diverged" in done.err
    assert not (home / "tiny.run").exists()


def test_validation_and_test_from_files_of_their_own(call, home, numpy_only):
    files = "train: {path: tiny.csv}, validation: {path: v.csv}, test: {path: t.csv}, standardize: true"
    start, end = SPEC.index("train: {path"), SPEC.index("}\nmetrics")
    (home / "apart.yaml").write_text(SPEC[:start] + files + SPEC[end:])
    (home / "v.csv").write_text(table_of(20))
    (home / "t.csv").write_text(table_of(30))
    done = call("train", "apart.yaml", "--json")
    assert json.loads(done.out)["rows"] == {"train": 60, "validation": 20, "test": 30}


def test_an_interrupted_run_is_kept_and_is_130(call, home, numpy_only, monkeypatch):
    def tell(self, report):
        if report.epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("symprop.cli.progress.Progress.tell", tell)
    done = call("train", "tiny.yaml")
    assert (done.code, done.err) == (130, "wrote tiny.run\n")
    assert done.out.splitlines()[-1].startswith("interrupted after 2 epochs in ")
    assert json.loads((home / "tiny.run" / "run.json").read_text())["stopped"] == "interrupted"


def test_a_terminal_gets_every_epoch(home, numpy_only, monkeypatch, capfd):
    from symprop.cli import run

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert run(["train", "tiny.yaml", "--epochs", "30"]) == 0
    shown = capfd.readouterr()
    assert [f"epoch {epoch:2}/30  loss " in shown.err for epoch in range(1, 31)] == [True] * 30
    assert "\x1b[3" not in shown.err and "epoch" not in shown.out.split("\n")[0]


def test_predict_classes_and_their_probabilities(call, home, numpy_only):
    call("train", "tiny.yaml", "--quiet", "--epochs", "40")
    (home / "new.csv").write_text("f2,f0,f1\n0,4,0\n0,-4,0\n")
    assert call("predict", "tiny.run", "new.csv").out == "label\n1\n0\n"
    lines = call("predict", "tiny.run", "new.csv", "--proba").out.splitlines()
    assert lines[0] == "label,p_0,p_1"
    assert [float(line.split(",")[2]) > 0.5 for line in lines[1:]] == [True, False]


def test_predict_to_a_file_and_as_json(call, home, numpy_only):
    call("train", "tiny.yaml", "--quiet")
    assert call("predict", "tiny.run", "tiny.csv", "-o", "out.csv").err == "wrote out.csv\n"
    assert (home / "out.csv").read_text() == call("predict", "tiny.run", "tiny.csv").out
    plain = json.loads(call("predict", "tiny.run", "tiny.csv", "--json", "--proba").out)
    assert plain["classes"] == ["0", "1"]
    assert len(plain["predictions"]) == len(plain["probabilities"]) == 60
    assert plain["predictions"] == (home / "out.csv").read_text().split()[1:]


def test_predict_numbers(call, home, numpy_only):
    pytest.importorskip("sklearn")
    call("train", EXAMPLES / "regression.yaml", "--epochs", "2", "--quiet")
    done = call("predict", "regression.run", "sklearn:diabetes")
    assert done.code == 0
    assert len(done.out.splitlines()) == 443 and done.out.startswith("target\n")
    refused = call("predict", "regression.run", "sklearn:diabetes", "--proba")
    assert refused.code == 2
    assert refused.err.splitlines()[-1] == (
        "symprop predict: --proba: it predicts numbers, not classes. Try: symprop predict --help"
    )


def test_predict_with_a_run_that_is_none(call, home):
    done = call("predict", "none.run", "tiny.csv")
    assert done.code == 3
    assert done.err.startswith("none.run/run.json: cannot be read: No such file or directory.")


def test_predict_does_not_run_what_lies_in_the_folder(call, home, numpy_only):
    call("train", "tiny.yaml", "--quiet")
    record = json.loads((home / "tiny.run" / "run.json").read_text())
    (home / "tiny.run" / "module.py").write_text("raise SystemExit('ran')\n")
    done = call("predict", "tiny.run", "tiny.csv")
    assert done.code == 2
    assert "module.py: changed after it was written" in done.err
    assert record["spec"] == SPEC


def test_the_schedule_runs_over_the_whole_run(call, home, numpy_only):
    """Epochs are trained one by one where they are validated; the cosine must not end with each of them."""
    scheduled = SPEC.replace("lr: 0.1", "lr: 0.1, schedule: {type: cosine}")
    for name, text in (("with", scheduled), ("without", scheduled.replace("validation: 0.2, ", ""))):
        (home / f"{name}.yaml").write_text(text.replace("test: 0.2", "test: 0.2" if name == "with" else "test: 0.4"))
        assert call("train", f"{name}.yaml", "-o", f"{name}.run", "--quiet", "--epochs", "3").code == 0
    from symprop.model import load_run

    run = load_run("with.run")
    x, y, _ = _rows(run)
    start = run.module.init_params(seed=1)
    whole, _, losses = run.module.fit_chunk(
        start, run.module.init_optimizer(start), x, y, 3, 8, 0.1, 1, True, 0, 3
    )  # fmt: skip
    assert [float(v) for v in run.history.loss] == [float(v) for v in losses]
    assert all((getattr(whole, name) == getattr(run.params, name)).all() for name in ("W_out", "b_out"))


def _rows(run):
    """Training rows of a run, drawn and standardised again."""
    from symprop.train import load_data, split_dataset
    from symprop.train.evaluation import make_part

    data = load_data(run.module, run.settings)
    split = split_dataset(data, run.settings)
    part = make_part(run.module, data.take(split.train), run.standardisation)
    return part.x, part.y, split


@pytest.mark.parametrize(("epochs", "lines"), [(1, 1), (7, 7), (10, 10), (60, 11), (1000, 11)])
def test_about_ten_lines_where_nobody_watches(epochs, lines):
    reports = [EpochReport(e + 1, epochs, 0.5, None, {}, 0.1) for e in range(epochs)]
    assert sum(map(worth_a_line, reports)) == lines


def test_a_line_of_an_epoch():
    report = EpochReport(3, 60, 0.123456, 0.2, {"accuracy": 0.9876543}, 0.1, best=True)
    assert line_of(report) == "epoch  3/60  loss 0.1235  val_loss 0.2  accuracy 0.9877  best"


def test_digits_from_end_to_end_with_numba(call, home):
    pytest.importorskip("sklearn")
    done = call("train", EXAMPLES / "digits.yaml", "--epochs", "15", "--json")
    assert done.code == 0
    assert json.loads(done.out)["metrics"]["test"]["accuracy"] > 0.95
    found = call("predict", "digits.run", "sklearn:digits")
    assert found.code == 0 and len(found.out.splitlines()) == 1798
