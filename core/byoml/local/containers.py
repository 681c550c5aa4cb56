"""Programs in Docker: each host a container of one image, with its tree mounted at `/opt/ml`."""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from byoml.image.docker import Docker, find
from byoml.local.mount import MOUNT_POINT
from byoml.local.runner import Data, Start
from byoml.local.tree import Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Containers", "containers"]

_PORT = 8080
# What the platform gives its containers too: access to S3.
_PASSED_ON = "AWS_"
# Docker's own 64 MB are too little for the workers of a data loader; the platform's containers have more.
_SHARED_MEMORY = "1g"


@dataclass(frozen=True)
class Containers:
    """Programs run in containers.

    Args:
        docker: Docker's client.
        image: The image.
        run: The name of this run, which all its containers' names begin with.
        network: What several hosts find each other in, None for one host.
        port: The port of this machine that a server is reachable at, None where none serves.
        entrypoint: Whether the image has an ENTRYPOINT.
    """

    docker: Docker
    image: str
    run: str
    network: str | None = None
    port: int | None = None
    entrypoint: bool = False
    environ: None = None

    def site(self, count: int) -> Site:
        return Site(tuple(sorted(f"algo-{number}" for number in range(1, count + 1))), "eth0", links=False)

    def base(self, tree: Path) -> Path:
        return MOUNT_POINT

    def warn(self, tree: Path, code: Path, shown_as: Path | None) -> None:
        """Find nothing: the tree is where all code looks for it."""

    def start(
        self, words: Sequence[str], tree: Path, variables: Mapping[str, str], host: str = "", data: Sequence[Data] = ()
    ) -> Start:
        users = self.docker.environ
        given = {name: value for name, value in users.items() if name.startswith(_PASSED_ON)} | dict(variables)
        options = [
            *("--rm", "--name", f"{self.run}-{host}" if host else self.run, "--shm-size", _SHARED_MEMORY),
            *(() if self.network is None else ("--network", self.network, "--hostname", host, "--network-alias", host)),
            *(() if self.port is None else ("--publish", f"127.0.0.1:{self.port}:{_PORT}")),
            # Root's files would be left in the folders of a user who is not root.
            *(() if os.getuid() == 0 else ("--user", f"{os.getuid()}:{os.getgid()}")),
            *_mounts(tree, data),
            # By name: a value in the arguments could be read by everybody on this machine.
            *(word for name in sorted(given) for word in ("--env", name)),
        ]
        return Start((self.docker.program, "run", *options, *self._words(words)), {**users, **given})

    def _words(self, words: Sequence[str]) -> tuple[str, ...]:
        """Give the image and its words: an ENTRYPOINT gets `train` and `serve` as arguments, `processing` never."""
        program, *args = words
        if program != "processing" or not self.entrypoint:
            return (self.image, *words)
        if args and not args[0].startswith("-"):  # a script, which the image's own program knows nothing of
            return ("--entrypoint", program, self.image, *args)
        return (self.image, *args)

    def publish(self, port: int) -> tuple[Containers, int]:
        return replace(self, port=port), _PORT


def _mounts(tree: Path, data: Sequence[Data]) -> Iterator[str]:
    """Mount the folders of the tree one by one: what else the image has under `/opt/ml`, such as code, stays."""
    for folder in sorted(path for path in tree.iterdir() if path.is_dir()):
        yield from ("--volume", f"{folder}:{MOUNT_POINT / folder.name}")
    for place, path in data:
        yield from ("--volume", f"{path.resolve()}:{MOUNT_POINT / place}")


@contextmanager
def containers(image: str, environ: Mapping[str, str], hosts: int) -> Iterator[Containers]:
    """Get Docker ready for a run, and leave nothing of it behind.

    Args:
        image: The image.
        environ: The user's environment.
        hosts: How many hosts take part.

    Yields:
        The runner.

    Raises:
        DockerMissingError: Docker cannot be used here.
        ImageMissingError: There is no such image.
    """
    docker = find(environ)
    docker.require_image(image)
    entrypoint = docker.read("image", "inspect", "--format", "{{len .Config.Entrypoint}}", image) != "0"
    runner = Containers(docker, image, f"byoml-{uuid.uuid4().hex[:12]}", entrypoint=entrypoint)
    if hosts > 1:
        runner = replace(runner, network=runner.run)
        docker.read("network", "create", runner.run)
    try:
        yield runner
    finally:
        left = docker.read("ps", "--all", "--quiet", "--filter", f"name=^/{runner.run}").split()
        if left:
            docker.run("rm", "--force", "--volumes", *left)
        if runner.network:
            docker.run("network", "rm", runner.network)
