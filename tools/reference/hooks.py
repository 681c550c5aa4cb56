"""The page of the hooks: their signatures and docstrings."""

from __future__ import annotations

import ast

from reference.markdown import code, page
from reference.tree import CORE

__all__ = ["hooks"]

_HOOKS = """\
A plugin is a module named in the entry-point group `byoml`. Its functions marked `@hookimpl` (from `byoml.plugin`)
answer the hooks of the same name, and may leave out arguments that they do not need. No hook is called per request.
`BYOML_TRACE_PLUGINS=1` prints each call.

What belongs to one framework is no hook but a method of [`Framework`](../../core/byoml/plugin/framework.py), which
`byoml_register_framework` brings. [The journal plugin](../../examples/journal-plugin) uses most of the others."""


def hooks() -> str:
    """Make the page of the hooks, in the order of hookspecs.py."""
    tree = ast.parse((CORE / "plugin/hookspecs.py").read_text("utf-8"))
    parts = ["# Hooks", _HOOKS]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            parts += [f"## {node.name}", code("python", _signature(node)), *_hook_text(node)]
    return page(parts)


def _signature(node: ast.FunctionDef) -> str:
    return f"@hookimpl\ndef {node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns or ast.Constant(None))}"


def _hook_text(node: ast.FunctionDef) -> list[str]:
    called, _, returns = (ast.get_docstring(node) or "").partition("; ")
    return [f"{called.rstrip('.')}.", *([f"{returns[:1].upper()}{returns[1:]}"] if returns else [])]
