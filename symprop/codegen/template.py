"""Where templates are found: in the installed package, or beside the checkout's."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound


def template_text(name: str) -> str:
    """The text of a template.

    Raises:
        TemplateNotFound: there is none of this name.
    """
    try:
        place = resources.files("symprop.templates").joinpath(name)
        if place.is_file():
            return place.read_text(encoding="utf-8")
    except ModuleNotFoundError:  # a checkout that was not installed
        pass
    beside = Path(__file__).resolve().parent.parent.parent / "templates" / name
    if not beside.is_file():
        raise TemplateNotFound(name)
    return beside.read_text(encoding="utf-8")


class _Loader(BaseLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, None, None]:
        return template_text(template), None, None


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The environment of templates of Python text: every name must be given, nothing is escaped."""
    return Environment(loader=_Loader(), undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=False)


def render(name: str, values: dict[str, object]) -> str:
    """A template filled in."""
    return environment().get_template(name).render(values)
