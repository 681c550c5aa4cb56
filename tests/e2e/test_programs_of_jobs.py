"""What byoml offers to the user's running program, in real jobs."""

from __future__ import annotations

import io
import json
import os
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from blackbox import console_script
from byoml.codecs.recordio import write_record
from byoml.testing.container import Container

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 50

_SCHEMA = """\
import dataclasses, os, pathlib, byoml
@dataclasses.dataclass
class Settings:
    epochs: int
    learning_rate: float = 0.1
    verbose: bool = False
settings = byoml.hyperparameters(Settings)
pathlib.Path(os.environ["SM_MODEL_DIR"], "settings").write_text(repr(settings))
"""
# Goes on from the last checkpoint, and saves one when it is told to stop.
_RESUMES = """\
import os, pathlib, time, byoml
last = byoml.checkpoints.latest("state.txt")
step = int(last.path.read_text()) if last else 0
pathlib.Path(os.environ["SM_MODEL_DIR"], "began").write_text(str(step))
while step < 1_000_000:
    step += 1
    if byoml.should_stop():
        byoml.checkpoints.save("state.txt", lambda path: path.write_text(str(step)), step=step)
        break
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "running").touch()
    time.sleep(0.01)
"""
_READS_A_PIPE = """\
import byoml
train = byoml.channel("train")
for epoch in range(2):
    print(epoch, [record.decode() for record in train.records()], flush=True)
"""
_TELLS_METRICS = """\
import os, byoml
for step in range(3):
    byoml.log_metric("loss", 1 / (step + 1), step)
byoml.log_metric("host_rank", int(os.environ["SM_HOST_RANK"]))
"""


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path, {"BYOML_FRAMEWORK": "none"})


def test_a_script_gets_its_hyperparameters_typed(container: Container) -> None:
    """Whatever way they were sent."""
    raw = {"epochs": '"3"', "learning-rate": "1e-3", "verbose": "True", "sagemaker_region": "x"}
    container.write({"code/train.py": _SCHEMA, "input/config/hyperparameters.json": raw})
    outcome = container.train()
    assert outcome.exit_code == 0, outcome.stderr
    expected = "Settings(epochs=3, learning_rate=0.001, verbose=True)"
    assert container.path("model/settings").read_text() == expected


def test_a_wrong_hyperparameter_is_the_failure_reason(container: Container) -> None:
    """The first line names key, value and what is allowed."""
    raw = {"epochs": "many", "colour": "red"}
    container.write({"code/train.py": _SCHEMA, "input/config/hyperparameters.json": raw})
    outcome = container.train()
    assert outcome.exit_code == 1
    assert outcome.failure is not None
    first = outcome.failure.splitlines()[0]
    assert "hyperparameter 'epochs' is 'many'; it must be a whole number" in first
    assert "hyperparameter 'colour' is not known" in first


def test_a_stopped_job_saves_and_the_next_goes_on_from_there(container: Container) -> None:
    """As after a spot interruption: the checkpoint folder is all that comes back, with the agent's marks in it."""
    config = {"LocalPath": "/opt/ml/kept"}
    container.write({"code/train.py": _RESUMES, "input/config/checkpointconfig.json": config})
    outcome = container.train(stop_after=container.path("output/data/running"))
    assert (outcome.exit_code, outcome.failure) == (0, None), outcome.stderr
    (saved,) = container.path("kept").glob("*.txt")
    assert saved.name.startswith("state-localhost-")
    saved.with_name(saved.name + ".sagemaker-uploaded").touch()
    reached = int(saved.read_text())
    assert reached > 0

    container.path("output/data/running").unlink()
    outcome = container.train(stop_after=container.path("output/data/running"))

    assert outcome.exit_code == 0, outcome.stderr
    assert int(container.path("model/began").read_text()) == reached


def test_a_channel_in_pipe_mode_is_read_epoch_by_epoch(container: Container) -> None:
    """From real fifos that another process's writer feeds, and that appear late."""
    config = {"train": {"TrainingInputMode": "Pipe", "RecordWrapperType": "RecordIO"}}
    container.write({"code/train.py": _READS_A_PIPE, "input/config/inputdataconfig.json": config})
    folder = container.path("input/data")

    def feed() -> None:
        for epoch in range(2):
            stream = io.BytesIO()
            for number in range(3):
                write_record(stream, f"{epoch}-{number}".encode())
            os.mkfifo(folder / f"train_{epoch}")
            (folder / f"train_{epoch}").write_bytes(stream.getvalue())

    platform = threading.Thread(target=feed, daemon=True)
    platform.start()
    outcome = container.train()
    platform.join(_SECONDS)
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.stdout.decode().splitlines() == ["0 ['0-0', '0-1', '0-2']", "1 ['1-0', '1-1', '1-2']"]


def test_a_local_job_shows_metrics_and_leaves_them_in_one_file(tmp_path: Path) -> None:
    """Of all hosts, with the host and the process of each."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/train.py").write_text(_TELLS_METRICS)
    command = [console_script("byoml"), "local", "train", "--framework", "none", "--hosts", "2"]
    done = subprocess.run(
        [*command, "--source", str(tmp_path / "src"), "--entry-point", "train.py", "--output", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = sorted(done.stdout.splitlines())
    assert (len(shown), shown[0]) == (8, "[127.0.0.1] host_rank=0.0;")
    assert "[127.0.0.2] loss=0.3333333333333333; step=2;" in shown
    entries = [json.loads(line) for line in (tmp_path / "out/metrics.jsonl").read_text().splitlines()]
    assert [entry["Timestamp"] for entry in entries] == sorted(entry["Timestamp"] for entry in entries)
    told = {(entry["Host"], entry["MetricName"], entry["Value"], entry.get("IterationNumber")) for entry in entries}
    losses = {(host, "loss", 1 / (step + 1), step) for host in ("127.0.0.1", "127.0.0.2") for step in range(3)}
    assert told == losses | {("127.0.0.1", "host_rank", 0.0, None), ("127.0.0.2", "host_rank", 1.0, None)}
    assert len({entry["Pid"] for entry in entries}) == 2
