"""The data plane as OpenAPI 3.1: what stands in its table of routes, with this endpoint's content types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from byoml.serving.console.served import Served

__all__ = ["describe"]

_JSON = "application/json"
_ERROR = {
    "type": "object",
    "required": ["code", "type", "message", "request_id"],
    "properties": {
        "code": {"type": "integer", "description": "The status once more."},
        "type": {"type": "string", "description": "What kind of error it is.", "examples": ["UnsupportedContentType"]},
        "message": {"type": "string", "description": "What was found, and what would be right."},
        "request_id": {"type": "string", "description": "What the server's log has it under."},
    },
}
_REASONS = {
    400: "The body is not what its content type says.",
    404: "There is no such route.",
    405: "The path does not take this method.",
    406: "No type that Accept names can be written.",
    413: "The body is too large.",
    415: "The content type cannot be read.",
    424: "A session can be neither begun nor closed.",
    500: "A function of the user or the framework failed.",
    503: "The model is being loaded, or too many requests wait.",
    504: "The prediction took too long.",
    507: "There is not enough memory.",
}
_HEADERS = {
    "X-Amzn-SageMaker-Inference-Id": "Names the request in logs and errors.",
    "X-Amzn-SageMaker-Custom-Attributes": "Handed to the functions as it is.",
    "X-Amzn-SageMaker-Session-Id": "NEW_SESSION, or the session that the request belongs to.",
    "X-Amzn-SageMaker-Target-Model": "The model to ask, where the endpoint has several.",
    "traceparent": "The span that the request's spans belong to.",
}
_LOADING = {"200": {"description": "Ready."}, "503": {"description": "The model is still being loaded."}}
_MODEL_TOLD = {"200": {"description": "What is loaded, and from where."}}
_TOLD: dict[str, tuple[str, dict[str, Any]]] = {
    "/ping": ("Whether the model is loaded", _LOADING),
    "/execution-parameters": (
        "What a batch transform may send",
        {
            "200": {
                "description": "The parameters.",
                "content": {
                    _JSON: {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "MaxConcurrentTransforms": {"type": "integer"},
                                "BatchStrategy": {"type": "string", "enum": ["MULTI_RECORD", "SINGLE_RECORD"]},
                                "MaxPayloadInMB": {"type": "integer"},
                            },
                        }
                    }
                },
            }
        },
    ),
    "/models": ("The models that are loaded", _MODEL_TOLD),
    "/models/{model_name}": ("One model, which DELETE unloads", _MODEL_TOLD),
    "/metrics": (
        "What all workers have counted, for Prometheus",
        {"200": {"description": "The metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
    ),
}


_MODELS = "/models"
# Where there are several models, these paths have a name in them.
_NAMED = {"/models/{model_name}": ("GET", "DELETE"), "/models/{model_name}/invoke": ("POST",)}
_NAME = {"name": "model_name", "in": "path", "required": True, "schema": {"type": "string"}}
_LOAD = {
    "type": "object",
    "required": ["model_name", "url"],
    "properties": {"model_name": {"type": "string"}, "url": {"type": "string", "description": "Its folder."}},
}


def describe(served: Served) -> dict[str, Any]:
    """Describe an endpoint.

    Args:
        served: It.

    Returns:
        An OpenAPI document.
    """
    routes = {**served.routes, **(_NAMED if _MODELS in served.routes else {})}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"A model served by byoml with framework {served.framework}",
            "version": served.version,
            "description": "The contract of SageMaker endpoints. Errors are JSON, whatever was asked for.",
        },
        "servers": [{"url": "."}],
        "paths": {path: _path(served, path, methods) for path, methods in routes.items()},
        "components": {"schemas": {"Error": _ERROR}},
    }


def _path(served: Served, path: str, methods: Iterable[str]) -> dict[str, Any]:
    item = {method.lower(): _operation(served, path, method) for method in methods}
    return {"parameters": [_NAME], **item} if path in _NAMED else item


def _operation(served: Served, path: str, method: str) -> dict[str, Any]:
    name = f"{method.lower()}{path.replace('/', '-').replace('{', '').replace('}', '')}"
    if path == "/invocations" or path.endswith("/invoke"):
        return {"operationId": name, **_invocations(served)}
    if (path, method) == (_MODELS, "POST"):
        body = {"required": True, "content": {_JSON: {"schema": _LOAD}}}
        loaded = {"200": {"description": "It is loaded."}, "default": _error("An error.")}
        return {"operationId": name, "summary": "Load a model", "requestBody": body, "responses": loaded}
    summary, answers = _TOLD.get(path, ("Part of the contract", {"200": {"description": "As the contract says."}}))
    return {"operationId": name, "summary": summary, "responses": {**answers, "default": _error("An error.")}}


def _invocations(served: Served) -> dict[str, Any]:
    reads = (*served.reads, *(("*/*",) if served.script else ()))
    return {
        "summary": "Predict",
        "description": (
            f"Without Content-Type the body is taken as {served.default_content_type}; "
            f"without Accept the answer is {served.default_accept}."
        ),
        "parameters": [
            {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
            for name, text in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {kind: _media(kind) for kind in reads}},
        "responses": {
            "200": {"description": "The prediction.", "content": {kind: _media(kind) for kind in served.writes}},
            **{str(status): _error(text) for status, text in _REASONS.items()},
        },
    }


def _media(content_type: str) -> dict[str, Any]:
    """Describe a body; JSON may be anything, and binary formats have no schema in OpenAPI 3.1."""
    return {"schema": {"type": "string"}} if content_type.startswith("text/") else {}


def _error(text: str) -> dict[str, Any]:
    return {"description": text, "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}}
