"""What a request says of sessions, in its header and in its body (contract/inference S-4 and S-5)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from byoml.request_errors import BadParameter
from byoml.serving.sessions import SWITCH

if TYPE_CHECKING:
    from byoml.plugin.values import Invocation

__all__ = ["CLOSE", "NEW", "SESSION_HEADER", "asked_for", "refuse_session"]

NEW = "NEW_SESSION"
CLOSE = "CLOSE"
SESSION_HEADER = "x-amzn-sagemaker-session-id"

_LONGEST_COMMAND = 4096
_LONGEST_SHOWN = 200
_COMMANDS = f'{{"requestType": "{NEW}"}} or {{"requestType": "{CLOSE}"}}, with nothing beside it'


def asked_for(invocation: Invocation) -> tuple[str | None, str | None]:
    """Tell what a request says of sessions.

    Args:
        invocation: The request.

    Returns:
        The session header, and the command in the body: `NEW_SESSION`, `CLOSE`, or None: the body is for the model.

    Raises:
        BadParameter: The request is of a session, and its body would be a command but for what stands beside it.
    """
    header = invocation.headers.get(SESSION_HEADER)
    said = _request_type(invocation.body)
    if said in ({"requestType": NEW}, {"requestType": CLOSE}):
        return header, said["requestType"]
    if header is not None and said:
        raise BadParameter("the session's command", json.dumps(said)[:_LONGEST_SHOWN], _COMMANDS)
    return header, None


def refuse_session(invocation: Invocation, *, commands_only: bool) -> None:
    """Tell a client that there are no sessions here, before its command is taken for data.

    Args:
        invocation: A request whose body no function of the user reads.
        commands_only: Another function of the user may see to what else is of a session.

    Raises:
        BadParameter: The request is of a session, and sessions are off.
    """
    header = invocation.headers.get(SESSION_HEADER)
    if header is None or invocation.session is not None:
        return
    if not commands_only or asked_for(invocation)[1]:
        raise BadParameter(SESSION_HEADER, header, f"absent, as sessions are off; {SWITCH}=true turns them on")


def _request_type(body: bytes) -> dict[str, Any]:
    """Read a body that may be a command; empty where it is none."""
    if len(body) > _LONGEST_COMMAND or b"requestType" not in body:
        return {}
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) and "requestType" in said else {}
