"""Handlers, level, and redaction of secrets; nothing else of ours is imported here."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MASK", "configure", "level_number", "redact", "redacted"]

MASK = "******"
# The words that the platform's own drivers mask, and the usual abbreviations.
_SECRET = re.compile(r"secret|passw|(?<![a-z])key(?![a-z])|token|private|creds|credential|apikey", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?<=://)[^/\s:@]*:[^/\s]+(?=@)")
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
    if text.isdigit():
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


def redacted(values: Mapping[str, object]) -> dict[str, str]:
    return {name: redact(name, str(value)) for name, value in values.items()}


def configure(level: int) -> logging.Logger:
    """Send byoml's own lines to stderr, apart from the user's output on stdout.

    Args:
        level: A level number of the standard library's logging.

    Returns:
        The logger `byoml`.
    """
    logger = logging.getLogger("byoml")
    logger.setLevel(level)
    logger.propagate = False
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("byoml %(levelname)s: %(message)s"))
        logger.addHandler(handler)
    return logger
