"""What the black-box tests share: the cases, the console scripts, a small environment."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Case", "case_files", "console_script", "environment", "free_port", "wait_until"]

Case = dict[str, Any]

_CASES = Path(__file__).parent / "cases"


def case_files(kind: str) -> dict[str, Case]:
    """Read every case file of a kind.

    Args:
        kind: ``train`` or ``serve``; all files whose names start so are read.

    Returns:
        The whole content of each file, by the file's name.
    """
    return {path.name: json.loads(path.read_text("utf-8")) for path in sorted(_CASES.glob(f"{kind}*.json"))}


def console_script(name: str) -> str:
    """Say where the console script lies that belongs to the running interpreter."""
    return str(Path(sys.executable).parent / name)


def environment(base: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Make the whole environment of a container process: what any process needs, the root, and the case's own.

    Args:
        base: The root of the tree, in place of /opt/ml.
        variables: The case's variables; ``${BASE}`` in a value stands for the root.
    """
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "HOME": str(base.parent),
        "LANG": "C.UTF-8",
        "SAGEMAKER_BASE_DIR": str(base),
        **{name: value.replace("${BASE}", str(base)) for name, value in variables.items()},
    }


def free_port() -> int:
    """Find a port of the loopback interface that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again, with short waits, until a condition holds or the time is up.

    Returns:
        Whether the condition held in time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
