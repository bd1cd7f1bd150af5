"""`symprop verify`: a hand derivation against the derivation of a network."""

from __future__ import annotations

import click

from symprop.cli.arguments import json_option


@click.command("verify")
@click.argument("claims", metavar="CLAIMS")
@click.option("--net", metavar="NET.yaml", help="The network; by default the one that the claims name.")
@click.option("--accept", type=click.Choice(["agrees"]), help="Also accept what agrees in 60 digits without a proof.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.0, min_open=True), default=60.0, show_default=True, help="Seconds in all."
)
@click.option("--explain", is_flag=True, help="Show the steps of the proofs.")
@json_option("The report")
def command(claims: str, net: str | None, accept: str | None, timeout: float, explain: bool, as_json: bool) -> int:
    """Say of each gradient that was derived by hand whether it is proved, or wrong, where and why.

    CLAIMS is a YAML file, one formula a name, in NumPy or index notation, or - for standard input. Exit code 0: all
    proved; 1: one is wrong; 5: undecided.
    """
    from symprop.cli.output import print_json, print_text
    from symprop.session import read_network
    from symprop.verification.claimsfile import network_path, read_claims

    file = read_claims(claims)
    network = read_network(network_path(file, net))
    from symprop.verification import verify
    from symprop.verification.text import report_text

    report = verify(network, file, timeout, accept_agrees=accept == "agrees")
    if as_json:
        print_json(report.as_json())
    else:
        print_text(report_text(report, explain))
    return report.exit_code
