"""For plugin authors and users: a container for black-box tests, conformance suites, and pytest fixtures."""

from __future__ import annotations

__all__: list[str] = []
