"""A web application of the user's own, served as it is: the hand-written container, kept working."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from byoml.serving.functions import NAMES

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["UserApp", "find_app"]

_ASGI_ARGUMENTS = 3


class UserApp:
    """The user's application, which answers every path once its module is imported.

    Args:
        app: A WSGI or ASGI application.
        threads: How many requests a WSGI application answers at once.
    """

    def __init__(self, app: Any, threads: int) -> None:
        self.kind = "ASGI" if _is_asgi(app) else "WSGI"
        self.asgi = app if self.kind == "ASGI" else _as_asgi(app, threads)


def find_app(module: ModuleType | None, threads: int) -> UserApp | None:
    """Find an application in the user's module.

    Args:
        module: The module.
        threads: How many requests a WSGI application answers at once.

    Returns:
        What stands under `app`; None where there is nothing, or where the module has functions of the contract.
    """
    app = getattr(module, "app", None)
    if not callable(app) or any(callable(getattr(module, name, None)) for name in NAMES):
        return None
    return UserApp(app, threads)


def _is_asgi(app: Any) -> bool:
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__):
        return True
    if hasattr(app, "wsgi_app"):  # Flask's own class has a signature that tells nothing
        return False
    return len(inspect.signature(app).parameters) == _ASGI_ARGUMENTS


def _as_asgi(app: Any, threads: int) -> Any:
    from a2wsgi import WSGIMiddleware

    return WSGIMiddleware(app, workers=threads)
