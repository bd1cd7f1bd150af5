"""Templates filled in: text and lists in, text out.

Enters: the name of a template and what stands in it, already escaped for its language.  Leaves: text.  LaTeX
templates have delimiters of their own, since braces are LaTeX's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound

PACKAGE = "symprop.templates"


class _Packaged(BaseLoader):
    """Templates of the installed package, else those of the checkout."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, None]:
        try:
            folder = resources.files(PACKAGE)
            found = folder.joinpath(template)
        except ModuleNotFoundError:
            found = Path(__file__).resolve().parents[2] / "templates" / template
        if not found.is_file():
            raise TemplateNotFound(template)
        return found.read_text(encoding="utf-8"), None, None


@cache
def _environment(latex: bool) -> Environment:
    common = Environment(
        loader=_Packaged(), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    if not latex:
        return common
    return common.overlay(
        block_start_string="((*",
        block_end_string="*))",
        variable_start_string="(((",
        variable_end_string=")))",
        comment_start_string="((=",
        comment_end_string="=))",
    )


def fill(template: str, values: Mapping[str, object]) -> str:
    """A template with its values."""
    return _environment(".tex." in template).get_template(template).render(values)
