"""Bodies as large as asynchronous endpoints send them (contract/inference 1.3)."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from byoml.testing.container import Container, Endpoint

_MEGABYTE = 2**20
_MEGABYTES = 300
# Tells the length of the body, and the most memory that the worker has had so far.
_SCRIPT = """
import json, pathlib, re

def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept):
    status = pathlib.Path("/proc/self/status").read_text()
    return json.dumps([len(data), int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1024]), "application/json"
"""


def _send(endpoint: Endpoint, *, chunked: bool) -> bytes:
    length = {} if chunked else {"Content-Length": str(_MEGABYTES * _MEGABYTE)}
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=50)
    body = (bytes(_MEGABYTE) for _ in range(_MEGABYTES))
    headers = {"Content-Type": "application/octet-stream", **length}
    connection.request("POST", "/invocations", body, headers, encode_chunked=chunked)
    answer = connection.getresponse().read()
    connection.close()
    return answer


def test_a_large_body_is_held_once(container: Container) -> None:
    """With or without a length; it is gone when the next one comes, so a gigabyte needs little more than a gigabyte."""
    container.write({"model/code/inference.py": _SCRIPT})
    variables = {"BYOML_FRAMEWORK": "none", "SAGEMAKER_MODEL_SERVER_WORKERS": "1", "BYOML_MAX_BODY_MB": "1024"}
    with container.serve(env={**variables, "SAGEMAKER_MODEL_SERVER_TIMEOUT": "3600"}) as endpoint:
        small = endpoint.invoke(b"x", "application/octet-stream").json()[1]
        for chunked in (False, True):
            length, memory = json.loads(_send(endpoint, chunked=chunked))
            assert length == _MEGABYTES * _MEGABYTE
            assert memory - small < 1.4 * _MEGABYTES * _MEGABYTE
