"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def net_argument() -> Decorator:
    """NET: a net.yaml, or `-`."""
    return click.argument("net", metavar="NET.yaml")


def output_option(what: str, metavar: str = "FILE") -> Decorator:
    """-o, a file or `-`."""
    return click.option("-o", "--output", metavar=metavar, help=f"{what} (- for standard output).")


def force_option() -> Decorator:
    """--force."""
    return click.option("--force", is_flag=True, help="Replace whatever is there.")


def json_option(what: str) -> Decorator:
    """--json."""
    return click.option("--json", "as_json", is_flag=True, help=f"{what} as one JSON object on standard output.")
