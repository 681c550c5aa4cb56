"""What can go wrong with images; part of the one tree in `byoml.errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.errors import ByomlError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = [
    "DockerError",
    "DockerMissingError",
    "ImageBuildError",
    "ImageMissingError",
    "NoWheelsError",
    "RegistryError",
]


class DockerMissingError(ConfigurationError):
    """Docker cannot be used on this machine.

    Args:
        reason: What its client says, or that there is none.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Docker cannot be used here ({reason}); install it, start its daemon, and let this user talk to it "
            "(`docker info` tells whether it works)"
        )


class DockerError(ByomlError):
    """A command of Docker's client failed.

    Args:
        args: The command, without `docker`.
        exit_code: How it ended.
        tail: The end of what it wrote, empty where the user has seen it.
    """

    def __init__(self, args: Sequence[str], exit_code: int, tail: str = "") -> None:
        said = f": {tail.strip()}" if tail.strip() else ""
        super().__init__(f"`docker {' '.join(args)}` ended with {exit_code}{said}")


class ImageBuildError(ConfigurationError):
    """Docker could not build an image; its own lines, which the user has seen, say at which step.

    Args:
        tag: The image's name.
        kept: The user's own Dockerfile, None where byoml worded it.
    """

    def __init__(self, tag: str, kept: Path | None) -> None:
        advice = (
            f"mend {kept}"
            if kept
            else "what pip does not find in its index it takes from a folder of wheels (--wheels DIR); "
            "`byoml image dockerfile` with the same options prints the Dockerfile, which you may keep and edit"
        )
        super().__init__(f"the image {tag} was not built: Docker's last lines say why; {advice}")


class ImageMissingError(ConfigurationError):
    """There is no such image on this machine."""

    def __init__(self, image: str) -> None:
        super().__init__(f"there is no image {image} here; build it (`byoml image build --tag {image}`), or pull it")


class NoWheelsError(ConfigurationError):
    """A folder that should bring wheels has none."""

    def __init__(self, folder: Path, found: Iterable[str]) -> None:
        listed = ", ".join(sorted(found)[:20]) or "none"
        super().__init__(f"{folder} holds no wheel (*.whl); files there: {listed}")


class RegistryError(ConfigurationError):
    """A registry cannot be pushed to.

    Args:
        repository: Which.
        reason: What it says, or what is wrong with the name.
    """

    def __init__(self, repository: str, reason: object) -> None:
        super().__init__(f"{repository} cannot be pushed to: {reason}")
