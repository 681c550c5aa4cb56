"""What is decided before the first worker starts, handed to each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.serving.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

    import pluggy

    from byoml.environment.serving_env import ServingEnv
    from byoml.plugin.framework import Framework
    from byoml.plugin.values import ServerSettings
    from byoml.serving.engine import Engine
    from byoml.source.entry_point import EntryPoint

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """One endpoint.

    Args:
        env: What the container is told.
        plugins: The plugin manager.
        framework: The chosen framework.
        entry_point: The user's module, None where the framework's functions stand alone.
        settings: How the server runs.
        shared_code: In multi-model mode, folders with code for all models.
        engine: The model, where it was loaded before the workers were forked.
        load_seconds: How long that took.
    """

    env: ServingEnv
    plugins: pluggy.PluginManager
    framework: Framework
    entry_point: EntryPoint | None
    settings: ServerSettings
    shared_code: tuple[Path, ...] = ()
    engine: Engine | None = None
    load_seconds: float = 0.0

    @property
    def source(self) -> Source:
        """What the one model is loaded from."""
        return Source(self.env.paths.model, self.framework, self.entry_point)

    @property
    def multi_model(self) -> bool:
        return self.env.multi_model

    @property
    def default_accept(self) -> str:
        return self.env.default_accept or self.framework.default_accept
