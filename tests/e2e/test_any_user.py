"""The container's words run as a user that the system knows nothing of (contract/inference H-3)."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from blackbox import console_script, environment, free_port
from serve_process import Server, stop, wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Iterator

# No name, no home, no rights: nothing is its own but what a test gives it.
_USER = 54321
_TRAIN = """
import os
with open(os.path.join(os.environ["SM_MODEL_DIR"], "user"), "w") as file:
    file.write(f"{os.getuid()} {os.getgid()}")
"""
_SERVE = """
import os

def model_fn(model_dir):
    try:
        open(os.path.join(model_dir, "mine"), "w")
    except OSError:
        return open(os.path.join(model_dir, "user")).read().split()

def predict_fn(data, model):
    return [*map(int, model), os.getuid(), os.environ["LONG_24"][-1]]
"""
# Who else to be, and how: the kernel's way, for root alone; or in a namespace of users, where the system has them.
_WAYS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "another user": ((), {"user": _USER, "group": _USER, "extra_groups": []}),
    "namespace": (("unshare", "--user", f"--map-user={_USER}", f"--map-group={_USER}"), {}),
}


@pytest.fixture(params=_WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """A way that this system allows, and that reaches this Python."""
    prefix, options = _WAYS[request.param]
    command = [*prefix, console_script("byoml"), "--help"]
    env = {"PATH": os.defpath}
    try:
        probe = subprocess.run(command, capture_output=True, timeout=30, check=False, env=env, **options)
    except OSError as error:
        pytest.skip(f"{request.param} cannot run {console_script('byoml')}: {error}")
    if probe.returncode:
        pytest.skip(f"{request.param} cannot run {console_script('byoml')}: {probe.stderr.decode()[-200:]}")
    return str(request.param)


@pytest.fixture
def tree() -> Iterator[Path]:
    """A tree that others may read; of pytest's own folders they may read nothing."""
    with tempfile.TemporaryDirectory(prefix="byoml-user-") as folder:
        base = Path(folder, "ml")
        for name in ("code", "model", "output"):
            (base / name).mkdir(parents=True)
        (base / "code/train.py").write_text(_TRAIN, encoding="utf-8")
        (base / "code/inference.py").write_text(_SERVE, encoding="utf-8")
        for name in ("model", "output"):
            (base / name).chmod(0o777)
        Path(folder).chmod(0o755)
        yield base
        (base / "model").chmod(0o755)


@contextmanager
def _running(word: str, tree: Path, way: str, variables: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a word of the container as that user, with as long variables as the platform may give it."""
    long = {f"LONG_{number}": "x" * 1000 for number in range(25)}
    env = environment(tree, {"BYOML_FRAMEWORK": "none", **long, **variables})
    del env["HOME"]
    prefix, options = _WAYS[way]
    with (tree.parent / word).open("wb") as output:
        yield subprocess.Popen(
            [*prefix, console_script(word)],
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
            env=env,
            **options,
        )


def test_train_and_serve_run_as_a_user_that_nobody_knows(way: str, tree: Path) -> None:
    """Neither needs a home, a name, or a place to write beside those that the contract gives it."""
    with _running("train", tree, way, {}) as process:
        assert process.wait(50) == 0, (tree.parent / "train").read_text("utf-8")
    assert (tree / "model/user").read_text("utf-8") == f"{_USER} {_USER}"

    (tree / "model").chmod(0o555)  # an endpoint gets it to be read
    port = free_port()
    variables = {"SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}
    with _running("serve", tree, way, variables) as process:
        server = Server(process, port, tree.parent / "serve")
        try:
            wait_until_ready(server)
            answer = server.ask("POST", "/invocations", b"[]", {"Content-Type": "application/json"})
            assert json.loads(answer.body) == [_USER, _USER, _USER, "x"]
        finally:
            code = stop(server)
        assert code == 0, server.told()
