"""The command line: `byoml`, and the container's words `train`, `serve` and `processing`.

Importing it loads next to nothing: containers start through here.
"""

from __future__ import annotations

import gc
import os
import sys

__all__ = ["main", "processing", "serve", "train"]

_USAGE = 2
_PROCESSING = """usage: processing [SCRIPT [ARG...]]

processing runs the processing job under SAGEMAKER_BASE_DIR (default /opt/ml). SCRIPT is a path, or a name in
processing/input/code, code or this folder; without it the name is BYOML_PROCESS_PROGRAM, processing.py, or the only
script in processing/input/code. Where the first argument starts with `-`, all of them are the script's.
`byoml local process --help` shows how to run a job here.
"""


def main() -> None:
    """Run `byoml`."""
    from byoml.cli.root import run

    sys.exit(run(sys.argv[1:], os.environ))


def train() -> None:
    """Run `train`: the container's training job."""
    _refuse_arguments("train", "runs the training job under SAGEMAKER_BASE_DIR (default /opt/ml).")
    # What is imported stays to the end: looking through it for garbage would take a tenth of the whole time.
    gc.disable()
    from byoml.training.main import main as road

    gc.freeze()
    gc.enable()
    sys.exit(road(os.environ))


def serve() -> None:
    """Run `serve`: the container's endpoint."""
    _refuse_arguments(
        "serve", "serves the model under SAGEMAKER_BASE_DIR (default /opt/ml), on SAGEMAKER_BIND_TO_PORT."
    )
    from byoml.serving.main import main as road

    sys.exit(road(os.environ))


def processing() -> None:
    """Run `processing`: the container's processing job."""
    if sys.argv[1:] in (["-h"], ["--help"]):
        sys.stdout.write(_PROCESSING)
        sys.exit(0)
    from pathlib import Path

    from byoml.processing.main import main as road

    sys.exit(road(os.environ, sys.argv[1:], Path.cwd()))


def _refuse_arguments(word: str, does: str) -> None:
    """Take no argument but the word itself, which an image with an ENTRYPOINT gets from the platform."""
    args = [arg for arg in sys.argv[1:] if arg != word]
    if not args:
        return
    text = f"usage: {word}\n\n{word} {does}\nIt takes no arguments: `byoml local --help` shows how to run a job here.\n"
    if args[0] in ("-h", "--help"):
        sys.stdout.write(text)
        sys.exit(0)
    sys.stderr.write(f"{text}\nerror: unexpected argument {args[0]!r}\n")
    sys.exit(_USAGE)
