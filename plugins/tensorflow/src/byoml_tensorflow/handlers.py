"""Scripts written for TensorFlow Serving's container: input_handler and output_handler (contract/inference F-15)."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from byoml.request_errors import MalformedPayload

from byoml_tensorflow.answering import document
from byoml_tensorflow.asking import Target
from byoml_tensorflow.content_types import JSON
from byoml_tensorflow.errors import HandlerPairError
from byoml_tensorflow.models import models_of
from byoml_tensorflow.reading import read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from byoml.plugin import Context

__all__ = ["HandlerContext", "Response", "handler_functions"]

_PAIR = ("input_handler", "output_handler")


class HandlerContext(NamedTuple):
    """What a handler is told, under the names of TensorFlow Serving's container; there is no such server to reach."""

    model_name: str
    model_version: str | None
    method: str
    rest_uri: str | None
    grpc_port: str | None
    channel: Any
    custom_attributes: str | None
    request_content_type: str
    accept_header: str
    content_length: int


@dataclass(frozen=True)
class Response:
    """What an output handler gets: TF Serving's answer, with what handlers ask of a response of `requests`.

    Args:
        content: The JSON text.
        status_code: 200; a request that fails is answered without the handler.
        reason: In words.
    """

    content: bytes
    status_code: int = 200
    reason: str = "OK"

    @property
    def ok(self) -> bool:
        return True

    @property
    def text(self) -> str:
        return self.content.decode("utf-8")

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Content-Type": JSON, "Content-Length": str(len(self.content))}

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        """Raise nothing, as there is no error."""


def handler_functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """Make functions for byoml of a script's handlers.

    Args:
        module: The user's script.

    Returns:
        `input_fn` and `output_fn`; nothing where it has no handlers.

    Raises:
        HandlerPairError: It has one of the pair alone, or `handler`, which needs TF Serving itself.
    """
    found = [name for name in (*_PAIR, "handler") if callable(getattr(module, name, None))]
    if not found:
        return {}
    if found == ["handler"]:
        raise HandlerPairError("handler", "which sends its request to TF Serving, and byoml runs none")
    if not set(_PAIR) <= set(found):
        raise HandlerPairError(found[0], "and not the other of the pair")
    input_handler, output_handler = (getattr(module, name) for name in _PAIR)

    def input_fn(body: str | bytes, content_type: str, context: Context) -> Any:
        sent = body.encode() if isinstance(body, str) else body
        said = input_handler(io.BytesIO(sent), _told(context, content_type, len(sent)))
        return read(
            _as_json(said), JSON, context.codecs, models_of(context.model), Target.read(context.custom_attributes)
        )

    def output_fn(prediction: Any, accept: str, context: Context) -> Any:
        response = Response(context.codecs.encode(document(prediction), JSON))
        return output_handler(response, _told(context, context.headers.get("content-type", JSON), 0, accept))

    return {"input_fn": input_fn, "output_fn": output_fn}


def _told(context: Context, content_type: str, length: int, accept: str | None = None) -> HandlerContext:
    target = Target.read(context.custom_attributes)
    models = models_of(context.model)
    return HandlerContext(
        model_name=target.model or (models.default if models else "model"),
        model_version=None if target.version is None else str(target.version),
        method=target.method,
        rest_uri=None,
        grpc_port=None,
        channel=None,
        custom_attributes=context.custom_attributes,
        request_content_type=content_type,
        accept_header=accept or context.headers.get("accept") or JSON,
        content_length=length,
    )


def _as_json(said: Any) -> bytes:
    """Take what an input handler gives for TF Serving: JSON as a text or bytes, or what could be one."""
    if isinstance(said, str):
        return said.encode()
    if isinstance(said, (bytes, bytearray)):
        return bytes(said)
    try:
        return json.dumps(said).encode()
    except (TypeError, ValueError) as error:
        raise MalformedPayload(JSON, f"input_handler gave a {type(said).__name__}: {error}") from None
