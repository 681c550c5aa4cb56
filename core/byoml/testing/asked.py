"""A loaded model that answers in the process that asks: what a request gets, without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.plugin import builtin_codecs
from byoml.plugin.manager import make_manager
from byoml.plugin.values import Context, Invocation
from byoml.serving.engine import Answer, Engine
from byoml.serving.functions import InferenceFunctions
from byoml.serving.loading import all_codecs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from byoml.plugin.framework import Framework
    from byoml.request_errors import RequestError

__all__ = ["Asked"]


class Asked:
    """A model with a framework's functions, bound as a worker binds them.

    Args:
        framework: The framework.
        model_dir: The model folder.
        environ: The server's variables.
    """

    def __init__(self, framework: Framework, model_dir: Path, environ: Mapping[str, str] | None = None) -> None:
        codecs, variables = all_codecs(make_manager({}, [builtin_codecs])), environ or {}
        functions = InferenceFunctions.bind(framework, None, None)
        #: What `model_fn` gave.
        self.model = functions.model_fn(Context(model_dir, codecs, environ=variables), model_dir)
        self._engine = Engine(framework, functions, codecs, self.model, model_dir)
        self._engine.environ = variables

    def together(self, *requests: tuple[bytes, str], accept: str) -> list[bytes | RequestError]:
        """Answer requests as one batch.

        Args:
            requests: Bodies with their content types.
            accept: What all of them want.

        Returns:
            The body of each answer, or what is wrong with the request.
        """
        invocations = [Invocation(body, kind, accept, {}, "r") for body, kind in requests]
        answers = self._engine.answer(invocations)
        return [bytes(answer.body) if isinstance(answer, Answer) else answer for answer in answers]  # type: ignore[arg-type]  # no framework streams

    def __call__(self, body: bytes | str, content_type: str, accept: str) -> bytes:
        """Answer one request; what is wrong with it is raised."""
        sent = body.encode() if isinstance(body, str) else body
        (answer,) = self.together((sent, content_type), accept=accept)
        if isinstance(answer, bytes):
            return answer
        raise answer
