"""`byoml image check`: any image against the contract; what is broken is found, and named with its remedy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from built_images import BASE_IMAGE
from byoml.image.check.statements import STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from byoml.image.docker import Docker

_BYOML = str(Path(sys.executable).with_name("byoml"))
# A server as people write one by hand; what is wrong with it is put in by replacing.
_SERVE = """#!/usr/bin/python3
import os, signal, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ping" else 404)
        self.end_headers()
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.path == "/invocations" else 404)
        self.end_headers()
    def log_message(self, *args):
        pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
"""
_TRAIN = """#!/usr/bin/python3
open("/opt/ml/model/model.txt", "w").write("a model")
"""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def hand_written(docker: Docker, tmp_path: Path) -> Callable[..., str]:
    """Build an image with a hand-written train and serve, nothing of byoml in it."""

    def build(train: str = _TRAIN, serve: str = _SERVE, more: str = "") -> str:
        (tmp_path / "train").write_text(train)
        (tmp_path / "serve").write_text(serve)
        run = "RUN chmod +x /usr/local/bin/train /usr/local/bin/serve"
        (tmp_path / "Dockerfile").write_text(f"FROM {BASE_IMAGE}\nCOPY train serve /usr/local/bin/\n{run}\n{more}\n")
        docker.read("build", "--quiet", "--tag", "byoml-test/by-hand", str(tmp_path))
        return "byoml-test/by-hand"

    return build


def _check(image: str, *args: str) -> tuple[int, dict[str, str], str]:
    """Give the exit code, the word for each statement, and the whole output."""
    command = [_BYOML, "image", "check", image, "--seconds", "20", *args]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    lines = [line.split() for line in ended.stdout.splitlines() if line[:1].strip()]
    return ended.returncode, {line[1]: line[0] for line in lines if line[1] in STATEMENTS}, ended.stdout + ended.stderr


def test_our_own_image_keeps_every_statement(base: str) -> None:
    """With no model and no script it says 503 and why, and stays."""
    code, words, said = _check(base)
    assert (code, set(words.values())) == (0, {"kept"}), said
    assert words.keys() == STATEMENTS.keys()


def test_an_image_without_byoml_may_keep_them_too(hand_written: Callable[..., str]) -> None:
    """What it has no label for is not tried; the SDK's programs it does not have are named."""
    code, words, said = _check(hand_written())
    broken = {name for name, word in words.items() if word == "broken"}
    assert (code, broken) == (1, {"sdk-programs"}), said
    assert "missing: pip" in said
    assert (words["bind-port"], words["multi-model"]) == ("untried", "untried")


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"serve": _SERVE.replace("0.0.0.0", "127.0.0.1")}, {"listens"}),
        ({"serve": _SERVE.replace("lambda *_: sys.exit(0)", "signal.SIG_IGN")}, {"stop"}),
        ({"serve": _SERVE.replace('"/invocations"', '"/predict"')}, {"invocations"}),
        ({"serve": "#!/bin/sh\nexit 4\n"}, {"serve-starts"}),
        ({"train": "#!/bin/sh\necho no data >&2; exit 1\n"}, {"train-outcome"}),
        ({"train": "#!/bin/sh\nexit 0\n"}, {"train-outcome"}),
        ({"more": "ENTRYPOINT exec serve"}, {"entrypoint"}),
        ({"more": "RUN rm /usr/local/bin/train"}, {"train-starts"}),
        ({"more": "LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true"}, {"bind-port"}),
        ({"more": "LABEL com.amazonaws.sagemaker.capabilities.multi-models=true"}, {"multi-model"}),
    ],
    ids=lambda value: "-".join(sorted(value)) if isinstance(value, set) else "",
)
def test_what_an_image_breaks_is_found_with_its_remedy(
    change: dict[str, str], broken: set[str], hand_written: Callable[..., str]
) -> None:
    """Each fault that a hand-written container may have, one at a time; the others stay kept."""
    code, words, said = _check(hand_written(**change), "--seconds", "4")
    found = {name for name, word in words.items() if word == "broken"} - {"sdk-programs"}
    # In shell form `train` never runs either: the word is dropped.
    assert found - {"train-outcome"} == broken - {"train-outcome"}, said
    assert broken <= found, said
    assert code == 1
    for name in broken:
        assert f"remedy: {STATEMENTS[name].remedy}" in said


def test_an_image_that_is_not_here_is_named(docker: Docker) -> None:
    """The error tells how to get it."""
    assert docker.program
    code, words, said = _check("byoml-test/nowhere:1")
    assert (code, words) == (1, {})
    assert "there is no image byoml-test/nowhere:1 here" in said
