"""Every construct that is traced has the values that NumPy gives it, at two sets of extents."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.frontends.tracing.reading import SIZES, compared, user_file

# a heading "## name" or "## name needs N D", then the lines of a function f of the inputs of `reading`
SECTIONS = (Path(__file__).parent / "constructs.txt").read_text().removeprefix("## ").split("\n## ")
CONSTRUCTS = {heading: body for heading, _, body in (section.partition("\n") for section in SECTIONS)}


@pytest.mark.parametrize("heading", CONSTRUCTS)
@pytest.mark.parametrize("sizes", SIZES, ids=["first", "second"])
def test_a_construct_has_numpys_values(heading: str, sizes: dict[str, int], tmp_path: Path) -> None:
    _, _, needs = heading.partition(" needs ")
    assert set(compared(user_file(tmp_path, CONSTRUCTS[heading]), sizes)) == set(needs.split())


def test_all_constructs_are_read() -> None:
    assert len(CONSTRUCTS) > 60
