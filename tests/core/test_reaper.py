"""PID 1's duty; what it does as PID 1 is in tests/e2e/test_stop.py, in a PID namespace of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from byoml.reaper import run_reaping


def test_elsewhere_the_work_is_done_in_this_process() -> None:
    """No process is added, and no signal is touched."""
    assert run_reaping(os.getpid) == os.getpid()


@pytest.mark.parametrize(("ends", "code"), [("return 7", 7), ("import os; os.kill(os.getpid(), 9)", 137)])
def test_as_pid_1_the_childs_end_is_ours(ends: str, code: int) -> None:
    """A killed one too, as by the system where memory runs out."""
    program = f"import sys\nfrom byoml.reaper import run_reaping\ndef work():\n    {ends}\nsys.exit(run_reaping(work))"
    namespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, "-c"]
    probe = subprocess.run([*namespace, ""], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("no PID namespace for us")
    assert subprocess.run([*namespace, program], check=False).returncode == code
