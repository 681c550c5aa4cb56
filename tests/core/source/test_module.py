"""Importing the user's module by its path; each in a Python of its own, as importing leaves its traces."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from byoml.errors import UserModuleError
from byoml.source.module import load_module

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOAD = "import sys; from pathlib import Path; from byoml.source.module import load_module; root = Path.cwd();"


def _python(folder: Path, code: str, files: Mapping[str, str]) -> str:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    argv = [sys.executable, "-I", "-c", f"{_LOAD} {code}"]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_the_file_itself_is_imported_not_an_installed_module_of_its_name(tmp_path: Path) -> None:
    """A script called json.py is not hidden by the module that is imported already, nor takes its place."""
    files = {"json.py": "MINE = True", "inference.py": "MINE = True"}
    code = "import json; m = load_module(root / 'json.py', root); print(m.MINE, hasattr(json, 'MINE'), m.__name__)"
    assert _python(tmp_path, code, files) == "True False byoml_user_json\n"


def test_its_siblings_and_the_code_folder_can_be_imported_by_it(tmp_path: Path) -> None:
    """The code folder goes first on the path, the module's own folder next."""
    files = {
        "sub/inference.py": "import beside, top; NAMES = beside.NAME, top.NAME",
        "sub/beside.py": "NAME = 'beside'",
        "sub/top.py": "NAME = 'not this one'",
        "top.py": "NAME = 'top'",
    }
    code = "print(load_module(root / 'sub/inference.py', root).NAMES)"
    assert _python(tmp_path, code, files) == "('beside', 'top')\n"


def test_classes_of_the_module_can_be_pickled(tmp_path: Path) -> None:
    """It is findable under its private name."""
    code = "import pickle as p; m = load_module(root / 'm.py', root); print(p.loads(p.dumps(m.Thing)) is m.Thing)"
    assert _python(tmp_path, code, {"m.py": "class Thing: pass"}) == "True\n"


def test_the_path_does_not_grow_when_modules_are_loaded_again(tmp_path: Path) -> None:
    """A folder stands on the path once."""
    code = "[load_module(root / 'm.py', root) for _ in range(3)]; print(sys.path.count(str(root)))"
    assert _python(tmp_path, code, {"m.py": ""}) == "1\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("raise ValueError('no weights')", "ValueError: no weights"),
        ("def f(:", "SyntaxError"),
        ("import nowhere", "nowhere"),
    ],
)
def test_a_module_that_cannot_be_imported_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, words: str
) -> None:
    """The traceback hangs on as the cause, and no half-made module stays."""
    monkeypatch.setattr(sys, "path", sys.path.copy())
    (tmp_path / "broken.py").write_text(content)
    with pytest.raises(UserModuleError) as caught:
        load_module(tmp_path / "broken.py", tmp_path)
    assert str(tmp_path / "broken.py") in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.__cause__ is not None
    assert "byoml_user_broken" not in sys.modules


def test_a_file_that_is_no_python_is_said_to_be_none() -> None:
    """Whatever lies in it."""
    with pytest.raises(UserModuleError, match="is not a Python file"):
        load_module(Path("/code/model.bin"), Path("/code"))
