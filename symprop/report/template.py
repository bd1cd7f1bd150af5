"""Templates filled in: text and lists in, text out.

Enters: the name of a template and what stands in it, already escaped for its language.  Leaves: text.  LaTeX
templates have delimiters of their own, since braces are LaTeX's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, StrictUndefined

from symprop.stored import template_loader


@cache
def _environment(latex: bool) -> Environment:
    common = Environment(
        loader=template_loader(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
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
