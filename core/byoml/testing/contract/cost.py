"""Does a plugin keep its library to itself until it is needed?"""
# ruff: noqa: S101  these are tests, shipped

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from byoml.testing.contract.suite import FrameworkSuite

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ImportCostContract"]

_REGISTER = """
import json, sys
from byoml.plugin.manager import frameworks, make_manager
names = list(frameworks(make_manager({})))
print(json.dumps([names, sorted(sys.modules)]))
"""


class ImportCostContract(FrameworkSuite):
    """Give these fixtures, of any scope.

    Args:
        framework: The framework's name.
        heavy_modules: Names of modules that registering must not import: the framework's library, numpy.
    """

    not_covered = ("how long the import of the library takes once it is needed",)

    def test_registering_imports_no_library(self, framework: str, heavy_modules: Sequence[str]) -> None:
        """Every `byoml` command pays for what registering imports, so it imports none of these."""
        done = subprocess.run([sys.executable, "-c", _REGISTER], capture_output=True, text=True, check=True)
        names, modules = json.loads(done.stdout)

        assert framework in names
        assert heavy_modules
        assert [module for module in heavy_modules if module in modules] == []
