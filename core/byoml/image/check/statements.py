"""What an image is held to, and the verdicts about it; the ids are those of the contract's pages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["STATEMENTS", "Statement", "Verdict", "Word", "verdict"]


class Word(Enum):
    """What came of a statement."""

    KEPT = "kept"
    BROKEN = "broken"
    UNTRIED = "untried"


@dataclass(frozen=True)
class Statement:
    """One thing that the platform counts on.

    Args:
        id: Short, for lists.
        text: What an image does.
        remedy: What to do where it does not.
    """

    id: str
    text: str
    remedy: str


@dataclass(frozen=True)
class Verdict:
    """What came of a statement.

    Args:
        statement: The statement.
        word: Whether it is kept.
        found: What was seen; why nothing could be, where it is untried.
    """

    statement: Statement
    word: Word
    found: str


_ALL = (
    Statement(
        "entrypoint",
        "the words train and serve reach the programs",
        'leave ENTRYPOINT out and have train and serve on PATH, or write it in exec form: ENTRYPOINT ["/program"]',
    ),
    Statement(
        "train-starts",
        "`docker run IMAGE train` starts a program",
        "install a program named train on PATH (pip install byoml brings one), executable and with a right first line",
    ),
    Statement(
        "train-outcome",
        "a job leaves a model, or a non-zero exit code and a reason",
        "write the model to /opt/ml/model; on an error end with 1..255 and write the reason to /opt/ml/output/failure, "
        "at most 1,024 bytes of UTF-8",
    ),
    Statement(
        "serve-starts",
        "`docker run IMAGE serve` starts a server that stays",
        "install a program named serve on PATH (pip install byoml brings one), and keep it in the foreground",
    ),
    Statement(
        "listens",
        "the server takes connections from outside its container on port 8080",
        "listen on 0.0.0.0:8080, never on 127.0.0.1",
    ),
    Statement(
        "ping",
        "GET /ping answers within 2 s, 200 with an empty body once the model is loaded",
        "answer /ping from memory: 503 while the model loads, then 200; load nothing and predict nothing in it",
    ),
    Statement(
        "invocations",
        "POST /invocations is routed to the model",
        "answer POST on the path /invocations, for every content type",
    ),
    Statement(
        "bind-port",
        "the server listens where SAGEMAKER_BIND_TO_PORT says",
        "read the variable, or take the label com.amazonaws.sagemaker.capabilities.accept-bind-to-port away",
    ),
    Statement(
        "multi-model",
        "GET /models answers where SAGEMAKER_MULTI_MODEL is true",
        "serve the routes /models..., or take the label com.amazonaws.sagemaker.capabilities.multi-models away",
    ),
    Statement(
        "stop",
        "SIGTERM ends the server within 30 s, without being killed",
        "let process 1 be the server or pass the signal on to it: `exec` in shell scripts, exec form in the Dockerfile",
    ),
    Statement(
        "sdk-programs",
        "bash, tar, python3 and pip are there, which the SDK's own entry points call",
        "install them, or do not use FrameworkProcessor and ModelTrainer's SourceCode with this image",
    ),
)
#: Every statement by its id, in the order of the table.
STATEMENTS = {statement.id: statement for statement in _ALL}


def verdict(name: str, found: str, *, kept: bool | None) -> Verdict:
    """Judge a statement; None: it was not tried."""
    word = Word.UNTRIED if kept is None else Word.KEPT if kept else Word.BROKEN
    return Verdict(STATEMENTS[name], word, found)
