"""Where the code and its reference are in this repository."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CORE", "REFERENCE"]

_ROOT = Path(__file__).resolve().parents[2]
CORE = _ROOT / "core/byoml"
REFERENCE = _ROOT / "docs/reference"
