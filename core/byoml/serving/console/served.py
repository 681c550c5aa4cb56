"""What pages for people may know of the endpoint: facts, fixed when the worker starts."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml import __version__
from byoml.serving.loading import all_codecs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from byoml.plugin.values import ServerSettings
    from byoml.serving.plan import Plan

__all__ = ["Served"]


@dataclass(frozen=True)
class Served:
    """One endpoint; plugins find it as `app.config["BYOML"]`.

    Args:
        framework: The framework's name.
        model_dir: Where the model lies.
        script: The user's module, None where the framework's functions stand alone.
        reads: Content types that the framework reads; a script's `input_fn` may read others.
        writes: Content types that it writes, most natural first.
        default_content_type: What a request without Content-Type is taken to send.
        default_accept: What a request without Accept is answered.
        settings: How the server runs.
        routes: The methods of each path of the data plane.
        version: byoml's.
        python: Python's.
    """

    framework: str
    model_dir: Path
    script: str | None
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    default_content_type: str
    default_accept: str
    settings: ServerSettings
    routes: Mapping[str, tuple[str, ...]]
    version: str = __version__
    python: str = platform.python_version()

    @classmethod
    def of(cls, plan: Plan, routes: Mapping[str, tuple[str, ...]]) -> Served:
        codecs = all_codecs(plan.plugins)
        framework = plan.framework
        return cls(
            framework=framework.name,
            model_dir=plan.env.paths.model,
            script=plan.entry_point.name if plan.entry_point else None,
            reads=framework.content_types or codecs.decodable,
            writes=framework.accepts or codecs.encodable,
            default_content_type=framework.default_content_type,
            default_accept=plan.default_accept,
            settings=plan.settings,
            routes=routes,
        )

    def files(self) -> list[tuple[str, int]]:
        """List what lies in the model folder now: names and bytes, the user's code left out."""
        found = (path for path in sorted(self.model_dir.rglob("*")) if path.is_file())
        names = ((path.relative_to(self.model_dir), path.stat().st_size) for path in found)
        return [(str(name), size) for name, size in names if name.parts[0] != "code"]
