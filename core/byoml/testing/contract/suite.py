"""What all suites share: failures that are known, and the plugin under test."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from byoml.plugin.manager import frameworks, make_manager

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.plugin import Framework

__all__ = ["FrameworkSuite", "Suite", "declared"]

_CHECK = "test_"


class Suite:
    """Checks, some of which may be known to fail.

    A check that is known to fail must fail: once it passes, the test run says so, and its line can go.
    """

    #: Why each check that must fail for now does, by its name without `test_`.
    known_failures: ClassVar[Mapping[str, str]] = {}
    #: What the suite does not look at, though its name might promise it: yours to test.
    not_covered: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        unknown = [check for check in cls.known_failures if not hasattr(cls, _CHECK + check)]
        if unknown:
            checks = ", ".join(name.removeprefix(_CHECK) for name in dir(cls) if name.startswith(_CHECK))
            raise TypeError(f"{cls.__name__}.known_failures names no check: {', '.join(unknown)}; there are {checks}")
        silent = [check for check, reason in cls.known_failures.items() if not str(reason).strip()]
        if silent:
            raise TypeError(f"{cls.__name__}.known_failures gives no reason for {', '.join(silent)}")

    @pytest.fixture(autouse=True)
    def _expect_known_failures(self, request: pytest.FixtureRequest) -> None:
        reason = self.known_failures.get(request.function.__name__.removeprefix(_CHECK))
        if reason is not None:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


class FrameworkSuite(Suite):
    """Checks of an installed framework, found as byoml finds it by the fixture `framework`, its name."""

    @pytest.fixture(scope="class")
    @classmethod
    def plugin(cls, framework: str) -> Framework:
        """Give the framework itself, through its entry point."""
        return frameworks(make_manager({}))[framework]


def declared(plugin: Framework, capability: str) -> None:
    """Skip a check of a capability that the framework does not declare."""
    if not getattr(plugin.capabilities, capability):
        pytest.skip(f"{plugin.name} does not declare {capability}")
