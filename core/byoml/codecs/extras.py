"""Libraries that only an extra of byoml brings, loaded when the first body needs one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from byoml.request_errors import UnsupportedContentType

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["ExtraNeeded", "load"]


class ExtraNeeded(UnsupportedContentType):
    """The content type is one of core's, and the library that reads it is not installed."""

    type = "UnsupportedContentType"

    def __init__(self, content_type: str, library: str, extra: str) -> None:
        # What is possible is not the point here, so the parent's words do not fit.
        super(UnsupportedContentType, self).__init__(
            f"cannot read {content_type!r} without {library}, which is not installed; "
            f"`pip install byoml[{extra}]` brings it"
        )


def load(module: str, content_type: str, extra: str) -> ModuleType:
    """Import a module of a library that may be absent.

    Args:
        module: Such as `pyarrow.parquet`.
        content_type: What is to be read with it.
        extra: The extra of byoml that brings the library.

    Returns:
        The module.

    Raises:
        ExtraNeeded: It is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise ExtraNeeded(content_type, module.partition(".")[0], extra) from None
