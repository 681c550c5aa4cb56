"""What can be wrong with plugins and the choice among them: a branch of the exception tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from byoml.errors import ByomlError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AmbiguousFrameworkError",
    "PluginBrokenError",
    "PluginConflictError",
    "PluginError",
    "UnknownFrameworkError",
]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _one_line(cause: BaseException) -> str:
    return " ".join(str(cause).split())


class PluginError(ByomlError):
    """A plugin must be mended, removed or switched off.

    Args:
        plugin: Its name, as `byoml plugins` prints it.
        reason: What is wrong, and what would be right.
    """

    def __init__(self, plugin: str, reason: str) -> None:
        super().__init__(f"plugin {plugin}: {reason}")
        self.plugin = plugin


class PluginBrokenError(PluginError):
    """A plugin fails to import or to register."""

    switch: ClassVar[str] = "BYOML_DISABLED_PLUGINS"

    def __init__(self, plugin: str, distribution: str, cause: BaseException) -> None:
        super().__init__(
            plugin,
            f"cannot be loaded from distribution {distribution} ({type(cause).__name__}: {_one_line(cause)}); "
            f"mend it, uninstall it, or set {self.switch}={plugin}",
        )


class PluginConflictError(PluginError):
    """Two plugins answer where one answer is wanted."""

    def __init__(self, subject: str, first: str, second: str) -> None:
        super().__init__(
            first, f"gives {subject}, and so does plugin {second}; switch one off with BYOML_DISABLED_PLUGINS"
        )


class UnknownFrameworkError(ConfigurationError):
    """A framework is asked for that is not installed.

    Args:
        name: The framework.
        installed: Those that are.
        said_by: What asks for it: the variable, or an option.
    """

    def __init__(self, name: str, installed: Iterable[str], said_by: str = "BYOML_FRAMEWORK") -> None:
        super().__init__(
            f"{said_by} is {name!r}, which is not installed; installed: {_listed(installed)}. "
            f"`pip install byoml[{name}]` brings it if it is one of ours; `none` uses no framework"
        )


class AmbiguousFrameworkError(ConfigurationError):
    """Several frameworks would do, and nothing says which."""

    def __init__(self, why: str, candidates: Iterable[str]) -> None:
        super().__init__(f"{why}: {_listed(candidates)}; set BYOML_FRAMEWORK to one of them, or to none")
