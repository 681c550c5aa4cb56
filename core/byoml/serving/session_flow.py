"""How requests of a session are answered: begun, closed, or handed to the functions with their session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from byoml.serving.engine import Answer
from byoml.serving.sessions import NEW, asked_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from byoml.plugin.values import Invocation
    from byoml.serving.sessions import Sessions

__all__ = ["answer_in_session"]

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
    """
    header, command = asked_for(invocation)
    if header is None:
        return await answer(invocation)
    session = sessions.create() if header == NEW else sessions.find(header)
    added = {_NEW_HEADER: sessions.announcement(session)} if header == NEW else {}
    if command == NEW:
        return _told(f"session {session.id} begins", {_NEW_HEADER: sessions.announcement(session)})
    if command is not None:
        sessions.close(session)
        return _told(f"session {session.id} is closed", {_CLOSED_HEADER: session.id})
    return _with(await answer(replace(invocation, session=session)), added)


def _told(text: str, headers: dict[str, str]) -> Answer:
    return Answer(text.encode(), "text/plain", headers=headers)


def _with(answer: Answer, headers: dict[str, str]) -> Answer:
    return replace(answer, headers={**headers, **answer.headers}) if headers else answer
