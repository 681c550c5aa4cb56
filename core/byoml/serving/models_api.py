"""The routes of a multi-model endpoint, `/models...` (contract/inference 1.7): HTTP words around the registry."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from byoml.request_errors import BadParameter, MalformedPayload, ModelFolderMissing, ModelNotLoaded, ModelUnnamed
from byoml.serving.sending import send_whole

if TYPE_CHECKING:
    from byoml.plugin.framework import Framework
    from byoml.plugin.values import Invocation
    from byoml.serving.engine import Answer
    from byoml.serving.models_endpoint import ModelsEndpoint

__all__ = ["Answering", "ModelsApi"]

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Scope]]
_Send = Callable[[_Scope], Awaitable[None]]
_Route = Callable[[_Scope, _Receive, _Send], Awaitable[int]]
Answering = Callable[["Invocation"], Awaitable["Answer"]]
_Predict = Callable[[_Scope, _Receive, _Send, "Framework", Answering], Awaitable[int]]

_COLLECTION = "/models"
_PREFIX = "/models/"
_INVOKE = "/invoke"
_TARGET_MODEL = "x-amzn-sagemaker-target-model"
_PAGE = 100
_LONGEST_NAME = 1024


class ModelsApi:
    """What the platform, and whoever tests like it, asks of a multi-model endpoint.

    Args:
        endpoint: Its life in this worker.
        base: The root of the tree; models lie in it.
        predict: Answers a request with a framework's defaults and a function; the data plane's.
        read: Reads a request's body; likewise.
    """

    def __init__(
        self,
        endpoint: ModelsEndpoint,
        base: Path,
        predict: _Predict,
        read: Callable[[dict[str, str], _Receive], Awaitable[bytes]],
    ) -> None:
        self._endpoint = endpoint
        self._base = base
        self._predict = predict
        self._read = read

    @property
    def routes(self) -> dict[str, tuple[tuple[str, ...], _Route]]:
        """The routes that have no name in their path."""
        return {_COLLECTION: (("GET", "POST"), self._collection), "/invocations": (("POST",), self._invocations)}

    def route(self, path: str) -> tuple[tuple[str, ...], _Route | None]:
        """Find the route of a path with a model's name in it.

        Args:
            path: The path, decoded.

        Returns:
            Its methods, and what answers; None where there is no such route.
        """
        if not path.startswith(_PREFIX):
            return (), None
        rest = path.removeprefix(_PREFIX)
        if rest.endswith(_INVOKE) and _is_name(rest.removesuffix(_INVOKE)):
            return ("POST",), self._invoke
        return (("GET", "DELETE"), self._one) if _is_name(rest) else ((), None)

    async def _collection(self, scope: _Scope, receive: _Receive, send: _Send) -> int:
        body = await self._body(scope, receive)
        if scope["method"] == "POST":
            name, folder = _asked(body, self._base)
            await self._endpoint.registry.load(name, folder)
            return await _send_json(send, _described(name, folder))
        query = parse_qs(scope["query_string"].decode("latin-1"))
        names = self._endpoint.registry.names()
        start, limit = _number(query, "next_page_token", 0), _number(query, "limit", _PAGE, least=1)
        end = start + min(limit, _PAGE)
        models = [self._endpoint.registry.get(name) for name in names[start:end]]
        page: dict[str, Any] = {"models": [_described(model.name, model.folder) for model in models]}
        if end < len(names):
            page["nextPageToken"] = str(end)
        return await _send_json(send, page)

    async def _one(self, scope: _Scope, receive: _Receive, send: _Send) -> int:
        await self._body(scope, receive)
        name = scope["path"].removeprefix(_PREFIX)
        if scope["method"] == "GET":
            return await _send_json(send, _described(name, self._endpoint.registry.get(name).folder))
        await self._endpoint.registry.unload(name)
        return await _send_json(send, {"modelName": name, "status": "unloaded"})

    async def _invoke(self, scope: _Scope, receive: _Receive, send: _Send) -> int:
        return await self._ask(scope["path"].removeprefix(_PREFIX).removesuffix(_INVOKE), scope, receive, send)

    async def _invocations(self, scope: _Scope, receive: _Receive, send: _Send) -> int:
        """Answer for the model that the header names, else for the only one that is loaded."""
        headers, _ = scope["byoml"]
        names = self._endpoint.registry.names()
        name = headers.get(_TARGET_MODEL) or (names[0] if len(names) == 1 else None)
        if name is None:
            await self._body(scope, receive)
            raise ModelUnnamed(names)
        return await self._ask(name, scope, receive, send)

    async def _ask(self, name: str, scope: _Scope, receive: _Receive, send: _Send) -> int:
        try:
            model = self._endpoint.registry.get(name)
        except ModelNotLoaded:
            await self._body(scope, receive)
            raise
        with model.used():
            return await self._predict(scope, receive, send, model.loaded.framework, model.answer)

    async def _body(self, scope: _Scope, receive: _Receive) -> bytes:
        """Read the body even where it says nothing: gunicorn closes a connection whose body has not been read."""
        headers, _ = scope["byoml"]
        return await self._read(headers, receive)


def _is_name(text: str) -> bool:
    """Tell whether a text can be a model's name: one part of a path, and nothing that moves in it."""
    return 0 < len(text) <= _LONGEST_NAME and "/" not in text and text not in {".", ".."} and text.isprintable()


def _asked(body: bytes, base: Path) -> tuple[str, Path]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedPayload("application/json", str(error)) from None
    name, url = (fields.get(key) for key in ("model_name", "url")) if isinstance(fields, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(url, str):
        raise MalformedPayload("application/json", "it must be an object with the texts model_name and url")
    if not _is_name(name):
        raise BadParameter("model_name", name, f"one part of a path, of at most {_LONGEST_NAME} characters")
    folder = Path(posixpath.normpath(url))
    if not folder.is_relative_to(base) or "\0" in url or not folder.is_dir():
        raise ModelFolderMissing(url, base)
    return name, folder


def _number(query: dict[str, list[str]], name: str, default: int, least: int = 0) -> int:
    text = query.get(name, [str(default)])[0]
    if not (text.isascii() and text.isdecimal()) or int(text) < least:
        raise BadParameter(name, text, f"a whole number of at least {least}")
    return int(text)


def _described(name: str, folder: Path) -> dict[str, str]:
    return {"modelName": name, "modelUrl": str(folder)}


async def _send_json(send: _Send, value: object) -> int:
    return await send_whole(send, 200, json.dumps(value).encode(), [(b"content-type", b"application/json")])
