"""The event loop that a worker runs on: uvloop's, and asyncio's own where there is no build of it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from byoml.testing.container import Container

if TYPE_CHECKING:
    from pathlib import Path

_SCRIPT = """
import sys

def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept):
    return f"{len(data)} {'uvloop.loop' in sys.modules}", "text/plain"
"""


@pytest.mark.parametrize("there", [True, False])
def test_an_endpoint_needs_no_uvloop(tmp_path: Path, *, there: bool) -> None:
    """Small and large bodies are answered, and a stop ends it well, on either loop."""
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "none"})
    container.write(
        {"code/inference.py": _SCRIPT, "absent/uvloop.py": "raise ImportError('as where it is not built')\n"}
    )
    variables = {} if there else {"PYTHONPATH": str(container.paths.base / "absent")}
    with container.serve({"SAGEMAKER_MODEL_SERVER_WORKERS": "2", **variables}) as endpoint:
        for size in (3, 20_000_000):
            assert endpoint.invoke(size * "x", "text/plain").text == f"{size} {there}"
        assert endpoint.ping() == 200
        endpoint.process.send_signal(signal.SIGTERM)
        assert endpoint.process.wait(30) == 0
