"""One record as a value that filters and joins work on: a CSV row as an array of texts, or a JSON value."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CSV", "JSON", "JSON_DOCUMENT", "READABLE", "Form", "UnreadableRecordError", "form_of"]

_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",]*))(,|\Z)')
_TO_QUOTE = re.compile(r'[",\r\n]')


class UnreadableRecordError(Exception):
    """A record is not of its form; the text says why."""


class Form(NamedTuple):
    """How records are written.

    Args:
        name: `csv` or `json`; only like is joined to like.
        by_line: Every line is a record; else a file that is not split is one.
        read: Makes the value of a record; raises UnreadableRecordError.
        write: Makes the record of a value.
        join: Puts a record's value and its answer's together.
    """

    name: str
    by_line: bool
    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]
    join: Callable[[Any, Any], Any]


def _read_csv(line: bytes) -> list[str]:
    """Read one row as RFC 4180 has it, where a quote stands only around a cell, and doubled inside one."""
    text = _decode(line).removesuffix("\r")
    if '"' not in text:
        return text.split(",")
    cells: list[str] = []
    position = 0
    while True:
        match = _CELL.match(text, position)
        if match is None:
            raise UnreadableRecordError(
                f"cell {len(cells) + 1} has a bare quote, or none that closes it; RFC 4180 has quotes around a whole "
                "cell, and doubles those inside it"
            )
        quoted, bare, comma = match.groups()
        cells.append(bare if quoted is None else quoted.replace('""', '"'))
        if not comma:
            return cells
        position = match.end()


def _write_csv(value: Any) -> bytes:
    cells = value if isinstance(value, list) else [value]
    return ",".join([_cell(item) for item in cells]).encode()


def _cell(value: Any) -> str:
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text


def _read_json(record: bytes) -> Any:
    try:
        return json.loads(_decode(record), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UnreadableRecordError(f"it is not valid JSON: {error}") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def _write_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _join_csv(record: list[str], answer: list[str]) -> list[str]:
    return [*record, *answer]


def _join_json(record: Any, answer: Any) -> dict[str, Any]:
    """Add the answer to an object; of everything else make an object."""
    if isinstance(record, dict):
        return {**record, "SageMakerOutput": answer}
    return {"SageMakerInput": record, "SageMakerOutput": answer}


def _decode(record: bytes) -> str:
    try:
        return record.decode()
    except UnicodeDecodeError as error:
        raise UnreadableRecordError(f"it is not UTF-8: {error}") from None


CSV = Form("csv", by_line=True, read=_read_csv, write=_write_csv, join=_join_csv)
JSON = Form("json", by_line=True, read=_read_json, write=_write_json, join=_join_json)
JSON_DOCUMENT = JSON._replace(by_line=False)
_FORMS = {"text/csv": CSV, "application/jsonlines": JSON, "application/json": JSON_DOCUMENT}
#: The content types that can be filtered and joined.
READABLE = tuple(_FORMS)


def form_of(content_type: str | None) -> Form | None:
    """Find the form of a content type, whatever its parameters.

    Args:
        content_type: A header's value, None where there was none.

    Returns:
        The form, or None for what can be neither filtered nor joined.
    """
    return _FORMS.get((content_type or "").partition(";")[0].strip().lower())
