"""The whole examination of an image, in order."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byoml.image.check.serving import check_multi_model, check_port, check_serving
from byoml.image.check.statements import Verdict, verdict
from byoml.image.check.training import check_training

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from byoml.image.docker import Docker

__all__ = ["ImageCheck", "check", "judge_entrypoint"]

_CAPABILITY = "com.amazonaws.sagemaker.capabilities."
_PROGRAMS = ("bash", "tar", "python3", "pip")
_SHELLS = (["/bin/sh", "-c"], ["/bin/bash", "-c"], ["sh", "-c"], ["bash", "-c"])


@dataclass(frozen=True)
class ImageCheck:
    """What is examined.

    Args:
        image: The image.
        model: A folder with a model for it, None where there is none.
        seconds: How long a probe job may run, and an endpoint take until it answers.
    """

    image: str
    model: Path | None = None
    seconds: float = 60.0


def check(request: ImageCheck, docker: Docker, tell: Callable[[str], None]) -> Iterator[Verdict]:
    """Examine an image.

    Args:
        request: What is examined.
        docker: Docker's client.
        tell: Called with what happens now, one line each.

    Yields:
        A verdict for each statement, as soon as it is known.

    Raises:
        ImageMissingError: There is no such image.
    """
    image = request.image
    docker.require_image(image)
    config: dict[str, Any] = json.loads(docker.read("image", "inspect", "--format", "{{json .Config}}", image))
    labels = config.get("Labels") or {}
    yield judge_entrypoint(config.get("Entrypoint") or [])
    with tempfile.TemporaryDirectory(prefix="byoml-check-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        tell("running a probe job")
        yield from check_training(docker, image, folder / "job", request.seconds)
        tell("starting an endpoint")
        yield from check_serving(docker, image, request.model, folder / "model", request.seconds)
        if labels.get(f"{_CAPABILITY}accept-bind-to-port") == "true":
            tell("starting an endpoint at another port")
            yield check_port(docker, image, request.model, folder / "model", request.seconds)
        else:
            yield verdict("bind-port", "the image has no label that promises it", kept=None)
        if labels.get(f"{_CAPABILITY}multi-models") == "true":
            tell("starting an endpoint of several models")
            yield check_multi_model(docker, image, folder / "models", request.seconds)
        else:
            yield verdict("multi-model", "the image has no label that promises it", kept=None)
    yield _programs(docker, image)


def judge_entrypoint(words: list[str]) -> Verdict:
    """Tell whether an ENTRYPOINT, empty where the image has none, passes the platform's word on."""
    if words[:2] in _SHELLS:
        return verdict("entrypoint", f"ENTRYPOINT is in shell form, which drops them: {words}", kept=False)
    if words and Path(words[0]).name == "tini":
        return verdict("entrypoint", f"ENTRYPOINT is tini, which takes them for programs: {words}", kept=False)
    return verdict("entrypoint", f"ENTRYPOINT takes them: {words}" if words else "there is no ENTRYPOINT", kept=True)


def _programs(docker: Docker, image: str) -> Verdict:
    look = "".join(f"command -v {name} >/dev/null || echo {name}; " for name in _PROGRAMS)
    ended = docker.run("run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", image, "-c", look)
    missing = ended.stdout.split() or ([] if ended.returncode == 0 else ["sh"])
    found = f"missing: {', '.join(missing)}" if missing else "all are there"
    return verdict("sdk-programs", found, kept=not missing)
