"""`byoml.checkpoints`: whole or not at all, and the newest whole one is found."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from byoml import checkpoints
from byoml.errors import SettingError
from byoml.job.errors import NothingSavedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"SAGEMAKER_BASE_DIR": str(tmp_path / "ml"), "SM_CURRENT_HOST": "algo-1"}


def _text(text: str) -> Callable[[Path], Any]:
    return lambda path: path.write_text(text)


def _save(environ: dict[str, str], step: int, text: str = "weights", **options: Any) -> Path:
    return checkpoints.save("model.npz", _text(f"{text} {step}"), step=step, environ=environ, **options)


def _steps(environ: dict[str, str], **options: Any) -> list[int]:
    return [one.step for one in checkpoints.found("model.npz", environ=environ, **options)]


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_folder_is_the_trees_and_is_made(tmp_path: Path, environ: dict[str, str]) -> None:
    """Local modes and plain runs have none."""
    assert checkpoints.directory(environ) == tmp_path / "ml/checkpoints"
    assert (tmp_path / "ml/checkpoints").is_dir()


def test_the_folder_is_what_checkpointconfig_says(tmp_path: Path, environ: dict[str, str]) -> None:
    """LocalPath may be any path."""
    config = tmp_path / "ml/input/config"
    config.mkdir(parents=True)
    (config / "checkpointconfig.json").write_text(json.dumps({"LocalPath": str(tmp_path / "elsewhere")}))
    assert checkpoints.directory(environ) == tmp_path / "elsewhere"
    assert _save(environ, 1).parent == tmp_path / "elsewhere"


def test_a_prefix_without_a_slash_is_warned_of_once(
    tmp_path: Path, environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """It would also bring other jobs' checkpoints."""
    config = tmp_path / "ml/input/config"
    config.mkdir(parents=True)
    for uri in (f"s3://{tmp_path.name}/ck/", f"s3://{tmp_path.name}/ck"):
        (config / "checkpointconfig.json").write_text(json.dumps({"S3Uri": uri}))
        checkpoints.directory(environ)
        checkpoints.directory(environ)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert f"s3://{tmp_path.name}/ck has no slash at its end" in caplog.text


def test_a_checkpoint_is_saved_and_found(environ: dict[str, str]) -> None:
    """The highest step, with who saved it."""
    assert checkpoints.latest("model.npz", environ=environ) is None
    _save(environ, 9)
    path = _save(environ, 10)
    found = checkpoints.latest("model.npz", environ=environ)
    assert found == checkpoints.Checkpoint(path, 10, "algo-1", None)
    assert path.read_text() == "weights 10"


def test_host_rank_and_step_are_in_the_name_and_its_suffix_stays(environ: dict[str, str]) -> None:
    """One S3 prefix serves all hosts; frameworks look at suffixes."""
    assert _save(environ, 7).name == "model-algo-1-000000007.npz"
    assert _save({**environ, "RANK": "3"}, 7).name == "model-algo-1-rank3-000000007.npz"
    assert _save({**environ, "OMPI_COMM_WORLD_RANK": "0"}, 7).name == "model-algo-1-rank0-000000007.npz"


def test_without_the_variable_the_host_is_that_of_resourceconfig(tmp_path: Path) -> None:
    """As where another toolkit started the program."""
    environ = {"SAGEMAKER_BASE_DIR": str(tmp_path)}
    assert "localhost" in _save(environ, 1).name
    (tmp_path / "input/config").mkdir(parents=True)
    (tmp_path / "input/config/resourceconfig.json").write_text('{"current_host": "algo-2", "hosts": ["algo-2"]}')
    assert "algo-2" in _save(environ, 1).name


def test_while_it_is_written_only_names_that_the_agent_ignores_are_there(environ: dict[str, str]) -> None:
    """So no half checkpoint is mirrored under its name; the path that the function gets has its suffix."""
    folder = checkpoints.directory(environ)
    seen: list[str] = []

    def write(path: Path) -> None:
        assert path.suffix == ".npz"
        path.write_text("half")
        seen.extend(_names(folder))

    checkpoints.save("model.npz", write, step=1, environ=environ)
    assert len(seen) == 1
    assert seen[0].endswith(".sagemaker-ignore")
    assert {name for name in _names(folder) if ".sagemaker-" in name} == set()


def test_a_failing_save_leaves_the_earlier_ones_and_nothing_else(environ: dict[str, str]) -> None:
    """The exception is the program's own; also for the same step again."""
    _save(environ, 1)
    before = _names(checkpoints.directory(environ))

    def write(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    for step in (1, 2):
        with pytest.raises(OSError, match="No space left"):
            checkpoints.save("model.npz", write, step=step, environ=environ)
    assert _names(checkpoints.directory(environ)) == before
    assert _steps(environ) == [1]


def test_a_function_that_writes_elsewhere_is_told_so(environ: dict[str, str]) -> None:
    """With what it wrote instead."""
    with pytest.raises(NothingSavedError, match=r"exactly the path it gets\. There is: other"):
        checkpoints.save("m", lambda path: path.with_name("other").touch(), step=1, environ=environ)


def test_a_program_that_is_killed_while_saving_leaves_no_checkpoint(environ: dict[str, str]) -> None:
    """The next save clears away what it left."""
    _save(environ, 1)
    code = """\
import byoml, os, signal
def write(path):
    path.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
byoml.checkpoints.save("model.npz", write, step=2)
"""
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **environ}, check=False)
    assert done.returncode == -signal.SIGKILL
    folder = checkpoints.directory(environ)
    assert len([name for name in _names(folder) if name.endswith(".sagemaker-ignore")]) == 1
    assert _steps(environ) == [1]
    _save(environ, 2)
    assert _steps(environ) == [2, 1]
    assert not [name for name in _names(folder) if ".sagemaker-" in name]


