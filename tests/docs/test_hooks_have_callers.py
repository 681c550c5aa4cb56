"""A hook lands with something that uses it: no hook is there on suspicion."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from byoml.plugin import hookspecs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOOKS = {name for name in vars(hookspecs) if name.startswith("byoml_")}


def trees(*folders: Path) -> Iterator[ast.Module]:
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            if path.name != "hookspecs.py":
                yield ast.parse(path.read_text("utf-8"))


def implemented(tree: ast.Module) -> set[str]:
    """Name the functions that are marked as answers to hooks."""
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and any("hookimpl" in ast.unparse(mark) for mark in node.decorator_list)
    }


def called(tree: ast.Module) -> set[str]:
    """Name the hooks that are called, as attributes of the manager's `hook` or by their names."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    attributes = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
    names = {word.value for call in calls for word in call.args if isinstance(word, ast.Constant)}
    return HOOKS & {str(name) for name in attributes | names}


def test_every_hook_is_answered(root: Path) -> None:
    """By core itself, by one of our plugins or by an example."""
    sources = [root / "core/byoml", *(root / "plugins").glob("*/src"), *(root / "examples").glob("*/src")]
    answered = set().union(*(implemented(tree) for tree in trees(*sources)))

    assert HOOKS
    assert answered == HOOKS


def test_every_hook_is_called(root: Path) -> None:
    """By core."""
    assert set().union(*(called(tree) for tree in trees(root / "core/byoml"))) == HOOKS
