"""The program of the fork check: load and predict, fork, predict again in the child, compare."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

__all__ = ["main"]

_CHILD_SECONDS = 10


def main(framework: str, model_dir: Path, content_type: str, body: bytes) -> int:
    """Predict before and after a fork.

    Args:
        framework: Its name.
        model_dir: The model folder.
        content_type: Of the body.
        body: One request.

    Returns:
        0 where the child's prediction is the parent's, 1 where it differs; 128+n where signal n ended the child.
    """
    import numpy as np

    from byoml.testing.contract.capabilities import Predictor

    predictor = Predictor(framework, model_dir)
    rows = predictor.decode(body, content_type)
    expected = predictor.predict(rows)
    child = os.fork()
    if child == 0:
        signal.alarm(_CHILD_SECONDS)  # A child that hangs, as OpenMP's threads make it, ends by SIGALRM.
        os._exit(0 if np.array_equal(predictor.predict(rows), expected) else 1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]).read_bytes()))
