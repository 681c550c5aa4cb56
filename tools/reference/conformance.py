"""The page of the conformance suites: their checks and docstrings."""

from __future__ import annotations

import importlib
import inspect
import re
import sys

from reference.markdown import page, table
from reference.tree import CORE

__all__ = ["conformance"]

_CONFORMANCE = """\
What a plugin must pass, in `byoml.testing.contract`: subclass a suite in your tests, give it the fixtures that it asks
for, and pytest runs its checks. [Write a plugin](../how-to/write-a-plugin.md#5-test-it) shows it whole.

A check of a capability that your framework does not declare is skipped. One that fails for now is named in your class,
with the reason; it must then fail, so that the line goes once it passes:

```python
class TestServing(FrameworkServingContract):
    known_failures = {"an_empty_body_is_400": "the library takes no rows for an answer; see its issue 12"}
```"""


def conformance() -> str:
    """Make the page of the conformance suites: what each wants, checks and does not cover."""
    from byoml.testing.contract.suite import FrameworkSuite, Suite

    for path in sorted((CORE / "testing/contract").glob("*.py")):
        importlib.import_module(f"byoml.testing.contract.{path.stem}")
    suites = [each for each in (*Suite.__subclasses__(), *FrameworkSuite.__subclasses__()) if _checks(each)]
    parts = ["# Conformance suites", _CONFORMANCE]
    for suite in sorted(suites, key=lambda each: each.__name__):
        about = (inspect.getdoc(sys.modules[suite.__module__]) or "").split("\n", 1)[0]
        wants, _, fixtures = (inspect.getdoc(suite) or "").partition("\n\nArgs:\n")
        parts += [f"## {suite.__name__}", f"From `{suite.__module__}`. {about}", " ".join(wants.split())]
        parts += [_items(fixtures)] if fixtures else []
        parts += [table(("Check", "What must hold"), ((name, _held(check)) for name, check in _checks(suite)))]
        parts += ["Not covered:", "\n".join(f"- {each};" for each in suite.not_covered).removesuffix(";") + "."]
    return page(parts)


def _checks(suite: type) -> list[tuple[str, object]]:
    found = ((name, check) for name, check in vars(suite).items() if name.startswith("test_"))
    return [(name.removeprefix("test_"), check) for name, check in found]


def _held(check: object) -> str:
    return " ".join((inspect.getdoc(check) or "").split()).replace("|", "\\|")


def _items(fixtures: str) -> str:
    """Make a list of the arguments of a docstring."""
    joined = re.sub(r"\n {8,}", " ", fixtures)
    return "\n".join(f"- `{name}`: {text}" for name, text in re.findall(r"^ {4}(\w+): (.*)$", joined, re.MULTILINE))
