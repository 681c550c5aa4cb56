"""Handlers, level, and redaction of secrets; nothing else of ours is imported here."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIELDS", "MASK", "configure", "level_number", "redact", "redact_all", "redacted"]

MASK = "******"
_DIGITS = 10  # Python refuses to read numbers of thousands of digits
#: The key of a record's `extra` under which its fields stand: what a search finds it by, beside its message.
FIELDS = "byoml_fields"
# The words that the platform's own drivers mask, and the usual abbreviations.
_SECRET = re.compile(r"secret|passw|(?<![a-z])key(?![a-z])|token|private|creds|credential|apikey", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?<=://)[^/\s:@]*:[^/\s]+(?=@)")
_PLAIN = re.compile(r"[!#-<>-\[\]-~]+")  # what can be seen, but quotes, equals signs and backslashes
_ACCESS_KEY = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")


def level_number(value: object, default: int = logging.INFO) -> int:
    """Read a log level in any form that senders use: 20, "20", '"20"', "INFO", "warning".

    Args:
        value: The level as found, None where nothing was said.
        default: What stands for a value that cannot be read; a log level must never end a job.

    Returns:
        The level as a number of the standard library's logging.
    """
    text = str(value).strip().strip("\"'").upper()
    if text.isdecimal() and len(text) < _DIGITS:
        return int(text)
    number = logging.getLevelName(text)
    return number if isinstance(number, int) else default


def redact(name: str, value: str) -> str:
    """Mask a value whose name or look says that it is secret.

    Args:
        name: The variable's or hyperparameter's name.
        value: Its value.

    Returns:
        The value, masked in whole where the name looks secret, else with passwords in URLs and access keys masked.
    """
    if _SECRET.search(name.replace("_", " ")):
        return MASK
    return _ACCESS_KEY.sub(MASK, _URL_PASSWORD.sub(MASK, value))


def redact_all(values: Mapping[str, Any]) -> dict[str, Any]:
    """Mask values that may hold others: objects, lists, and texts that are JSON, such as `SM_HPS`.

    Args:
        values: Anything that came from JSON, by name.

    Returns:
        The same shape, masked by the names inside; in a list also what follows an argument such as `--password`.
    """
    return {name: _redacted_value(str(name), value) for name, value in values.items()}


def _redacted_value(name: str, value: object) -> object:
    if redact(name, "") == MASK:
        return MASK
    if isinstance(value, dict):
        return redact_all(value)
    if isinstance(value, list):
        before = ["", *(item if _is_option(item) else "" for item in value)]
        return [_redacted_value(option or name, item) for option, item in zip(before, value, strict=False)]
    if isinstance(value, str):
        option, equals, _ = value.partition("=")
        if equals and value.startswith("-") and redact(option, "") == MASK:
            return f"{option}={MASK}"
        inner = _inside(value)
        return redact(name, value) if inner is None else json.dumps(_redacted_value(name, inner))
    return value


def _is_option(item: object) -> bool:
    return isinstance(item, str) and item.startswith("-") and "=" not in item


def _inside(text: str) -> object | None:
    """Decode a text that is a JSON object or list; None for any other."""
    if text[:1] not in ("{", "["):
        return None
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def redacted(values: Mapping[str, object]) -> dict[str, str]:
    return {name: redact(name, str(value)) for name, value in values.items()}


class _Text(logging.Formatter):
    """For people: the message, then the fields; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={_word(value)}" for name, value in getattr(record, FIELDS, {}).items())
        # Fields make it an event, which is one line whatever a message quotes.
        message = record.getMessage()
        line = f"byoml {record.levelname}: {_one_line(message) + fields if fields else message}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _Json(logging.Formatter):
    """For machines: one JSON object a line, the traceback inside."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, timezone.utc)
        line = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


_FORMATTERS = {"text": _Text, "json": _Json}


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n")


def _word(value: object) -> str:
    """Write a field's value so that it ends where the next begins, whatever a client put into it."""
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def configure(level: int, form: str | None = None) -> logging.Logger:
    """Send byoml's own lines to stderr, apart from the user's output on stdout.

    Args:
        level: A level number of the standard library's logging.
        form: `json` for one object a line; anything else is text, as a log's form must never end a job.

    Returns:
        The logger `byoml`.
    """
    logger = logging.getLogger("byoml")
    logger.setLevel(level)
    logger.propagate = False
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_FORMATTERS.get((form or "").strip().lower(), _Text)())
        logger.addHandler(handler)
    return logger
