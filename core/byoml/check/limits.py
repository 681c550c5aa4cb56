"""The API's limits on what a job is sent (contract/training 1.7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from byoml.check.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.check.finding import CheckRequest

__all__ = ["check_limits"]

_MOST = 100
_HP_KEY, _HP_VALUE = 256, 2500
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,511}")
_ENV_VALUE = 512
_ELSEWHERE = "put it into a file of the source folder, or of a channel"


def check_limits(request: CheckRequest) -> Iterator[Finding]:
    """Hold hyperparameters and variables to what the API takes.

    Args:
        request: What is looked at.

    Yields:
        An error for each that the API refuses.
    """
    if len(request.hyperparameters) > _MOST:
        yield Finding.error(
            "--hp", f"{len(request.hyperparameters)} hyperparameters; a job takes {_MOST}; {_ELSEWHERE}"
        )
    for key, value in request.hyperparameters.items():
        for text in _of_hyperparameter(key, value):
            yield Finding.error(request.place_of(key), text)
    if len(request.env) > _MOST:
        yield Finding.error("--env", f"{len(request.env)} variables; a job takes {_MOST}; {_ELSEWHERE}")
    for name, value in request.env.items():
        if not _ENV_NAME.fullmatch(name):
            yield Finding.error(
                f"--env {name}", "the name must be 1 to 512 letters, digits and underscores, no digit first"
            )
        if len(value) > _ENV_VALUE:
            yield Finding.error(f"--env {name}", f"the value has {len(value)} characters of {_ENV_VALUE}; {_ELSEWHERE}")


def _of_hyperparameter(key: str, value: str) -> Iterator[str]:
    if len(key) > _HP_KEY:
        yield f"the key has {len(key)} characters; the API takes {_HP_KEY}; shorten it"
    if len(value) > _HP_VALUE:
        yield f"the value has {len(value)} characters; the API takes {_HP_VALUE}; {_ELSEWHERE}"
    if "\n" in key + value or "\r" in key + value:
        yield f"there is a line break in {key!r}, which the API refuses; send it as JSON, where it is \\n"
