"""What every test of core and of the plugins is held to: nothing left behind, and where the shared data lies."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says more of the machine than of the code; pytest-timeout ends what hangs.
settings.register_profile("byoml", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("byoml")

_ROOT = Path(__file__).resolve().parent
# pytest itself writes this one while a test runs.
_PYTEST_OWN = "PYTEST_CURRENT_TEST"


@pytest.fixture(autouse=True)
def _leaves_environ_alone() -> Iterator[None]:
    """Fails a test that leaves os.environ changed, and puts it right for the next."""
    before = _environ()
    yield
    after = _environ()
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    for name in changed:
        os.environ.pop(name, None)
        if name in before:
            os.environ[name] = before[name]
    if changed:
        pytest.fail(f"the test left these variables of os.environ changed: {', '.join(changed)}")


@pytest.fixture(autouse=True)
def _leaves_the_log_alone() -> Iterator[None]:
    """Puts byoml's logger back as it was: a test that configures it would hide its lines from the next."""
    logger = logging.getLogger("byoml")
    handlers, level, propagate = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers[:], logger.propagate = handlers, propagate
    logger.setLevel(level)


@pytest.fixture(autouse=True)
def _leaves_no_process() -> Iterator[None]:
    """Fails a test that leaves a child process of its own running."""
    before = _running_children()
    yield
    left = {pid: command for pid, command in _running_children().items() if pid not in before}
    if left:
        pytest.fail(f"the test left processes running: {', '.join(f'{pid} ({left[pid]})' for pid in sorted(left))}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that is not part of the repository; skips where it is absent."""
    folder = Path(os.environ.get("BYOML_SHARED_DATA") or _ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}; BYOML_SHARED_DATA says where it is")
    return folder.resolve()


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != _PYTEST_OWN}


def _running_children() -> dict[int, str]:
    """Our children that have not ended, with their names; none where the system has no /proc."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:  # It ended since the listing.
            continue
        name, _, rest = text.partition("(")[2].rpartition(")")
        state, parent = rest.split()[:2]
        if int(parent) == os.getpid() and state not in "ZX":
            children[int(stat.parent.name)] = name
    return children
