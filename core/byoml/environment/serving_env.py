"""All that an endpoint's container is told, read once into one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.environment.accelerators import Accelerators
from byoml.environment.paths import ContainerPaths
from byoml.errors import SettingError
from byoml.log import level_number

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ServingEnv", "many_models", "truth"]

_TRUE = frozenset({"true", "1", "yes", "on"})


def truth(text: str | None) -> bool:
    return (text or "").strip().lower() in _TRUE


def many_models(environ: Mapping[str, str]) -> bool:
    """Tell whether an endpoint serves models that come and go (contract/inference 1.7)."""
    return truth(environ.get("SAGEMAKER_MULTI_MODEL"))


@dataclass(frozen=True)
class ServingEnv:
    """An endpoint as the container sees it (contract/inference 2.1).

    Args:
        environ: The environment variables that `serve` was started with.
        paths: The tree.
        accelerators: What may be computed with.
    """

    environ: Mapping[str, str]
    paths: ContainerPaths
    accelerators: Accelerators

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> ServingEnv:
        return cls(dict(environ), ContainerPaths.from_environ(environ), Accelerators.probe(environ))

    @property
    def port(self) -> int:
        return self.whole_number("SAGEMAKER_BIND_TO_PORT", 8080, least=0)

    @property
    def submit_directory(self) -> str | None:
        return self.environ.get("SAGEMAKER_SUBMIT_DIRECTORY") or None

    @property
    def log_level(self) -> int:
        return level_number(self.environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL"))

    @property
    def default_accept(self) -> str | None:
        return self.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or None

    @property
    def batch(self) -> bool:
        return truth(self.environ.get("SAGEMAKER_BATCH"))

    @property
    def multi_model(self) -> bool:
        return many_models(self.environ)

    @property
    def workers_said(self) -> bool:
        """Whether the user has said how many workers there shall be."""
        return self.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS", "auto").strip().lower() not in ("", "auto")

    @property
    def drain_seconds(self) -> float:
        """How long requests in flight may take once a stop was asked for; the platform kills after 30 (L-6)."""
        return self.number("BYOML_DRAIN_SECONDS", 25.0)

    @property
    def spare_megabytes(self) -> int:
        """What must stay free when a model is loaded beside others."""
        return self.whole_number("BYOML_SPARE_MEMORY_MB", 256, least=0)

    def whole_number(self, name: str, default: int, least: int = 1) -> int:
        """Read a variable that holds a whole number.

        Args:
            name: The variable.
            default: What it is when unset or empty.
            least: The smallest value allowed.

        Returns:
            Its value.

        Raises:
            SettingError: It holds something else.
        """
        text = self.environ.get(name, "").strip()
        if not text:
            return default
        if not text.isdecimal() or int(text) < least:
            raise SettingError(name, text, f"a whole number of at least {least}")
        return int(text)

    def number(self, name: str, default: float) -> float:
        """Read a variable that holds a number of seconds above zero; the rules are those of `whole_number`."""
        text = self.environ.get(name, "").strip()
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 0 < value < float("inf"):
            raise SettingError(name, text, "a number above zero")
        return value
