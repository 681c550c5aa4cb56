"""The Flask application that plugins add their routes to."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from a2wsgi import WSGIMiddleware
from flask import Flask, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from byoml.request_errors import NotFound

if TYPE_CHECKING:
    import pluggy
    from flask.typing import ResponseReturnValue

    from byoml.serving.console.served import Served

__all__ = ["make_people_app"]

_TYPES = {404: "NotFound", 405: "MethodNotAllowed", 413: "PayloadTooLarge", 415: "UnsupportedContentType"}


def make_people_app(plugins: pluggy.PluginManager, served: Served) -> Any:
    """Make the application behind the data plane.

    Args:
        plugins: The plugin manager; each plugin adds its routes through `byoml_register_routes`.
        served: What is served; plugins find it as `app.config["BYOML"]`.

    Returns:
        An ASGI application.
    """
    app = Flask("byoml", static_folder=None)  # a plugin's own files come with its blueprint
    app.config["BYOML"] = served
    app.register_error_handler(HTTPException, _as_json)
    plugins.hook.byoml_register_routes(app=app)
    return WSGIMiddleware(app)  # type: ignore[arg-type]  # Flask's own type for the WSGI protocol is narrower


def _as_json(error: HTTPException) -> ResponseReturnValue:
    """Give errors the form that the data plane's have, never a page."""
    code = error.code or 500
    message = error.description
    if code == NotFound.status:
        served: Served = current_app.config["BYOML"]
        message = str(
            NotFound(request.path, [*served.routes, *(str(rule) for rule in current_app.url_map.iter_rules())])
        )
    request_id = request.headers.get("X-Amzn-SageMaker-Inference-Id") or uuid.uuid4().hex
    answer = jsonify(code=code, type=_TYPES.get(code, "UserCodeError"), message=message, request_id=request_id)
    answer.status_code = code
    return answer
