"""Every case of cases/train*.json, through the console script ``train`` in a tree of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from archives import tarball
from blackbox import Case, case_files, console_script, environment, wait_until

if TYPE_CHECKING:
    from pathlib import Path

_DUMP = """\
import json, os, sys
seen = {"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}
with open(os.path.join(os.environ["SM_MODEL_DIR"], "dump.json"), "w") as file:
    json.dump(seen, file)
"""
_SECONDS = 50

_CASES = [case for content in case_files("train").values() for case in content["cases"]]


class Job(NamedTuple):
    """What is left of a training job: its tree, its exit code and its two streams."""

    base: Path
    exit_code: int
    stdout: str
    stderr: str

    @property
    def failure(self) -> str | None:
        """The text of the failure file, if there is one."""
        path = self.base / "output/failure"
        return path.read_bytes().decode("utf-8") if path.exists() else None

    @property
    def dump(self) -> dict[str, Any]:
        """What the program saw: argv, env and cwd."""
        seen: dict[str, Any] = json.loads((self.base / "model/dump.json").read_text("utf-8"))
        return seen


def content_bytes(content: Any, base: Path) -> bytes:
    """Make the bytes of one file of a case: a text, the dumping program, a tarball, or an object as JSON."""
    if isinstance(content, dict) and content.keys() == {"tar.gz"}:
        return tarball({name: content_bytes(inner, base) for name, inner in content["tar.gz"].items()})
    text = content if isinstance(content, str) else json.dumps(content)
    return (_DUMP if text == "@dump" else text.replace("${BASE}", str(base))).encode("utf-8")


def build_tree(case: Case, base: Path) -> None:
    """Write the files and the configuration of a case below its root."""
    for folder in ("input/config", "input/data", "model", "output/data"):
        (base / folder).mkdir(parents=True)
    config = {f"input/config/{name}": value for name, value in case["config"].items()}
    for name, content in {**case["files"], **config}.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content_bytes(content, base))


def run_job(case: Case, base: Path) -> Job:
    """Run ``train`` once, and stop it where the case asks for that."""
    with subprocess.Popen(
        [console_script("train")],
        env=environment(base, case["env"]),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=base,
        start_new_session=True,
    ) as process:
        try:
            if "stop_after_file" in case:
                mark = base / case["stop_after_file"]
                wait_until(lambda: mark.exists() or process.poll() is not None, _SECONDS)
                process.send_signal(signal.SIGTERM)
            stdout, stderr = process.communicate(timeout=_SECONDS)
        finally:
            process.kill()
    return Job(base, process.returncode, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"))


def check_failure(expect: Case, job: Job) -> None:
    """Hold the failure file to what the case expects of it."""
    failure = job.failure
    if "failure" in expect:
        assert failure == expect["failure"]
    if expect.keys() & {"failure_first_line", "failure_contains", "failure_max_bytes"}:
        assert failure, "there is no failure file"
        assert len(failure.encode("utf-8")) <= expect.get("failure_max_bytes", 1024)
        assert failure.splitlines()[0] == expect.get("failure_first_line", failure.splitlines()[0])
        for part in expect.get("failure_contains", []):
            assert part in failure


def check_dump(expect: Case, job: Job) -> None:
    """Hold the program's arguments and variables to what the case expects of them."""
    if not expect.keys() & {"argv", "env", "env_lacks", "env_keys", "env_matches", "cwd"}:
        return
    seen = job.dump
    for key in expect.keys() & {"argv", "cwd"}:
        assert seen[key] == expect[key]
    names = expect.get("env", {})
    assert {name: seen["env"].get(name) for name in names} == names
    assert not seen["env"].keys() & set(expect.get("env_lacks", []))
    for name, keys in expect.get("env_keys", {}).items():
        assert set(keys) <= json.loads(seen["env"][name]).keys()
    for name, pattern in expect.get("env_matches", {}).items():
        assert re.fullmatch(pattern, seen["env"][name])


@pytest.mark.parametrize("case", _CASES, ids=[case["id"] for case in _CASES])
def test_train_keeps_its_case(case: Case, tmp_path: Path) -> None:
    """A tree and an environment decide the program's arguments and variables, the exit code and the failure file."""
    base = tmp_path / "ml"
    build_tree(case, base)
    expect = json.loads(json.dumps(case["expect"]).replace("${BASE}", str(base)))

    job = run_job(case, base)

    assert job.exit_code == expect["exit"], job.stderr
    check_failure(expect, job)
    check_dump(expect, job)
    for name, content in expect.get("produced", {}).items():
        assert (base / name).read_text("utf-8") == content
    assert [name for name in expect.get("absent", []) if (base / name).exists()] == []
    for stream in ("stdout", "stderr"):
        text = getattr(job, stream)
        assert [part for part in expect.get(f"{stream}_contains", []) if part not in text] == []
        assert [part for part in expect.get(f"{stream}_lacks", []) if part in text] == []


def test_no_two_cases_of_training_share_an_id() -> None:
    """An id names one case, so a row of the coverage map can point at it."""
    ids = [case["id"] for case in _CASES]
    assert sorted(set(ids)) == sorted(ids)
