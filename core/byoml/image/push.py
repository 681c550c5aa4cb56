"""An image to a registry, its progress shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.image.registry import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from byoml.image.docker import Docker

__all__ = ["push"]


def push(image: str, target: str, environ: Mapping[str, str], docker: Docker, tell: Callable[[str], None]) -> str:
    """Push an image.

    Args:
        image: Its name here.
        target: The full name it gets, with the registry's; the same name where it has that already.
        environ: The user's environment, for AWS.
        docker: Docker's client.
        tell: Called with what happens now, one line each.

    Returns:
        The name with the digest, by which a job can name exactly this image.

    Raises:
        ImageMissingError: There is no such image here.
        RegistryError: AWS refuses, or cannot be asked.
        DockerError: The push failed.
    """
    docker.require_image(image)
    prepare(target, environ, docker, tell)
    if target != image:
        docker.read("tag", image, target)
    tell(f"pushing {target}")
    docker.show("push", target)
    digests = docker.read("image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", target).split()
    name = target.rpartition(":")[0] if ":" in target.rpartition("/")[2] else target
    return next((digest for digest in digests if digest.partition("@")[0] == name), target)
