"""Docker's own client, as a program: what it prints is shown as it comes."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.image.errors import DockerError, DockerMissingError, ImageMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Docker", "find"]


@dataclass(frozen=True)
class Docker:
    """Docker's client, which has been seen to reach its daemon.

    Args:
        program: The path of the client.
        environ: Its environment: the user's.
    """

    program: str
    environ: Mapping[str, str]

    def show(self, *args: str) -> None:
        """Run a command with its output shown; raises DockerError where it fails."""
        ended = subprocess.run([self.program, *args], env=dict(self.environ), stdin=subprocess.DEVNULL, check=False)
        if ended.returncode:
            raise DockerError(args, ended.returncode)

    def read(self, *args: str, given: str | None = None) -> str:
        """Run a command and take its output.

        Args:
            *args: The command, without `docker`.
            given: What it reads from stdin, such as a password that must not stand in the arguments.

        Returns:
            Its stdout, stripped.

        Raises:
            DockerError: It failed; with the end of its stderr.
        """
        ended = self.run(*args, given=given)
        if ended.returncode:
            raise DockerError(args, ended.returncode, ended.stderr[-2000:])
        return ended.stdout.strip()

    def run(self, *args: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command with its output kept, whatever its exit code."""
        return subprocess.run(
            [self.program, *args],
            env=dict(self.environ),
            input=given if given is not None else "",
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    def require_image(self, image: str) -> None:
        """Make sure that an image is here; raises ImageMissingError."""
        if self.run("image", "inspect", "--format", "{{.Id}}", image).returncode:
            raise ImageMissingError(image)


def find(environ: Mapping[str, str]) -> Docker:
    """Find Docker, and make sure that its daemon answers.

    Args:
        environ: The user's environment: `PATH`, `DOCKER_HOST` and what else the client reads.

    Returns:
        The client.

    Raises:
        DockerMissingError: There is no client, or no daemon answers it.
    """
    program = shutil.which("docker", path=environ.get("PATH"))
    if program is None:
        raise DockerMissingError("there is no program docker on PATH")
    docker = Docker(program, environ)
    ended = docker.run("info", "--format", "{{.ServerVersion}}")
    if ended.returncode or not ended.stdout.strip():
        said = ended.stderr.strip().splitlines() or ["its daemon does not answer"]
        raise DockerMissingError(said[-1])
    return docker
