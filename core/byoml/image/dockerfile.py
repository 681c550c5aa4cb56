"""The text of a Dockerfile: for Docker's classic builder too, so nothing of BuildKit's is in it."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from byoml.image.plan import Plan

__all__ = ["LABELS", "text"]

#: What the platform reads before it sends several models, a WebSocket or another port (inference M-1, W-2, I-1).
LABELS = tuple(
    f"com.amazonaws.sagemaker.capabilities.{name}=true"
    for name in ("multi-models", "bidirectional-streaming", "accept-bind-to-port")
)
_VENV = "/opt/byoml"
_INSTALL = (f"{_VENV}/bin/pip", "install", "--no-cache-dir", "--disable-pip-version-check")
# The tests that packages ship, what only compilers read, and programs for Windows are a sixth of an image; no compiler
# is there. Packages of the user's own choice are left alone.
_UNREAD = " -o ".join(f"-name {name}" for name in ("tests", "include", "'*.pyx'", "'*.pxd'", "'*.a'", "'*.exe'"))
_LEAN = f"find {_VENV} '(' {_UNREAD} ')' -prune -exec rm -rf {{}} +"
_FOLDERS = " ".join(f"/opt/ml/{name}" for name in ("code", "input", "model", "output"))


def text(plan: Plan, title: str = "") -> str:
    """Word a Dockerfile.

    Args:
        plan: What goes into the image.
        title: A comment for its first line.

    Returns:
        The text, good enough to be kept and edited.
    """
    blocks = [_head(plan, title), _packages(plan)]
    blocks += [_own(plan)] if plan.own else []
    blocks += [_code(plan)] if plan.code else []
    return "\n\n".join("\n".join(block) for block in [*blocks, _final(plan)]) + "\n"


def _head(plan: Plan, title: str) -> Iterator[str]:
    if title:
        yield f"# {title}"
    yield f"ARG BASE_IMAGE={plan.base_image}"


def _packages(plan: Plan) -> Iterator[str]:
    yield "# All packages go into one virtual environment. What only their installation needs stays in this stage."
    yield "FROM ${BASE_IMAGE} AS packages"
    yield "ARG PIP_INDEX_URL"
    yield "ARG PIP_EXTRA_INDEX_URL"
    yield f"RUN python3 -m venv {_VENV} && {_VENV}/bin/pip uninstall --quiet --yes setuptools"
    if plan.wheels:
        yield "# Wheels that no index has; and ca.crt, where the network has a certificate authority of its own."
        yield "COPY wheels/ /build/wheels/"
    for file in plan.requirement_files:
        yield f"COPY {file} /build/"
    lean = [_LEAN] if plan.own else []
    yield from _run([*_pip_settings(plan), _install(plan), *lean])


def _pip_settings(plan: Plan) -> Iterator[str]:
    if plan.wheels:
        yield "if [ -f /build/wheels/ca.crt ]; then export PIP_CERT=/build/wheels/ca.crt; fi"
    if plan.build_constraints:
        yield f"printf '%s\\n' {shlex.join(plan.build_constraints)} > /build/constraints.txt"
        # Two names of one wish: pip before 25.3 knows the first alone, later ones heed for builds only the second.
        yield "export PIP_CONSTRAINT=/build/constraints.txt PIP_BUILD_CONSTRAINT=/build/constraints.txt"


def _install(plan: Plan) -> str:
    words = ["--find-links", "/build/wheels"] if plan.wheels else []
    words += [word for file in plan.requirement_files for word in ("--requirement", f"/build/{_name(file)}")]
    return shlex.join([*_INSTALL, *words, *plan.requirements])


def _own(plan: Plan) -> Iterator[str]:
    yield "# In a stage of its own: a change of byoml leaves all other packages as they are."
    yield "FROM packages AS own"
    yield "COPY byoml/ /build/byoml/"
    options = ("--no-index", "--no-deps", "--find-links", "/build/byoml", "--prefix", "/own")
    yield from _run([shlex.join([*_INSTALL, *options, *plan.own])])


def _code(plan: Plan) -> Iterator[str]:
    yield "# Without what is only for the build: requirements left there would be installed again at each start."
    yield "FROM ${BASE_IMAGE} AS code"
    yield "COPY . /code/"
    done = ("wheels", "Dockerfile", ".dockerignore", *plan.requirement_files)
    yield f"RUN rm -rf {shlex.join(f'/code/{name}' for name in done)}"


def _final(plan: Plan) -> Iterator[str]:
    yield "FROM ${BASE_IMAGE}"
    yield "# What the platform asks an image before it sends several models, a WebSocket or another port."
    yield f"LABEL {_continued(LABELS)}"
    if plan.apt_packages:
        install = f"apt-get install --yes --no-install-recommends {shlex.join(plan.apt_packages)}"
        yield from _run(["apt-get update", install, "rm -rf /var/lib/apt/lists/*"])
    yield "# Whoever the container runs as may write there."
    yield f"RUN mkdir -p {_FOLDERS} && chmod -R a+rwX /opt/ml"
    yield f"COPY --from=packages {_VENV} {_VENV}"
    if plan.own:
        yield f"COPY --from=own /own/ {_VENV}/"
    if plan.code:
        yield "COPY --from=code /code/ /opt/ml/code/"
    yield f"ENV PATH={_VENV}/bin:$PATH PYTHONUNBUFFERED=1"
    yield "EXPOSE 8080"
    yield "# The platform says `train` or `serve`; version 3 of the SDK, in local mode, says nothing."
    yield 'CMD ["train"]'


def _run(commands: Iterable[str]) -> Iterator[str]:
    yield "RUN " + " && \\\n    ".join(commands)


def _continued(parts: Iterable[str]) -> str:
    return " \\\n      ".join(parts)


def _name(path: str) -> str:
    return PurePosixPath(path).name
