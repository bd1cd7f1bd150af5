"""`symprop train`: data to a run folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from symprop.cli.arguments import force_option, json_option, net_argument

if TYPE_CHECKING:
    from symprop.train import Run


@click.command("train")
@net_argument()
@click.option("--data", metavar="FILE", help="A .csv or .npz file, -, or sklearn:NAME; the spec's own by default.")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Rows of a step.")
@click.option("--lr", type=click.FloatRange(min=0, min_open=True), help="Learning rate.")
@click.option("--seed", type=click.IntRange(min=0), help="Of parameters, order of rows and split.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads that share a step where that pays.")
@click.option("-o", "--output", metavar="RUN", help="Folder of the run, NAME.run by default.")
@force_option()
@click.option("--quiet", is_flag=True, help="No progress, no table.")
@json_option("The result")
def command(
    net: str,
    data: str | None,
    output: str | None,
    force: bool,
    quiet: bool,
    as_json: bool,
    **changes: Any,
) -> int:
    """Train a network on data and save the run: parameters, history, curves and all that prediction needs.

    Ctrl-C ends the training, keeps what was trained so far, and gives exit code 130.
    """
    from symprop.cli.failures import INTERRUPTED
    from symprop.cli.messages import say
    from symprop.cli.output import print_json, print_text, shown
    from symprop.session import read_source

    source = read_source(net)
    place = output or f"{source.spec.name}.run"
    from symprop.cli.training import run_training
    from symprop.report import curves_svg
    from symprop.train import save_run
    from symprop.train.runs import check_free

    check_free(place, force=force)
    run = run_training(source, {**changes, "data": data}, quiet=quiet or as_json)
    history: Any = run.history
    save_run(run, place, force=force, curves=curves_svg(history))
    if as_json:
        print_json(_plain(run, place))
    elif not quiet:
        print_text(_text(run))
    if not as_json:
        say(f"wrote {shown(place)}")
    return INTERRUPTED if run.stopped == "interrupted" else 0


def _plain(run: Run, place: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "run": place,
        "stopped": run.stopped,
        "kept_epoch": run.kept_epoch,
        "rows": run.split_counts,
        "metrics": {part: {k: _finite(v) for k, v in found.items()} for part, found in run.metrics.items()},
        "history": run.history.summary(),
        "notices": list(run.notices),
    }


def _finite(value: float) -> float | None:
    """JSON has no NaN; what is undefined is null."""
    return value if abs(value) < float("inf") else None


def _text(run: Run) -> str:
    from symprop.cli.tables import count, number, table

    heads = ["", *run.metrics]
    names = list(next(iter(run.metrics.values())))
    rows = [["rows", *(count(run.split_counts[part]) for part in run.metrics)]]
    rows += [[name, *(number(found[name]) for found in run.metrics.values())] for name in names]
    return f"{table(heads, rows, right=heads[1:])}\n\n{_ending(run)}"


def _ending(run: Run) -> str:
    trained, kept = run.history.epochs, run.kept_epoch
    why = {"early_stop": "stopped early", "interrupted": "interrupted"}.get(run.stopped, "done")
    parameters = f"; the parameters are those of epoch {kept}" if kept != trained else ""
    return f"{why} after {trained} epochs in {float(run.history.seconds.sum()):.1f} s{parameters}"
