"""An image from a folder of code, in one command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.image.context import DOCKERFILE, build_context
from byoml.image.dockerfile import text
from byoml.image.errors import DockerError, ImageBuildError
from byoml.image.plan import for_source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from byoml.image.docker import Docker
    from byoml.plugin.framework import Framework

__all__ = ["BuildSpec", "build", "dockerfile"]

_TITLE = "Written by `byoml image dockerfile`; keep it beside the code and edit it: `byoml image build` then takes it."


@dataclass(frozen=True)
class BuildSpec:
    """An image to build.

    Args:
        source: The folder with the code, None for an image without.
        framework: Whose plugin goes into it.
        base_image: What it is built on; None: what the framework says.
        wheels: A folder with wheels that pip takes before those of an index.
        ca_file: Certificates that pip trusts while it builds the image.
        build_args: `--build-arg` of Docker.
    """

    source: Path | None
    framework: Framework
    base_image: str | None = None
    wheels: Path | None = None
    ca_file: Path | None = None
    build_args: Mapping[str, str] | None = None

    @property
    def kept(self) -> Path | None:
        """The user's own Dockerfile, where the code has one."""
        file = self.source / DOCKERFILE if self.source else None
        return file if file and file.is_file() else None


def dockerfile(spec: BuildSpec) -> str:
    """Word the Dockerfile of an image; the one that lies beside the code is not looked at."""
    wheels = bool(spec.wheels or spec.ca_file)
    return text(for_source(spec.source, spec.framework.image(), wheels=wheels, base_image=spec.base_image), _TITLE)


def build(spec: BuildSpec, tag: str, docker: Docker) -> int:
    """Build an image, its progress shown.

    Args:
        spec: The image.
        tag: Its name.
        docker: Docker's client.

    Returns:
        Its size in bytes.

    Raises:
        NoWheelsError: The folder of wheels has none.
        ImageBuildError: A step of the build failed, or Docker refuses it.
    """
    words = spec.kept.read_text(encoding="utf-8") if spec.kept else dockerfile(spec)
    given = dict(spec.build_args or {})
    if spec.base_image:
        given["BASE_IMAGE"] = spec.base_image
    args = [word for key, value in given.items() for word in ("--build-arg", f"{key}={value}")]
    with build_context(spec.source, words, spec.wheels, spec.ca_file) as context:
        try:
            docker.show("build", "--tag", tag, *args, str(context))
        except DockerError:
            raise ImageBuildError(tag, spec.kept) from None
    return int(docker.read("image", "inspect", "--format", "{{.Size}}", tag))
