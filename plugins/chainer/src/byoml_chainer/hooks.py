"""What this plugin answers to byoml's hooks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from byoml.plugin import hookimpl

from byoml_chainer.errors import CHAINER_COMMAND
from byoml_chainer.framework import Chainer

if TYPE_CHECKING:
    from byoml.plugin.values import Outcome

__all__ = ["byoml_explain_failure", "byoml_register_framework"]

_MISSING = re.compile(r"^ModuleNotFoundError: No module named 'chainer(mn)?'", re.MULTILINE)
# What Chainer's import ends with where its numpy and setuptools are too new, and nothing was put in their place.
_TOO_NEW = re.compile(
    r"site-packages/chainer/(?:.|\n)*^(AttributeError: `np\.sctypes`|ModuleNotFoundError: No module named "
    r"'(pkg_resources|numpy\.distutils|distutils))",
    re.MULTILINE,
)


@hookimpl
def byoml_register_framework() -> Chainer:
    return Chainer()


@hookimpl
def byoml_explain_failure(outcome: Outcome) -> str | None:
    """Name the command that installs Chainer, or the variable with which it runs on what is installed."""
    if _MISSING.search(outcome.stderr_tail):
        return f"hint: Chainer is not installed; this installs it: {CHAINER_COMMAND}"
    if _TOO_NEW.search(outcome.stderr_tail):
        return "hint: numpy and setuptools are newer than Chainer; with BYOML_FRAMEWORK=chainer it runs on them"
    return None
