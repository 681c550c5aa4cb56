"""Does a framework serve as the contract says? Black-box: a real `serve` over a saved model."""
# ruff: noqa: S101, PLR2004  these are tests, shipped

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from byoml.testing.container import Answer, Container
from byoml.testing.contract.suite import FrameworkSuite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from byoml.plugin import Framework
    from byoml.testing.container import Endpoint

__all__ = ["FrameworkServingContract"]

_UNKNOWN = "application/x-nobody-knows-this"
_GARBAGE = b'\xff\x00{"["'
_CALLS = 32
_CLIENTS = 8
_READY_SECONDS = 50.0
_ENV = {"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}


class FrameworkServingContract(FrameworkSuite):
    """Give these fixtures, of scope class or wider; in the class, override `broken_payloads` and `agree` where needed.

    Args:
        framework: The framework's name.
        saved_model: A folder as it lies under `/opt/ml/model`.
        payloads: By content type, one body that the model can predict from; all types that the framework declares.
    """

    not_covered = (
        "whether predictions are right: only that they come, in the declared types, alike alone and in company",
        "user functions in place of the framework's",
        "streaming, sessions, several models in one endpoint, and GPUs",
        "how fast answers come",
    )

    @pytest.fixture(scope="class")
    @classmethod
    def broken_payloads(cls, payloads: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """Give bodies that are not what their content type promises; garbage, unless that is a body for your types."""
        return dict.fromkeys(payloads, _GARBAGE)

    def agree(self, alone: Answer, in_company: Answer) -> bool:
        """Compare two answers to one request; override it where a batch rounds otherwise than a single row."""
        return alone.body == in_company.body

    @pytest.fixture(scope="class")
    @classmethod
    def served(cls, framework: str, saved_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Container:
        """Give a container with the model in its place."""
        container = Container(tmp_path_factory.mktemp("serving"), {"BYOML_FRAMEWORK": framework, **_ENV})
        copytree(saved_model, container.paths.model, dirs_exist_ok=True)
        return container

    @pytest.fixture(scope="class")
    @classmethod
    def endpoint(cls, served: Container) -> Iterator[Endpoint]:
        """Give a server that is ready; one for all checks, as no request changes it."""
        with served.serve() as endpoint:
            yield endpoint

    def test_the_model_is_recognized_and_an_empty_folder_is_not(
        self, plugin: Framework, saved_model: Path, tmp_path: Path
    ) -> None:
        """Where several frameworks are installed, this is how the one for a model is found."""
        assert plugin.recognizes(saved_model)
        assert not plugin.recognizes(tmp_path)

    def test_every_declared_content_type_has_a_payload(self, plugin: Framework, payloads: Mapping[str, bytes]) -> None:
        """What a framework declares is tried; one that declares nothing shows at least one type."""
        assert payloads
        assert set(plugin.content_types or ()) <= set(payloads)

    def test_every_payload_is_answered_in_every_declared_type(
        self, endpoint: Endpoint, plugin: Framework, payloads: Mapping[str, bytes]
    ) -> None:
        """Status 200, a body, and exactly the content type that was asked for, without parameters."""
        for content_type, body in payloads.items():
            for accept in plugin.accepts or (plugin.default_accept,):
                answer = endpoint.invoke(body, content_type, accept)
                assert (answer.status, answer.headers["content-type"]) == (200, accept), answer.body
                assert answer.body, f"no body for {content_type} in, {accept} out"

    def test_headers_that_are_missing_have_the_declared_defaults(
        self, endpoint: Endpoint, plugin: Framework, payloads: Mapping[str, bytes]
    ) -> None:
        """A request without Content-Type and Accept is read and answered in the framework's default types."""
        answer = endpoint.invoke(payloads[plugin.default_content_type])

        assert (answer.status, answer.headers["content-type"]) == (200, plugin.default_accept), answer.body

    def test_an_unknown_content_type_is_415(self, endpoint: Endpoint, payloads: Mapping[str, bytes]) -> None:
        """A type that nobody reads is refused, and the answer names the types that would do."""
        message = _error(endpoint.invoke(next(iter(payloads.values())), _UNKNOWN), 415, "UnsupportedContentType")

        assert next(iter(payloads)) in message

    def test_an_unacceptable_accept_is_406(self, endpoint: Endpoint, payloads: Mapping[str, bytes]) -> None:
        """A type that nobody writes is refused."""
        content_type, body = next(iter(payloads.items()))

        _error(endpoint.invoke(body, content_type, _UNKNOWN), 406, "NotAcceptable")

    def test_a_broken_body_is_400(self, endpoint: Endpoint, broken_payloads: Mapping[str, bytes]) -> None:
        """A body that is not of its type is the client's mistake, and says so in the one form that errors have."""
        for content_type, body in broken_payloads.items():
            _error(endpoint.invoke(body, content_type), 400, "MalformedPayload")

    def test_an_empty_body_is_400(self, endpoint: Endpoint, payloads: Mapping[str, bytes]) -> None:
        """Nothing to predict from is the client's mistake too."""
        for content_type in payloads:
            _error(endpoint.invoke(b"", content_type), 400, "MalformedPayload")

    def test_the_server_serves_on_after_errors(self, endpoint: Endpoint, payloads: Mapping[str, bytes]) -> None:
        """A request that failed leaves nothing behind for the next."""
        content_type, body = next(iter(payloads.items()))
        before = endpoint.invoke(body, content_type)
        for broken in (_GARBAGE, b""):
            endpoint.invoke(broken, content_type)

        after = endpoint.invoke(body, content_type)

        assert (before.status, after.status) == (200, 200), after.body
        assert self.agree(before, after)

    def test_concurrent_calls_agree_with_single_ones(self, endpoint: Endpoint, payloads: Mapping[str, bytes]) -> None:
        """Requests that wait together, and may be predicted as one batch, get the answers that they get alone."""
        requests = list(payloads.items()) * _CALLS
        alone = {content_type: endpoint.invoke(body, content_type) for content_type, body in payloads.items()}
        with ThreadPoolExecutor(_CLIENTS) as clients:
            answers = list(clients.map(lambda request: endpoint.invoke(request[1], request[0]), requests))

        assert {answer.status for answer in answers} == {200}
        for (content_type, _), answer in zip(requests, answers, strict=True):
            assert self.agree(alone[content_type], answer), content_type

    def test_a_bad_request_fails_alone_among_good_ones(
        self, endpoint: Endpoint, payloads: Mapping[str, bytes], broken_payloads: Mapping[str, bytes]
    ) -> None:
        """Of requests that wait together, the broken are answered 400, the others as if those had not been there."""
        good, bad = list(payloads.items()), list(broken_payloads.items())
        alone = [endpoint.invoke(body, content_type) for content_type, body in good]
        requests = [*good, *bad] * (_CALLS // 4)
        with ThreadPoolExecutor(_CLIENTS) as clients:
            answers = list(clients.map(lambda request: endpoint.invoke(request[1], request[0]), requests))

        for number, answer in enumerate(answers):
            place = number % (len(good) + len(bad))
            if place < len(good):
                assert (answer.status, self.agree(alone[place], answer)) == (200, True), answer.body
            else:
                assert answer.status == 400, answer.body

    def test_ping_is_never_200_before_the_model_can_predict(
        self, served: Container, payloads: Mapping[str, bytes]
    ) -> None:
        """The first 200 means that a prediction works; before it comes no answer or 503; SIGTERM then gives 0."""
        content_type, body = next(iter(payloads.items()))
        with served.serve(ready=False) as endpoint:
            seen = _pings(endpoint)
            answer = endpoint.invoke(body, content_type)
            code = endpoint.stop()

        assert seen[-1] == 200, endpoint.stderr().decode("utf-8", "replace")
        assert set(seen[:-1]) <= {0, 503}
        assert answer.status == 200, answer.body
        assert code == 0

    def test_an_empty_model_folder_ends_the_server(self, framework: str, tmp_path: Path) -> None:
        """With nothing to load the server never says that it is ready; it ends with an error, and says why."""
        container = Container(tmp_path, {"BYOML_FRAMEWORK": framework, **_ENV})
        with container.serve(ready=False) as endpoint:
            seen = _pings(endpoint)
            code = endpoint.stop()

        assert 200 not in seen
        assert code not in (0, 128 + 15)
        assert str(container.paths.model).encode() in endpoint.stderr()

    def test_a_corrupt_model_ends_the_server(self, framework: str, saved_model: Path, tmp_path: Path) -> None:
        """Files that are no model any more are noticed before `/ping` says 200, and the log says that they are."""
        container = Container(tmp_path, {"BYOML_FRAMEWORK": framework, **_ENV})
        copytree(saved_model, container.paths.model, dirs_exist_ok=True)
        for path in container.paths.model.rglob("*"):
            if path.is_file():
                path.write_bytes(_GARBAGE)
        with container.serve(ready=False) as endpoint:
            seen = _pings(endpoint)
            code = endpoint.stop()

        assert 200 not in seen
        assert code not in (0, 128 + 15)
        assert b"cannot be loaded" in endpoint.stderr()


def _pings(endpoint: Endpoint) -> list[int]:
    """Ask again and again until the answer is 200, or the server has ended."""
    seen: list[int] = []
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and endpoint.process.poll() is None and 200 not in seen[-1:]:
        seen.append(endpoint.ping())
        time.sleep(0.01)
    return seen


def _error(answer: Answer, status: int, kind: str) -> str:
    """Hold an answer to the one form that errors have, and give its message."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/json"), answer.body
    error = answer.json()
    assert (error["code"], error["type"]) == (status, kind)
    assert error["request_id"]
    assert b"Traceback" not in answer.body
    message: str = error["message"]
    return message
