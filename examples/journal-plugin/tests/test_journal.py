"""The hooks are called in their order, over a real job and a real endpoint, and the journal tells what happened."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.testing.container import Container, TrainOutcome

TSV = "text/tab-separated-values"
SCRIPT = """
import os
print("jobs before:", os.environ["JOURNAL_JOBS_BEFORE"], "niceness:", os.nice(0))
"""
SERVED = "def predict_fn(data, model):\n    return data.sum(axis=1)\n"


def train(container: Container, script: str = SCRIPT, **env: str) -> TrainOutcome:
    container.write({"code/train.py": script})
    return container.train({"BYOML_JOURNAL": str(container.root / "journal"), "TRAINING_JOB_NAME": "demo", **env})


def entries(container: Container) -> list[Mapping[str, object]]:
    return [json.loads(line) for line in (container.root / "journal").read_text("utf-8").splitlines()]


def hooks_called(stderr: bytes) -> list[str]:
    """Name the hooks in the order of their calls, as BYOML_TRACE_PLUGINS prints them."""
    return re.findall(r"^ *(byoml_\w+) \[hook\]$", stderr.decode("utf-8", "replace"), re.MULTILINE)


def test_a_job_is_recorded_at_its_start_and_its_end(container: Container) -> None:
    """Two lines a job, with its name, its host and its exit code."""
    assert train(container).exit_code == 0

    started, ended = entries(container)
    assert (started["event"], started["job"], started["host"]) == ("job started", "demo", "localhost")
    assert (ended["event"], ended["exit_code"]) == ("job ended", 0)


def test_a_failed_job_is_recorded_with_its_exit_code(container: Container) -> None:
    """The hook after training is called however the program ended."""
    assert train(container, "import sys\nsys.exit(7)\n").exit_code == 7

    assert [entry.get("exit_code") for entry in entries(container)] == [None, 7]


def test_a_script_is_told_how_many_jobs_were_before_it(container: Container) -> None:
    """Variables of a hook reach the program."""
    assert b"jobs before: 0 " in train(container).stdout
    assert b"jobs before: 1 " in train(container).stdout


def test_the_launcher_is_used_where_it_is_asked_for(container: Container) -> None:
    """Without the variable the plugin stays out of it; with it, the program runs under `nice`."""
    plain = int(train(container).stdout.split()[-1])
    nicer = int(train(container, BYOML_JOURNAL_NICE="3").stdout.split()[-1])

    assert nicer == min(plain + 3, 19)
    assert entries(container)[-1]["command"][:3] == ["nice", "-n", "3"]  # type: ignore[index]


def test_the_hooks_of_a_job_are_called_in_their_order(container: Container) -> None:
    """From the choice of the launcher to the end of the program."""
    outcome = train(container, BYOML_TRACE_PLUGINS="1")

    # Other plugins that are installed may bring a framework, and are asked each by itself.
    called = [hook for hook in dict.fromkeys(hooks_called(outcome.stderr)) if hook != "byoml_register_framework"]
    assert called == [
        "byoml_select_launcher",
        "byoml_env_vars",
        "byoml_before_training",
        "byoml_after_training",
    ]


def test_an_endpoint_has_the_codec_the_route_and_the_entry(container: Container) -> None:
    """One worker loads one model; its requests may be of the new type; the people's page lists the load."""
    container.write({"model/code/inference.py": SERVED})
    env = {
        "BYOML_FRAMEWORK": "none",
        "BYOML_JOURNAL": str(container.root / "journal"),
        "BYOML_TRACE_PLUGINS": "1",
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
    }
    with container.serve(env) as endpoint:
        answer = endpoint.invoke(b"1\t2\n3\t4\n", TSV, TSV)
        page = endpoint.request("GET", "/journal")
        assert endpoint.stop() == 0

    assert (answer.status, answer.headers["content-type"], answer.body) == (200, TSV, b"3\n7\n")
    assert [entry["event"] for entry in page.json()] == ["model loaded"]
    assert [entry["framework"] for entry in entries(container)] == ["none"]
    called = hooks_called(endpoint.stderr())
    assert called.index("byoml_register_codecs") < called.index("byoml_after_model_load")
    assert "byoml_register_routes" in called


def test_the_command_prints_the_journal(container: Container) -> None:
    """`byoml journal` is one of byoml's commands, and tells what it needs where it is not given."""
    train(container)
    command = [str(Path(sys.executable).parent / "byoml"), "journal"]
    journal = {**container.environment(), "BYOML_JOURNAL": str(container.root / "journal")}

    told = subprocess.run(command, env=journal, capture_output=True, text=True, check=True)
    refused = subprocess.run(command, env=container.environment(), capture_output=True, text=True, check=False)

    assert ["job started" in line for line in told.stdout.splitlines()] == [True, False]
    assert (refused.returncode, "BYOML_JOURNAL names no file" in refused.stderr) == (2, True)
