"""What comes before a model is loaded: the framework's preparation, then the user's script."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from byoml.plugin import Framework
from byoml.serving.loading import import_script
from byoml.serving.sources import Source
from byoml.source.entry_point import EntryPoint, Kind

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class _Prepared(Framework):
    name = "prepared"

    def __init__(self) -> None:
        self.prepared = 0

    def before_script(self) -> None:
        self.prepared += 1
        sys.stdout.write("the framework\n")


def test_a_framework_prepares_the_process_before_the_script_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the script imports may need it."""
    (tmp_path / "inference.py").write_text("print('the script')\n")
    entry_point = EntryPoint("inference.py", Kind.SCRIPT, tmp_path)

    module = import_script(Source(tmp_path, _Prepared(), entry_point))

    assert module is not None
    assert capsys.readouterr().out == "the framework\nthe script\n"


def test_without_a_script_nothing_is_prepared(tmp_path: Path) -> None:
    """The framework's own functions do what they need by themselves."""
    framework = _Prepared()

    assert import_script(Source(tmp_path, framework, None)) is None
    assert framework.prepared == 0
