"""Loaded modules and compiled code of these tests lie in a folder that goes away with them."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYMPROP_CACHE_DIR", str(tmp_path_factory.mktemp("caches")))
        yield
