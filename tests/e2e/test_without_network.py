"""A container whose network is cut off (contract/inference H-4): it starts, serves, and asks nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from isolation import isolated

if TYPE_CHECKING:
    from byoml.testing.container import Container

_SCRIPT = "def model_fn(model_dir):\n    return 3\n\ndef predict_fn(data, model):\n    return [model]\n"
# Runs in a network that has nothing but its own loopback interface, which begins switched off.
_INSIDE = """
import fcntl, json, os, pathlib, socket, struct, sys
from byoml.testing.container import Container

UP, SET_FLAGS = 1, 0x8914
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh22x", b"lo", UP))
try:
    reached = socket.create_connection(("192.0.2.1", 80), 5) and "somebody"
except OSError as error:
    reached = error.strerror
root, variables = sys.argv[1], json.loads(sys.argv[2])
with Container(pathlib.Path(root)).serve(variables) as endpoint:
    answer = endpoint.invoke("[]", "application/json").json()
print(json.dumps([reached, answer]))
"""


@pytest.mark.parametrize("requirements", ["", "pluggy\njinja2; python_version < '3'\n"], ids=["none", "satisfied"])
def test_an_endpoint_starts_without_a_network(container: Container, requirements: str) -> None:
    """With no requirements, or with some that are installed already."""
    cut_off = isolated("--map-root-user", "--net")
    container.write({"model/code/inference.py": _SCRIPT})
    if requirements:
        container.write({"model/code/requirements.txt": requirements, "model/requirements.txt": requirements})
    variables = {"BYOML_FRAMEWORK": "none", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}
    command = [*cut_off, sys.executable, "-c", _INSIDE, str(container.root), json.dumps(variables)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=55, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == ["Network is unreachable", [3]]
