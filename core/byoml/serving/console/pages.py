"""The page at `/`, and the endpoint's description for programs at `/openapi.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, current_app, jsonify, render_template

from byoml.serving.console.openapi import describe

if TYPE_CHECKING:
    from flask import Response

    from byoml.serving.console.served import Served

__all__ = ["pages"]

# Nothing comes from anywhere else, and nothing that a model answers can run in the page.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
_LISTED = 12
_KILO = 1000

pages = Blueprint(
    "console", __name__, template_folder="templates", static_folder="static", static_url_path="/console-static"
)


@pages.app_template_filter("size")
def _size(count: float) -> str:
    """Word a number of bytes for people."""
    for unit in ("B", "kB", "MB"):
        if count < _KILO:
            return f"{count:.3g} {unit}"
        count /= _KILO
    return f"{count:.3g} GB"


@pages.get("/")
def _page() -> str:
    served: Served = current_app.config["BYOML"]
    files = served.files()
    return render_template("console.html", served=served, files=files[:_LISTED], more=max(0, len(files) - _LISTED))


@pages.get("/openapi.json")
def _openapi() -> Response:
    served: Served = current_app.config["BYOML"]
    return jsonify(describe(served))


@pages.after_request
def _guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-cache")
    return response
