"""The journal: one JSON object a line, in the file that BYOML_JOURNAL names."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["VARIABLE", "Journal"]

VARIABLE = "BYOML_JOURNAL"


@dataclass(frozen=True)
class Journal:
    """A journal that may be switched off.

    Args:
        path: The file, None where nothing is to be kept.
    """

    path: Path | None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Journal:
        return cls(Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)

    def record(self, event: str, **facts: object) -> None:
        """Add one line; lines of several processes never mix, as each is one write to a file opened for appending."""
        if self.path is None:
            return
        line = json.dumps({"event": event, "time": datetime.now(timezone.utc).isoformat(), **facts})
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line.encode() + b"\n")
        finally:
            os.close(descriptor)

    def entries(self, event: str | None = None) -> list[dict[str, Any]]:
        """Read the lines, all or those of one event, oldest first."""
        if self.path is None or not self.path.is_file():
            return []
        entries = [json.loads(line) for line in self.path.read_text("utf-8").splitlines()]
        return [entry for entry in entries if event in (None, entry["event"])]
