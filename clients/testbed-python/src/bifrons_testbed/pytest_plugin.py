"""The fixtures `testbed` and `testbed_options`. pytest finds them as soon as the package is installed."""

from collections.abc import Iterator
from typing import Any

import pytest

from .testbed import Testbed, start


@pytest.fixture(scope="session")
def testbed_options() -> dict[str, Any]:
    """What `start` is called with. Define a fixture of this name in conftest.py to change it."""
    return {}


@pytest.fixture(scope="session")
def testbed_of_worker(testbed_options: dict[str, Any]) -> Iterator[Testbed]:
    """The service of this process; with pytest-xdist, of this worker."""
    with start(**testbed_options) as running:
        yield running


@pytest.fixture
def testbed(testbed_of_worker: Testbed) -> Testbed:
    """The service, reset before each test."""
    testbed_of_worker.reset()
    return testbed_of_worker