def _tear(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _change(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def _drop(path: Path) -> None:
    path.unlink()


def _drop_manifest(path: Path) -> None:
    path.with_name(path.name + ".manifest.json").unlink()


def _tear_manifest(path: Path) -> None:
    _tear(path.with_name(path.name + ".manifest.json"))


@pytest.mark.parametrize("damage", [_tear, _change, _drop, _drop_manifest, _tear_manifest])
def test_a_torn_checkpoint_is_passed_over(environ: dict[str, str], damage: Callable[[Path], None]) -> None:
    """As one that was only half mirrored when the instance went away."""
    _save(environ, 1)
    damage(_save(environ, 2))
    assert _steps(environ) == [1]


def test_passing_over_is_said_with_the_reason(environ: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """Or nobody would know why steps are lost."""
    _tear(_save(environ, 2))
    assert checkpoints.latest("model.npz", environ=environ) is None
    assert "has 8 bytes of 9" in caplog.text


def test_the_agents_marker_files_and_other_files_are_no_checkpoints(environ: dict[str, str]) -> None:
    """They lie beside the data; those of other names are other checkpoints."""
    path = _save(environ, 1)
    for suffix in (".sagemaker-uploading", ".sagemaker-uploaded", ".manifest.json.sagemaker-uploaded"):
        path.with_name(path.name + suffix).write_text("{}")
    path.with_name("notes.manifest.json").write_text("[1]")
    checkpoints.save("other.npz", _text("x"), step=5, environ=environ)
    assert _steps(environ) == [1]


def test_a_folder_is_a_checkpoint_too(environ: dict[str, str]) -> None:
    """Each file in it counts; saving the same step again replaces it."""

    def write(path: Path) -> None:
        (path / "inner").mkdir(parents=True)
        (path / "inner/a").write_text("a")
        (path / "b").write_text("b")

    for _ in range(2):
        path = checkpoints.save("saved_model", write, step=1, environ=environ)
    assert checkpoints.latest("saved_model", environ=environ) == checkpoints.Checkpoint(path, 1, "algo-1", None)
    (path / "inner/a").write_text("c")
    assert checkpoints.latest("saved_model", environ=environ) is None


def test_the_last_ones_are_kept(environ: dict[str, str]) -> None:
    """Three by default; of this host and name alone."""
    other = {**environ, "SM_CURRENT_HOST": "algo-2"}
    for step in range(5):
        _save(environ, step)
        _save(other, step, keep=None)
    assert _steps(environ, own=True) == [4, 3, 2]
    assert _steps(other, own=True) == [4, 3, 2, 1, 0]
    _save(environ, 5, keep=1)
    assert _steps(environ, own=True) == [5]


def test_a_run_from_scratch_keeps_its_own_low_steps(environ: dict[str, str]) -> None:
    """What is kept is what was saved last, not what has high numbers."""
    for step in (100, 200, 0, 1):
        _save(environ, step, keep=2)
    assert _steps(environ) == [1, 0]


def test_any_rank_finds_what_one_has_saved_and_its_own_first(environ: dict[str, str]) -> None:
    """Rank 0 saves for all, or each saves its own part."""
    ranks = [{**environ, "RANK": str(rank)} for rank in range(3)]
    for rank in ranks[:2]:
        _save(rank, 5)
    found = [checkpoints.latest("model.npz", environ=rank) for rank in ranks]
    assert [one and one.rank for one in found] == [0, 1, 0]
    assert checkpoints.latest("model.npz", own=True, environ=ranks[2]) is None


def test_the_users_own_look_decides_too(environ: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """Where it raises or says False, an older one is taken."""
    for step in (1, 2, 3):
        _save(environ, step)

    def validate(path: Path) -> bool:
        if "2" in path.read_text():
            raise KeyError("optimizer")
        return "3" not in path.read_text()

    assert _steps(environ, validate=validate) == [1]
    assert "KeyError: 'optimizer'" in caplog.text


@pytest.mark.parametrize(
    ("name", "step", "keep"),
    [("", 1, 3), ("a/b", 1, 3), ("..", 1, 3), ("x.sagemaker-ignore", 1, 3), ("m", -1, 3), ("m", 1, 0)],
)
def test_what_is_not_possible_is_refused(environ: dict[str, str], name: str, step: int, keep: int) -> None:
    """Before anything is written."""
    with pytest.raises(SettingError, match="of a checkpoint is"):
        checkpoints.save(name, _text("x"), step=step, keep=keep, environ=environ)
