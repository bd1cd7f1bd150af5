"""Templates of Python text, filled in.

Enters: the name of a template and what stands in it.  Leaves: text.
"""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, StrictUndefined

from symprop.stored import template_loader


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The environment of templates of Python text: every name must be given, nothing is escaped."""
    return Environment(
        loader=template_loader(), undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=False
    )


def render(name: str, values: dict[str, object]) -> str:
    """A template filled in.

    Raises:
        jinja2.TemplateNotFound: there is none of this name.
    """
    return environment().get_template(name).render(values)
