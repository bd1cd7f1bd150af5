"""`symprop new`: a commented spec to begin with, from a template."""

from __future__ import annotations

import re

from symprop.errors import Fault, SpecError
from symprop.spec.kinds import SHADOWED, identifier_fault
from symprop.spec.places import instead
from symprop.stored import template_folder

PREFIX, SUFFIX = "new_", ".yaml.jinja"


def starters() -> list[str]:
    """Names of the templates of `symprop new`."""
    names = (re.fullmatch(rf"{PREFIX}(\w+){re.escape(SUFFIX)}", entry.name) for entry in template_folder().iterdir())
    return sorted(match.group(1) for match in names if match)


def starter(template: str, name: str) -> str:
    """Text of a new net.yaml.

    Args:
        template: one of `starters()`.
        name: name of the network.

    Raises:
        SpecError: there is no such template, or the name is not one for a network.
    """
    known = starters()
    found = [Fault("--template", f"unknown template '{template[:60]}'; {instead(template, known)}")]
    found = [] if template in known else found
    reason = identifier_fault(name)
    if not reason and name in SHADOWED:
        reason = f"'{name}' is the name of a package that a generated module imports; expected another name"
    if reason:
        found.append(Fault("name", reason))
    if found:
        raise SpecError(found)
    from jinja2 import Environment, StrictUndefined

    text = (template_folder() / f"{PREFIX}{template}{SUFFIX}").read_text(encoding="utf-8")
    # YAML and not HTML: the only value put in is an identifier
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    return environment.from_string(text).render(name=name)
