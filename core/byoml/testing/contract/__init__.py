r"""Conformance suites for plugin authors: subclass one in your tests, give it samples, and pytest runs its checks.

    from byoml.testing.contract.serving import FrameworkServingContract

    @pytest.fixture(scope="module")
    def framework():
        return "mine"

    @pytest.fixture(scope="module")
    def saved_model(tmp_path_factory): ...

    @pytest.fixture(scope="module")
    def payloads():
        return {"text/csv": b"1,2\n"}

    class TestServing(FrameworkServingContract):
        pass

`known_failures = {"check": "reason"}` in your class marks checks (names without `test_`) that must fail for now;
`not_covered` of a suite says what is left for you to test.
"""

from __future__ import annotations

import pytest

# So that a failing check shows its values, wherever byoml is installed.
_SUITES = ("capabilities", "codec", "cost", "serving", "training")
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in _SUITES))

__all__: list[str] = []
