"""The names that multi-model-server's context has, so that functions written for it run here (contract/inference F-6).

There a context holds a batch, and `idx` says which of its requests is meant; here each request has a context of its
own, so that only 0 names one.
"""

from __future__ import annotations

import logging
import socket
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["AnyCase", "MetricLines", "MmsNames"]

_log = logging.getLogger("byoml.serving.metrics")
_UNITS = {"ms": "Milliseconds", "s": "Seconds", "B": "Bytes", "kB": "Kilobytes", "MB": "Megabytes", "GB": "Gigabytes"}
_TYPE = "content-type"


class AnyCase(dict[str, str]):
    """Headers, found by their names in any case; the names that it lists are in lower case."""

    def __missing__(self, name: str) -> str:
        if name == name.lower():
            raise KeyError(name)
        return self[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class MetricLines:
    """Writes one line of the log for each metric, in the form that multi-model-server gives them.

    Args:
        model: The model's name.
        request_id: The request's, empty while the model is loaded.
    """

    def __init__(self, model: str, request_id: str) -> None:
        self._model = model
        self._request_id = request_id

    def add_metric(
        self, name: str, value: object, idx: int | None = None, unit: str | None = None, dimensions: object = None
    ) -> None:
        """Write one value.

        Args:
            name: Such as `PredictionTime`.
            value: A number.
            idx: 0 or None: the request of this context.
            unit: Such as `ms`, `MB`, `percent`; None for a count.
            dimensions: More of what the line says of it, a list; each is written as it prints.

        Raises:
            IndexError: `idx` is another request.
        """
        if idx:
            raise IndexError(idx)
        named = _UNITS.get(unit or "", (unit or "count").capitalize())
        more = map(str, dimensions if isinstance(dimensions, list) else ())
        said = (f"ModelName:{self._model}", "Level:Model", *more)
        about = ",".join(filter(None, (socket.gethostname(), str(int(time.time())), self._request_id)))
        _log.info("%s.%s:%s|#%s|#hostname:%s", name, named, value, ",".join(said), about)

    def add_counter(self, name: str, value: object, idx: int | None = None, dimensions: object = None) -> None:
        self.add_metric(name, value, idx, None, dimensions)

    def add_error(self, name: str, value: object, dimensions: object = None) -> None:
        self.add_metric(name, value, None, None, dimensions)

    def add_percent(self, name: str, value: object, idx: int | None = None, dimensions: object = None) -> None:
        self.add_metric(name, value, idx, "percent", dimensions)

    def add_size(
        self, name: str, value: object, idx: int | None = None, unit: str = "MB", dimensions: object = None
    ) -> None:
        self.add_metric(name, value, idx, unit, dimensions)

    def add_time(
        self, name: str, value: object, idx: int | None = None, unit: str = "ms", dimensions: object = None
    ) -> None:
        self.add_metric(name, value, idx, unit, dimensions)


class MmsNames:
    """What a context gives under its own names, once more under those of multi-model-server."""

    model_dir: Path
    headers: Mapping[str, str]
    request_id: str
    answer_status: int
    answer_headers: dict[str, str]

    if TYPE_CHECKING:

        def set_status(self, status: int) -> None: ...
        def set_header(self, name: str, value: str) -> None: ...

    @property
    def model_name(self) -> str:
        """The name that the platform gave the model among many, else the name of its folder."""
        folder = self.model_dir
        return folder.parent.name if folder.parent.parent.name == "models" else folder.name

    @property
    def manifest(self) -> dict[str, Any]:
        return {"model": {"modelName": self.model_name}}

    @property
    def metrics(self) -> MetricLines:
        return MetricLines(self.model_name, self.request_id)

    def get_request_id(self, idx: int = 0) -> str:
        _only(idx)
        return self.request_id

    def get_request_header(self, idx: int, key: str) -> str | None:
        """Give one header by its name in any case; None where it is not sent."""
        _only(idx)
        return self.headers.get(key.lower())

    def get_all_request_header(self, idx: int) -> AnyCase:
        _only(idx)
        return AnyCase(self.headers)

    def get_response_status(self, idx: int) -> tuple[int, str]:
        _only(idx)
        return self.answer_status, ""

    def get_response_headers(self, idx: int) -> dict[str, str]:
        _only(idx)
        return self.answer_headers

    def get_response_content_type(self, idx: int) -> str | None:
        _only(idx)
        return {name.lower(): value for name, value in self.answer_headers.items()}.get(_TYPE)

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        """Set the answer's status; the phrase is not sent, as HTTP has none of weight any more."""
        _only(idx)
        self.set_status(code)

    def set_all_response_status(self, code: int = 200, phrase: str = "") -> None:
        self.set_response_status(code, phrase)

    def set_response_header(self, idx: int, key: str, value: str) -> None:
        _only(idx)
        self.set_header(key, value)

    def set_response_content_type(self, idx: int, value: str) -> None:
        self.set_response_header(idx, _TYPE, value)


def _only(idx: int) -> None:
    if idx:
        raise IndexError(idx)
