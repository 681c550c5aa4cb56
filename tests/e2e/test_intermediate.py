"""What a program writes to `output/intermediate` is on S3 while it runs (contract/training 6.6)."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

import pytest
from blackbox import wait_until
from jobs import Job

if TYPE_CHECKING:
    from pathlib import Path

    from buckets import S3

_PREFIX = "pre/fix/job-1/output/intermediate"
# Writes, and goes on once the test has put a file named after the step.
_STEPS = """\
import os, pathlib, time
folder, go = pathlib.Path(os.environ["SM_OUTPUT_INTERMEDIATE_DIR"]), pathlib.Path(os.environ["GO"])
def wait(step):
    while not (go / step).exists():
        time.sleep(0.01)
"""
_SECONDS = 25


def _job(folder: Path, s3: S3, script: str, key: str = "pre/fix/") -> Job:
    (folder / "go").mkdir()
    return Job(folder / "ml", {"code/train.py": _STEPS + script}, {"sagemaker_s3_output": s3.uri(key)})


def _variables(folder: Path, s3: S3, **more: str) -> dict[str, str]:
    quick = {"BYOML_INTERMEDIATE_SECONDS": "0.1", "TRAINING_JOB_NAME": "job-1", "GO": str(folder / "go")}
    return {**s3.variables, **quick, **more}


def test_files_are_uploaded_while_the_program_runs(s3: S3, tmp_path: Path) -> None:
    """Written, renamed into place, appended to: each shows up under its own name, and none is deleted again."""
    script = """\
(folder / "sub").mkdir()
(folder / "sub/plain é.txt").write_text("1")
(folder / ".part").write_text("whole")
(folder / ".part").rename(folder / "renamed")
log = open(folder / "log", "w")
log.write("one "); log.flush()
wait("first")
log.write("two"); log.flush()
(folder / "other").write_text("newer")
(folder / "other").rename(folder / "renamed")
(folder / "sub/plain é.txt").unlink()
wait("second")
"""
    job = _job(tmp_path, s3, script)
    with job.started(**_variables(tmp_path, s3)) as process:
        first = {"sub/plain é.txt": b"1", "renamed": b"whole", "log": b"one "}
        assert wait_until(lambda: _there(s3).items() >= first.items(), _SECONDS), _there(s3)
        (tmp_path / "go/first").touch()
        second = {"sub/plain é.txt": b"1", "renamed": b"newer", "log": b"one two"}
        assert wait_until(lambda: _there(s3).items() >= second.items(), _SECONDS), _there(s3)
        (tmp_path / "go/second").touch()
        assert job.ended(process).exit_code == 0


def _there(s3: S3, prefix: str = _PREFIX) -> dict[str, bytes]:
    return {key.removeprefix(f"{prefix}/"): content for key, content in s3.objects(prefix).items()}


@pytest.mark.parametrize("code", [0, 3])
def test_what_is_written_last_is_uploaded_too(s3: S3, tmp_path: Path, code: int) -> None:
    """Whether the job ends well or not, and however seldom the folder is looked at."""
    job = _job(tmp_path, s3, f"(folder / 'last').write_text('x' * 100000)\nraise SystemExit({code})")
    ended = job.run(**_variables(tmp_path, s3, BYOML_INTERMEDIATE_SECONDS="600"))
    assert ended.exit_code == code
    assert _there(s3) == {"last": b"x" * 100000}
    assert f"1 uploads of intermediate files to s3://{s3.bucket}/{_PREFIX}" in ended.stderr


def test_what_is_written_on_a_stop_is_uploaded_too(s3: S3, tmp_path: Path) -> None:
    """There is time for it within the platform's 120 s."""
    script = """\
import signal, sys
def stop(*_):
    (folder / "on-stop").write_text("kept")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
(go / "up").touch()
time.sleep(60)
"""
    job = _job(tmp_path, s3, script)
    with job.started(**_variables(tmp_path, s3, BYOML_INTERMEDIATE_SECONDS="600")) as process:
        assert wait_until((tmp_path / "go/up").exists, _SECONDS)
        process.send_signal(signal.SIGTERM)
        assert job.ended(process).exit_code == 0
    assert _there(s3) == {"on-stop": b"kept"}


