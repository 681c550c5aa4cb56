"""How requests of a session are answered: begun, closed, or handed to the functions with their session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from byoml.request_errors import BadParameter
from byoml.serving.engine import Answer
from byoml.serving.session_commands import CLOSE, NEW, asked_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from byoml.plugin.values import Invocation
    from byoml.serving.sessions import Sessions

__all__ = ["answer_in_session"]

_ASKED = "X-Amzn-SageMaker-Session-Id"
_NEW_HEADER = "X-Amzn-SageMaker-New-Session-Id"
_CLOSED_HEADER = "X-Amzn-SageMaker-Closed-Session-Id"


async def answer_in_session(
    sessions: Sessions, invocation: Invocation, answer: Callable[[Invocation], Awaitable[Answer]]
) -> Answer:
    """Answer a request, minding its session.

    Args:
        sessions: All sessions.
        invocation: The request.
        answer: Answers it by the model's functions.

    Returns:
        The answer; a new or a closed session is told in its header.

    Raises:
        SessionNotFound: The request names a session that there is not.
        SessionFailed: A session can be neither begun nor closed.
        BadParameter: Command and header do not fit together.
    """
    header, command = asked_for(invocation)
    if command == NEW:
        return _begun(sessions, header)
    if command == CLOSE:
        return _closed(sessions, header)
    if header is None:
        return await answer(invocation)
    session = sessions.create() if header == NEW else sessions.find(header)
    added = {_NEW_HEADER: sessions.announcement(session)} if header == NEW else {}
    answered = await answer(replace(invocation, session=session))
    session.asked()  # a long request is no silence
    return _with(answered, added)


def _begun(sessions: Sessions, header: str | None) -> Answer:
    if header not in (None, NEW):
        raise BadParameter(_ASKED, str(header), f"{NEW}, or absent, where the body asks for {NEW}")
    session = sessions.create()
    return _told(f"session {session.id} begins", {_NEW_HEADER: sessions.announcement(session)})


def _closed(sessions: Sessions, header: str | None) -> Answer:
    if header in (None, NEW):
        raise BadParameter(_ASKED, str(header), f"the id of the session where the body asks for {CLOSE}")
    session = sessions.find(str(header))
    sessions.close(session)
    return _told(f"session {session.id} is closed", {_CLOSED_HEADER: session.id})


def _told(text: str, headers: dict[str, str]) -> Answer:
    return Answer(text.encode(), "text/plain", headers=headers)


def _with(answer: Answer, headers: dict[str, str]) -> Answer:
    return answer._replace(headers={**headers, **answer.headers}) if headers else answer
