"""Rooms that can be lived in: sizes, promises, and tests that say what they hold."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).resolve().parents[2]
_LINES = 250
_FUNCTION_LINES = 40
# Functions that are longer, each with the reason: "path::name": "why".
_LONG = {
    "core/byoml/environment/env_vars.py::_training_env": "a table: one line for each key that scripts know",
}


def _paths(*patterns: str) -> list[Path]:
    found = (path for pattern in patterns for path in _ROOT.glob(pattern))
    return sorted(path for path in found if not {"build", "scripts"} & set(path.relative_to(_ROOT).parts))


_SOURCES = _paths("core/byoml/**/*.py", "plugins/*/src/**/*.py")
_TESTS = _paths("tests/**/test_*.py", "plugins/*/tests/**/test_*.py", "core/byoml/testing/**/*.py")


def _name(path: Path) -> str:
    return str(path.relative_to(_ROOT))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def _own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function without its docstring, which may be as long as it helps."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or 0) - docstring.lineno + 1)


def test_there_is_something_to_look_at() -> None:
    """Or the tests below could not fail."""
    assert len(_SOURCES) > 40
    assert len(_TESTS) > 20


@pytest.mark.parametrize("path", _SOURCES, ids=_name)
def test_a_room_is_not_too_large(path: Path) -> None:
    """One noun fits in 250 lines."""
    assert len(path.read_text("utf-8").splitlines()) <= _LINES


@pytest.mark.parametrize("path", _SOURCES, ids=_name)
def test_a_function_can_be_read_at_once(path: Path) -> None:
    """Forty lines at most, unless there is a reason."""
    long = {
        f"{_name(path)}::{function.name}" for function in _functions(path) if _own_lines(function) > _FUNCTION_LINES
    }
    assert long - _LONG.keys() == set()


def test_no_reason_outlives_its_function() -> None:
    """What has become short leaves the list."""
    long = {
        f"{_name(path)}::{function.name}"
        for path in _SOURCES
        for function in _functions(path)
        if _own_lines(function) > _FUNCTION_LINES
    }
    assert _LONG.keys() - long == set()


def _top(tree: ast.Module) -> list[ast.stmt]:
    """List a module's own statements; one with `__getattr__` gives what it imports for types only when asked for it."""
    lazy = any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body)
    return tree.body + [inner for node in tree.body if lazy and isinstance(node, ast.If) for inner in node.body]


def _names(tree: ast.Module) -> set[str]:
    """Name what a module has at its top: what it defines and what it imports for others."""
    names = set()
    for node in _top(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def _promised(tree: ast.Module) -> set[str] | None:
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if ast.unparse(target) == "__all__":
                promised: list[str] = ast.literal_eval(node.value)
                return set(promised)
    return None


_PUBLIC = [path for path in _SOURCES if not path.name.startswith("_") or path.name == "__init__.py"]


@pytest.mark.parametrize("path", _PUBLIC, ids=_name)
def test_a_module_says_what_it_promises(path: Path) -> None:
    """`__all__` is there, and all of it is; a module that holds a docstring alone needs none."""
    tree = ast.parse(path.read_text("utf-8"))
    promised = _promised(tree)
    if promised is None:
        assert len(tree.body) <= 1
    else:
        assert promised <= _names(tree)


@pytest.mark.parametrize("path", _TESTS, ids=_name)
def test_every_test_says_which_property_it_holds(path: Path) -> None:
    """In its docstring."""
    silent = [
        function.name
        for function in _functions(path)
        if function.name.startswith("test_") and ast.get_docstring(function) is None
    ]
    assert silent == []