def test_a_folder_that_is_there_is_the_platforms(s3: S3, tmp_path: Path) -> None:
    """Its files are not uploaded twice."""
    job = _job(tmp_path, s3, "(folder / 'file').write_text('x')")
    (job.base / "output/intermediate").mkdir()
    assert job.run(**_variables(tmp_path, s3)).exit_code == 0
    assert s3.objects() == {}


@pytest.mark.parametrize("hyperparameters", [{}, {"sagemaker_s3_output": "file:///tmp/x"}])
def test_nothing_is_uploaded_unless_asked_for_and_the_folder_is_there_for_the_program(
    tmp_path: Path, hyperparameters: dict[str, str]
) -> None:
    """A program may write to it in any case; no boto3 and no credentials are needed."""
    script = "import os; open(os.environ['SM_OUTPUT_INTERMEDIATE_DIR'] + '/file', 'w').close()"
    ended = Job(tmp_path / "ml", {"code/train.py": script}, hyperparameters).run()
    assert ended.exit_code == 0, ended.stderr
    assert "intermediate" not in ended.stderr


def test_a_place_that_is_no_place_is_named(tmp_path: Path) -> None:
    """Before anything runs."""
    job = Job(tmp_path / "ml", {"code/train.py": ""}, {"sagemaker_s3_output": "gs://bucket/x"})
    ended = job.run()
    assert ended.exit_code == 1
    assert ended.failure is not None
    assert ended.failure.startswith("SettingError: hyperparameter sagemaker_s3_output is 'gs://bucket/x'")


def test_several_hosts_may_keep_their_files_apart(s3: S3, tmp_path: Path) -> None:
    """Else they share the keys, as the contract has it; one host never needs its name in them."""
    for hosts, option, key in ((2, "true", "127.0.0.1/f"), (2, "", "f"), (1, "true", "f")):
        names = [f"127.0.0.{number}" for number in range(1, hosts + 1)]
        base = tmp_path / f"{hosts}{option}"
        config = {"resourceconfig.json": {"current_host": "127.0.0.1", "hosts": names}}
        prefix = s3.uri(base.name)
        script = "import os; open(os.environ['SM_OUTPUT_INTERMEDIATE_DIR'] + '/f', 'w').write('x')"
        job = Job(base / "ml", {"code/train.py": script}, {"sagemaker_s3_output": prefix}, config)
        assert job.run(**_variables(tmp_path, s3, BYOML_INTERMEDIATE_PER_HOST=option)).exit_code == 0
        assert list(_there(s3, f"{base.name}/job-1/output/intermediate")) == [key]


def test_an_upload_that_fails_is_logged_and_never_fails_the_job(s3: S3, tmp_path: Path) -> None:
    """Whether the bucket is not there or nobody answers; the same error is told once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}"
    script = "import os; [open(f\"{os.environ['SM_OUTPUT_INTERMEDIATE_DIR']}/{n}\", 'w').close() for n in 'abcdefg']"
    for number, (bucket, more) in enumerate([("no-such-bucket-here", {}), ("b", {"AWS_ENDPOINT_URL_S3": nobody})]):
        job = Job(tmp_path / str(number), {"code/train.py": script}, {"sagemaker_s3_output": f"s3://{bucket}/x"})
        ended = job.run(**{**s3.variables, **more})
        assert ended.exit_code == 0
        assert ended.failure is None
        assert ended.stderr.count("cannot be uploaded to s3://") in {1, 2, 3}
        assert "intermediate files are left that cannot be uploaded" in ended.stderr
