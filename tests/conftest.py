"""What all tests share: a folder of their own for generated modules, and the same random examples everywhere."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# the same examples on every machine and in every run; a slow machine is no fault
settings.register_profile("reproducible", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("reproducible")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Generated modules go to a folder of the tests, not to the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYMPROP_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
