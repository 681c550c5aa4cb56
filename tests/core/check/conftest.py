"""What the tests of the check share: a folder of files, and what is found in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.check.finding import CheckRequest
from byoml.check.main import check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Check = Callable[..., list[str]]


@pytest.fixture
def found(tmp_path: Path) -> Check:
    """Give a function that writes files, checks their folder, and returns the findings without the folder's name."""

    def examine(files: dict[str, str], hp: dict[str, str] | None = None, **request: object) -> list[str]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        asked = CheckRequest(tmp_path, hyperparameters=hp or {}, **request)  # type: ignore[arg-type]
        findings = check(asked, {"BYOML_FRAMEWORK": "none"})
        return [str(finding).replace(f"{tmp_path}/", "").replace(str(tmp_path), "DIR") for finding in findings]

    return examine
