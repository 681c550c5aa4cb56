"""What `train` asks of the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from byoml.testing.container import Container


def test_devices_are_probed_once_a_job(container: Container) -> None:
    """Drivers are slow to answer: one call a job, however often the count is used (contract/training 2.4)."""
    log = container.path("calls")
    tool = container.path("bin/nvidia-smi")
    container.write({"bin/nvidia-smi": f"#!/bin/sh\necho called >> {log}\necho 'GPU 0: A'\n", "code/train.py": _SCRIPT})
    tool.chmod(0o755)
    outcome = container.train(env={"PATH": f"{tool.parent}:/usr/bin:/bin"})
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.stdout == b"1\n"
    assert log.read_text() == "called\n"


_SCRIPT = "import os\nprint(os.environ['SM_NUM_GPUS'])\n"
