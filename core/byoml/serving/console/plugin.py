"""The console as a plugin: it comes through the same hook as everybody's pages, and only where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.plugin.hookspecs import hookimpl

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["byoml_register_routes"]


@hookimpl
def byoml_register_routes(app: Flask) -> None:
    """Bring the page at `/` and `/openapi.json`."""
    from byoml.serving.console.pages import pages  # it loads Flask

    app.register_blueprint(pages)
