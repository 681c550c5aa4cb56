"""What serving alone can tell a client; part of the one tree in `byoml.errors`."""

from __future__ import annotations

from byoml.request_errors import RequestError

__all__ = ["Stopping"]


class Stopping(RequestError):  # noqa: N818  its name is what the client reads as its type
    """The endpoint is told to stop, and what is still being sent has taken too long."""

    status = 503

    def __init__(self) -> None:
        super().__init__("the endpoint stops, and waits no longer for this answer; BYOML_DRAIN_SECONDS sets how long")
