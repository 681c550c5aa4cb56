"""The word `serve`: an endpoint with a model, or with none."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from byoml.image.check.container import COULD_NOT_START, Launch, running
from byoml.image.check.statements import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from byoml.image.check.container import Answer, Container
    from byoml.image.check.statements import Verdict
    from byoml.image.docker import Docker

__all__ = [
    "check_multi_model",
    "check_port",
    "check_serving",
    "judge_invocation",
    "judge_ping",
    "judge_stop",
]

_STOP_SECONDS = 30
_PING_SECONDS = 2.0
_OTHER_PORT = 8093
_NOT_ROUTED = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})


def check_serving(docker: Docker, image: str, model: Path | None, folder: Path, seconds: float) -> Iterator[Verdict]:
    """Start an endpoint, ask it, and stop it.

    Args:
        docker: Docker's client.
        image: The image.
        model: A folder with a model, None for an empty one.
        folder: An empty folder, which is mounted where no model is given.
        seconds: How long the endpoint may take until it answers.

    Yields:
        The verdicts.
    """
    mounts = _mounts(model, folder)
    with running(docker, Launch(image, "serve", mounts)) as container:
        first = container.answers("/ping", seconds, HTTPStatus.OK if model else None)
        code = container.exit_code()
        if first.status is None and code is not None:
            yield from _not_started(container, code)
            return
        yield verdict("serve-starts", "it runs", kept=True)
        if first.status is None:
            yield verdict("listens", f"nothing answered within {seconds:g} s: {container.tail()}", kept=False)
            yield from (verdict(name, "nothing answers", kept=None) for name in ("ping", "invocations"))
        else:
            yield verdict("listens", f"/ping answered {first.status}", kept=True)
            yield judge_ping(container.ask("GET", "/ping"), needs_model=model is not None)
            yield judge_invocation(container.ask("POST", "/invocations", b"1.0,2.0\n", timeout=60.0))
        yield judge_stop(*container.stop(_STOP_SECONDS))


def _mounts(model: Path | None, folder: Path) -> Mapping[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    return {"/opt/ml/model": (model or folder).resolve()}


def _not_started(container: Container, code: int) -> Iterator[Verdict]:
    reason = "no such program" if code in COULD_NOT_START else "it ended"
    yield verdict("serve-starts", f"{reason}, exit code {code}: {container.tail()}", kept=False)
    for name in ("listens", "ping", "invocations", "stop"):
        yield verdict(name, "the server did not start", kept=None)


def judge_ping(answer: Answer, *, needs_model: bool) -> Verdict:
    """Judge an answer of `/ping`.

    Args:
        answer: The answer.
        needs_model: Whether the endpoint has a model, and so must be ready; without one only what it says when it is
            ready is judged.

    Returns:
        The verdict.
    """
    ready = answer.status == HTTPStatus.OK
    found = f"{answer.status} after {answer.seconds:.2f} s"
    if ready and answer.body:
        found += f" with a body of {len(answer.body)} bytes"
    kept = answer.seconds <= _PING_SECONDS and (not answer.body if ready else not needs_model)
    return verdict("ping", found, kept=kept)


def judge_invocation(answer: Answer) -> Verdict:
    """Judge an answer of `/invocations`: any but that nothing is there for this path or method."""
    found = "no answer" if answer.status is None else f"a CSV row is answered {answer.status}"
    return verdict("invocations", found, kept=answer.status is not None and answer.status not in _NOT_ROUTED)


def judge_stop(code: int | None, seconds: float) -> Verdict:
    """Judge how a server ended after SIGTERM, and after how long."""
    # 143: ended by the signal, which the platform takes as well.
    return verdict("stop", f"exit code {code} after {seconds:.1f} s", kept=code in {0, 143} and seconds < _STOP_SECONDS)


def check_port(docker: Docker, image: str, model: Path | None, folder: Path, seconds: float) -> Verdict:
    """Start an endpoint at another port, as an inference pipeline does."""
    variables = {"SAGEMAKER_BIND_TO_PORT": str(_OTHER_PORT)}
    launch = Launch(image, "serve", _mounts(model, folder), variables, _OTHER_PORT)
    with running(docker, launch) as container:
        answer = container.answers("/ping", seconds)
        found = f"port {_OTHER_PORT}: {'nothing answers' if answer.status is None else f'/ping {answer.status}'}"
        return verdict("bind-port", found, kept=answer.status is not None)


def check_multi_model(docker: Docker, image: str, folder: Path, seconds: float) -> Verdict:
    """Start an endpoint of several models, with none loaded yet, and list them."""
    variables = {"SAGEMAKER_MULTI_MODEL": "true"}
    folder.mkdir(parents=True, exist_ok=True)
    with running(docker, Launch(image, "serve", {"/opt/ml/models": folder}, variables)) as container:
        container.answers("/ping", seconds, HTTPStatus.OK)
        answer = container.ask("GET", "/models")
        return verdict("multi-model", f"/models answered {answer.status}", kept=answer.status == HTTPStatus.OK)
