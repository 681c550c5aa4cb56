"""Every case of cases/process*.json, through the console script `processing` in a tree that has nothing of training."""

from __future__ import annotations

import json
import re
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest
from archives import tarball
from blackbox import Case, case_files
from byoml.testing.container import Container

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.testing.container import ProcessOutcome

_DUMP = """\
import json, os, sys
seen = {"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}
with open(os.path.join(os.environ["SAGEMAKER_BASE_DIR"], "dump.json"), "w") as file:
    json.dump(seen, file)
"""
_STOPS = """\
import pathlib, signal, sys
def stop(number, _):
    print("heard", signal.Signals(number).name)
    sys.exit(7)
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, stop)
pathlib.Path("ready").touch()
while True:
    signal.pause()
"""
_PROGRAMS = {"@dump": _DUMP, "@stops": _STOPS}

_CASES = [case for content in case_files("process").values() for case in content["cases"]]


def content_of(content: Any) -> Any:
    """Make what is written of one file of a case: a program of ours, a tarball, a text, or an object."""
    if isinstance(content, dict) and content.keys() == {"tar.gz"}:
        return tarball({name: str(content_of(inner)) for name, inner in content["tar.gz"].items()})
    return _PROGRAMS.get(content, content) if isinstance(content, str) else content


def check_message(expect: Case, message: str | None) -> None:
    """Hold the exit message to what the case expects of it."""
    if "message" in expect:
        assert message == expect["message"]
    if expect.keys() & {"message_first_line", "message_contains", "message_matches"}:
        assert message, "there is no exit message"
        assert len(message.encode()) <= 1024
        assert message.splitlines()[0] == expect.get("message_first_line", message.splitlines()[0])
        assert [part for part in expect.get("message_contains", []) if part not in message] == []
        assert re.fullmatch(expect.get("message_matches", ".*"), message, re.DOTALL)


def check_dump(expect: Case, base: Path) -> None:
    """Hold the program's arguments, folder and variables to what the case expects of them."""
    if not expect.keys() & {"argv", "env", "env_lacks", "cwd"}:
        return
    seen = json.loads((base / "dump.json").read_text("utf-8"))
    assert {key: seen[key] for key in ("argv", "cwd") if key in expect} == {
        key: expect[key] for key in ("argv", "cwd") if key in expect
    }
    names = expect.get("env", {})
    assert {name: seen["env"].get(name) for name in names} == names
    assert not seen["env"].keys() & set(expect.get("env_lacks", []))


def run_case(case: Case, container: Container) -> ProcessOutcome:
    """Run `processing` once, and stop it where the case asks for that."""
    stop_after = container.path(case["stop_after_file"]) if "stop_after_file" in case else None
    number = signal.Signals[case.get("stop_signal", "SIGTERM")]
    return container.process(*case["args"], env=case["env"], stop_after=stop_after, stop_signal=number)


@pytest.mark.parametrize("case", _CASES, ids=[case["id"] for case in _CASES])
def test_processing_keeps_its_case(case: Case, tmp_path: Path) -> None:
    """A tree, arguments and variables decide what the program sees, the exit code and the exit message."""
    container = Container(tmp_path / "container")
    base = container.paths.base
    shutil.rmtree(base)  # a processing container has nothing of training's tree
    here = json.loads(json.dumps(case).replace("${BASE}", str(base)))
    container.write({name: content_of(content) for name, content in here["files"].items()})

    done = run_case(here, container)

    expect = here["expect"]
    assert done.exit_code == expect["exit"], done.stderr.decode()
    check_message(expect, done.message)
    check_dump(expect, base)
    stdout = done.stdout.decode()
    assert stdout == expect.get("stdout", stdout)
    assert [part for part in expect.get("stdout_contains", []) if part not in stdout] == []
    assert [name for name in expect.get("absent", []) if (base / name).exists()] == []


def test_no_two_cases_of_processing_share_an_id() -> None:
    """An id names one case, so a row of the coverage map can point at it."""
    ids = [case["id"] for case in _CASES]
    assert sorted(set(ids)) == sorted(ids)
