"""The how-to on asking endpoints has every error that core answers a request with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from byoml import request_errors
from byoml.request_errors import HTTPError, RequestError
from byoml.serving import errors as serving_errors

if TYPE_CHECKING:
    from pathlib import Path

_ROW = re.compile(r"^\| (\d+) \| `(\w+)` \|", re.MULTILINE)


def test_the_table_of_errors_is_that_of_the_code(root: Path) -> None:
    """Each status with its type, and no other; users' own HTTPError may have any."""
    kinds = [getattr(room, name) for room in (request_errors, serving_errors) for name in room.__all__]
    errors = {(kind.status, kind.type) for kind in kinds if kind not in {RequestError, HTTPError}}
    page = (root / "docs/how-to/ask-an-endpoint.md").read_text("utf-8")
    assert {(int(status), name) for status, name in _ROW.findall(page)} == errors
