"""`symprop verify`: a hand derivation against the derivation of a network."""

from __future__ import annotations

import click

from symprop.cli.arguments import json_option


@click.command("verify")
@click.argument("claims", metavar="CLAIMS")
@click.option("--net", metavar="NET.yaml", help="The network; by default the one that the claims name.")
@click.option(
    "--convention",
    "conventions",
    multiple=True,
    metavar="KEY=VALUE,...",
    help="What the claims take for granted, such as batch=columns,weights=out_in.",
)
@click.option("--accept", type=click.Choice(["agrees"]), help="Also accept what agrees in 60 digits without a proof.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.0, min_open=True), default=60.0, show_default=True, help="Seconds in all."
)
@click.option("--explain", is_flag=True, help="Show the steps of the proofs.")
@json_option("The report")
def command(
    claims: str,
    net: str | None,
    conventions: tuple[str, ...],
    accept: str | None,
    timeout: float,
    explain: bool,
    as_json: bool,
) -> int:
    """Say of each gradient that was derived by hand whether it is proved, or wrong, where and why.

    CLAIMS is a YAML file, one formula a name, in NumPy or index notation, or - for standard input; a document in
    LaTeX, hand.tex; or a Python file with grads(...), and loss(...) where no network is given. Exit code 0: all
    proved; 1: one is wrong; 5: undecided.
    """
    from symprop.cli.output import print_json, print_text
    from symprop.session import read_network
    from symprop.verification.claimsfile import is_python, network_path, read_claims
    from symprop.verification.conventions import joined

    declared = joined(conventions, "--convention")
    file = None if is_python(claims) else read_claims(claims)
    path = net if file is None else network_path(file, net)
    network = None if path is None else read_network(path)
    from symprop.cli.waiting import Waiting
    from symprop.verification import verify
    from symprop.verification.text import report_text

    with Waiting(f"verifying {claims}") as waiting:
        report = verify(network, file or claims, timeout, accept == "agrees", declared, waiting.tell)
    if as_json:
        print_json(report.as_json())
    else:
        print_text(report_text(report, explain))
    return report.exit_code
