"""What a batch transform is asked to do, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.errors import ByomlError
    from byoml.local.values import EndpointSpec

__all__ = ["TransformResult", "TransformSpec"]


@dataclass(frozen=True)
class TransformSpec:
    """A batch transform, in the words of the platform's request.

    Args:
        endpoint: The model and the code around it; its port is not used.
        input: A file, or a folder whose files are transformed each.
        output: The folder that gets a file `<input>.out` for each.
        content_type: What the requests send, None to send no such header.
        accept: What they ask for, None to send no such header.
        split: `Line` or `None`.
        strategy: `MultiRecord` or `SingleRecord`; None leaves it to the endpoint.
        assemble: `Line` or `None`.
        max_payload_mb: The largest request, 0 for no limit; None leaves it to the endpoint.
        max_concurrent: How many requests at once; None leaves it to the endpoint.
        input_filter: JSONPath: what of each record is sent.
        output_filter: JSONPath: what of each answer, or of the joined record, is kept.
        join: `Input` or `None`.
        retries: How often a failing request is sent again.
    """

    endpoint: EndpointSpec
    input: Path
    output: Path
    content_type: str | None = None
    accept: str | None = None
    split: str = "None"
    strategy: str | None = None
    assemble: str = "None"
    max_payload_mb: int | None = None
    max_concurrent: int | None = None
    input_filter: str = "$"
    output_filter: str = "$"
    join: str = "None"
    retries: int = 3


@dataclass(frozen=True)
class TransformResult:
    """What a batch transform left.

    Args:
        outputs: The files that were written, in the order of the input.
        failures: The files that have no output, with the reason.
    """

    outputs: tuple[Path, ...]
    failures: tuple[tuple[Path, ByomlError], ...] = ()
