"""Scripts that only define functions, for AWS's first TensorFlow container to call: estimator style."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TRAINS", "is_function_script"]

# One of these makes the estimator.
_MAKERS = ("estimator_fn", "keras_model_fn", "model_fn")
#: These two train and evaluate it.
TRAINS = ("train_input_fn", "eval_input_fn")


def is_function_script(path: Path) -> bool:
    """Tell whether a script is to be called, not run: it defines the functions, and no `if __name__` starts them.

    Args:
        path: The script.

    Returns:
        Whether it is; False too for what does not parse, which Python itself will tell best.
    """
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return False
    defined = {node.name for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    starts = any(isinstance(node, ast.If) and "__name__" in ast.unparse(node.test) for node in body)
    return not starts and set(TRAINS) <= defined and any(name in defined for name in _MAKERS)
