"""Where the templates lie: beside the package in a checkout, inside it once it is installed.

Enters: nothing.  Leaves: a folder, and Jinja's loader of it.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import BaseLoader


def template_folder() -> resources.abc.Traversable:
    """The templates of this very package: an editable installation of another checkout does not matter."""
    checkout = Path(__file__).resolve().parents[1]
    if (checkout / "pyproject.toml").is_file() and (checkout / "templates").is_dir():
        return checkout / "templates"
    return resources.files("symprop.templates")


def template_loader() -> BaseLoader:
    """The loader of an environment, by the names of the files."""
    from jinja2 import FunctionLoader

    def text_of(name: str) -> str | None:
        place = template_folder().joinpath(name)
        return place.read_text(encoding="utf-8") if place.is_file() else None

    return FunctionLoader(text_of)
