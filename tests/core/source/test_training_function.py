"""The function of SAGEMAKER_TRAINING_MODULE."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from byoml.errors import SettingError
from byoml.source.training_function import VARIABLE, check, main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("value", ["kit", "kit:", ":run", "kit.training:run it", "kit/training:run"])
def test_what_names_no_function_is_an_error(value: str) -> None:
    """It says what would be right."""
    with pytest.raises(SettingError, match=r"such as pkg\.training:main"):
        check(value)


def test_the_function_is_called_without_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it raises passes through, sys.exit included."""
    (tmp_path / "kit_of_this_test.py").write_text("import sys\n\ndef run():\n    sys.exit(7)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    check("kit_of_this_test:run")
    with pytest.raises(SystemExit) as ended:
        main({VARIABLE: "kit_of_this_test:run"})
    assert ended.value.code == 7
    del sys.modules["kit_of_this_test"]
