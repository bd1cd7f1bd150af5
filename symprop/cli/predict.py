"""`symprop predict`: new rows through a saved run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from symprop.cli.arguments import force_option, json_option, output_option

if TYPE_CHECKING:
    from symprop.train import Prediction


@click.command("predict")
@click.argument("run")
@click.argument("data")
@click.option("--proba", is_flag=True, help="The probability of every class as well.")
@output_option("Where to write, as CSV or, with --json, as JSON")
@json_option("Predictions")
@force_option()
def command(run: str, data: str, proba: bool, output: str | None, as_json: bool, force: bool) -> None:
    """Predict the rows of DATA (.csv, .npz, -, or sklearn:NAME) with the model in the folder RUN."""
    from symprop.cli.messages import say
    from symprop.cli.output import deliver, json_text
    from symprop.model import load_run
    from symprop.session import faults_of_data
    from symprop.train import predict

    loaded = load_run(run)
    module: Any = loaded.module
    with faults_of_data(module):
        found = predict(loaded, data)
    for notice in found.notices:
        say(notice)
    if proba and found.probabilities is None:
        _refuse(found)
    shown = found if proba else replace(found, probabilities=None)
    if as_json:
        return deliver(json_text(_plain(shown)), output, "json", force)
    deliver(shown.to_csv(), output, "plain", force)


def _refuse(found: Prediction) -> None:
    what = "the output has no probabilities" if found.indices is not None else "it predicts numbers, not classes"
    raise click.UsageError(f"--proba: {what}", click.get_current_context())


def _plain(found: Prediction) -> dict[str, Any]:
    plain: dict[str, Any] = {"schema": 1, "target": found.target}
    if found.indices is None:
        return {**plain, "predictions": found.values.tolist()}
    chances = {"probabilities": found.probabilities.tolist()} if found.probabilities is not None else {}
    return {**plain, "classes": list(found.class_names), "predictions": found.labels, **chances}
