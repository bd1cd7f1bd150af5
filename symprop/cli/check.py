"""`symprop check`: the kernels against complex step and central differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from symprop.cli.arguments import json_option, network_of, network_options, size_option, sizes_of, wrt_option

if TYPE_CHECKING:
    from symprop.kernelcheck import Report, Row

BACKENDS = ("numba", "numpy")


@click.command("check")
@network_options()
@wrt_option("Learn only these arguments of a formula")
@size_option()
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all that is drawn.")
@click.option("--batch", type=click.IntRange(min=1), default=5, show_default=True, help="Rows of the inputs.")
@json_option("The comparison")
def command(
    net: str | None,
    expr: str | None,
    shapes: tuple[str, ...],
    wrt: tuple[str, ...],
    sizes: tuple[str, ...],
    seed: int,
    batch: int,
    as_json: bool,
) -> int:
    """Compare the kernels of a network, at random points, with derivatives by complex step and central differences.

    The numba module has the dtype of the spec, the numpy module is float64. Exit code 1 if one of them is too far off.
    """
    from symprop.cli.output import print_json, print_text

    network = network_of(net, expr, shapes, wrt)
    from symprop.codegen import with_sizes
    from symprop.session import kernels

    network = with_sizes(network, sizes_of(sizes))
    modules = {"numba": kernels(network, "numba"), "numpy": kernels(network, "numpy", "float64")}
    from symprop.kernelcheck import check_kernels

    report = check_kernels(network, modules, seed, batch)
    if as_json:
        print_json(_plain(report))
    else:
        print_text(_text(report))
    return 0 if report.ok else 1


def _plain(report: Report) -> dict[str, Any]:
    head = {"schema": 1, "ok": report.ok, "network": report.network, "seed": report.seed, "batch": report.batch}
    return {**head, "rows": [_plain_row(row) for row in report.rows]}


def _plain_row(row: Row) -> dict[str, Any]:
    return {
        "tensor": row.tensor,
        "mode": row.mode,
        "backend": row.backend,
        "dtype": row.dtype,
        "probes": row.probes,
        "complex_step": _finite(row.complex_step),
        "central": _finite(row.central),
        "tolerance": row.tolerance,
        "verdict": _verdict(row),
    }


def _finite(value: float | None) -> float | None:
    """JSON has no infinity; a distance that is none is null."""
    return value if value is not None and value < float("inf") else None


def _text(report: Report) -> str:
    from symprop.cli.tables import number, table

    heads = ["tensor", "mode", "module", "probes", "complex step", "central", "allowed", "verdict"]
    rows = [
        [
            row.tensor,
            row.mode,
            f"{row.backend} {row.dtype}",
            str(row.probes),
            number(row.complex_step),
            number(row.central),
            number(row.tolerance),
            _verdict(row),
        ]
        for row in report.rows
    ]
    head = f"{report.network}: relative distance of the kernels from derivatives of the equations, "
    wrong = [row for row in report.rows if not row.agrees]
    end = f"{len(wrong)} of {len(rows)} are too far off." if wrong else f"All {len(rows)} agree."
    shown = table(heads, rows, right=heads[3:7])
    return f"{head}{report.batch} rows, seed {report.seed}\n\n{shown}\n\n{end}"


def _verdict(row: Row) -> str:
    if not row.agrees:
        return "differs"
    return "agrees" if row.scale else "agrees, all zero"
