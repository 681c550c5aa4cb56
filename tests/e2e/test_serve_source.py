"""Where the code of an endpoint, and what it needs, comes from (contract/inference 2 and 3.2)."""

from __future__ import annotations

import base64
import os
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from archives import tarball, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buckets import S3
    from byoml.testing.container import Container

_SCRIPT = """
from helper import VALUE

def model_fn(model_dir):
    return VALUE

def predict_fn(data, model):
    return [model]
"""
_NONE = {"BYOML_FRAMEWORK": "none", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}


@pytest.mark.parametrize("form", ["archive", "prefix"])
def test_the_submit_directory_may_lie_on_s3(container: Container, s3: S3, form: str) -> None:
    """It is downloaded before the server starts; its script serves, and wins over one in the model (F-11)."""
    if form == "archive":
        uri = s3.put("job/source/sourcedir.tar.gz", tarball({"serving.py": _SCRIPT, "helper.py": "VALUE = 5\n"}))
    else:
        s3.put("job/source/serving.py", _SCRIPT.encode())
        s3.put("job/source/helper.py", b"VALUE = 5\n")
        uri = s3.uri("job/source")
    container.write({"model/code/serving.py": _SCRIPT, "model/code/helper.py": "VALUE = 6\n"})
    said = {"SAGEMAKER_SUBMIT_DIRECTORY": uri, "SAGEMAKER_PROGRAM": "serving.py"}
    with container.serve(env={**_NONE, **s3.variables, **said}) as endpoint:
        assert endpoint.invoke("[]", "application/json").json() == [5]
    assert container.path("code/helper.py").read_text(encoding="utf-8") == "VALUE = 5\n"


def test_many_models_may_share_code_from_s3(container: Container, s3: S3) -> None:
    """Those that bring no script are served by it (F-11)."""
    uri = s3.put("sourcedir.tar.gz", tarball({"inference.py": _SCRIPT, "helper.py": "VALUE = 7\n"}))
    url = container.write_model("plain", {"weights": ""})
    said = {"SAGEMAKER_SUBMIT_DIRECTORY": uri, "SAGEMAKER_MULTI_MODEL": "true"}
    with container.serve(env={**_NONE, **s3.variables, **said}) as endpoint:
        assert endpoint.load_model("plain", url).status == 200
        assert endpoint.invoke("[]", "application/json", model="plain").json() == [7]


def test_code_that_is_not_on_s3_ends_the_container_and_is_named(container: Container, s3: S3) -> None:
    """Before anything is loaded; never is the model's own script served in its place."""
    uri = s3.uri("job/absent.tar.gz")
    container.write({"model/code/inference.py": "def predict_fn(data, model):\n    return data\n"})
    env = {**_NONE, **s3.variables, "SAGEMAKER_SUBMIT_DIRECTORY": uri}
    with container.serve(env=env, ready=False) as endpoint:
        assert endpoint.process.wait(30) == 1
        assert uri.encode() in endpoint.stderr()


def _wheel(value: int) -> bytes:
    return wheel("helper", f"VALUE = {value}\n")


_FILE = "helper-1.0-py3-none-any.whl"
_TARGET = "target"


def _importing(container: Container) -> dict[str, str]:
    """Have pip install into a folder of the test, which the script can import from."""
    container.write(
        {"model/code/inference.py": f"import sys\nsys.path.append({str(container.path(_TARGET))!r})\n{_SCRIPT}"}
    )
    return {**_NONE, "PIP_TARGET": str(container.path(_TARGET)), "PIP_NO_CACHE_DIR": "1"}


@pytest.mark.parametrize("switch", ["", "false"])
def test_requirements_of_the_model_folder_are_installed_from_its_wheels(container: Container, switch: str) -> None:
    """With no index asked, as model servers of AWS's newer images do it; a variable turns it off (2.2)."""
    env = {**_importing(container), "STANDARD_AUTO_INSTALL_REQ": switch}
    container.write({"model/requirements.txt": "helper==1.0\n", f"model/requirements/{_FILE}": _wheel(8)})
    with container.serve(env=env, ready=not switch) as endpoint:
        if switch:
            assert endpoint.process.wait(30) == 1
            assert b"No module named 'helper'" in endpoint.stderr()
        else:
            assert endpoint.invoke("[]", "application/json").json() == [8]


class _Index(ThreadingHTTPServer):
    """A package index that wants a password, and notes who of the machine's processes has it among its arguments."""

    def __init__(self, password: str) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.password = password
        self.let_in = 0
        self.shown: list[str] = []

    def look_around(self) -> None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = path.read_text(encoding="utf-8", errors="replace")
            except OSError:  # it has ended
                continue
            if self.password in line:
                self.shown.append(line)


class _Asked(BaseHTTPRequestHandler):
    server: _Index

    def do_GET(self) -> None:
        self.server.look_around()
        said = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        if not said.endswith(f":{self.server.password}"):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            body = b""
        else:
            self.server.let_in += 1
            self.send_response(200)
            link = f'<a href="/{_FILE}">{_FILE}</a>'.encode()
            body = _wheel(9) if self.path == f"/{_FILE}" else link
            self.send_header("Content-Type", "text/html" if body == link else "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def _index(password: str) -> Iterator[_Index]:
    with _Index(password) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("said_by", ["PIP_INDEX_URL", "STANDARD_PIP_ARGS"])
def test_a_private_index_is_asked_and_its_password_is_in_no_argument_and_no_log(
    container: Container, said_by: str
) -> None:
    """CA_REPOSITORY_ARN may name the repository; the token stands in a variable (2.1)."""
    container.write({"model/code/requirements.txt": "helper\n"})
    with _index("hidden-word") as index:
        url = f"http://aws:hidden-word@127.0.0.1:{index.server_port}/simple/"
        options = {"PIP_INDEX_URL": url} if said_by == "PIP_INDEX_URL" else {said_by: f"--index-url={url} --no-deps"}
        arn = {"CA_REPOSITORY_ARN": "arn:aws:codeartifact:eu-west-1:1:repository/d/r"}
        with container.serve(env={**_importing(container), **arn, **options}) as endpoint:
            assert endpoint.invoke("[]", "application/json").json() == [9]
            assert index.let_in >= 2
            assert index.shown == []
            assert b"hidden-word" not in endpoint.stderr() + endpoint.stdout()


def test_a_repository_without_an_index_ends_the_container(container: Container) -> None:
    """Else packages of that name would be taken from the public index (2.1)."""
    container.write({"model/requirements.txt": "byoml-has-no-such-package\n"})
    arn = {"CA_REPOSITORY_ARN": "arn:aws:codeartifact:eu-west-1:1:repository/d/r"}
    # The machine's own configuration of pip may name an index.
    with container.serve(env={**_NONE, **arn, "PIP_CONFIG_FILE": os.devnull}, ready=False) as endpoint:
        assert endpoint.process.wait(30) == 1
        assert b"PIP_INDEX_URL=https://aws:TOKEN@" in endpoint.stderr()
