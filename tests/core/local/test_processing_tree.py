"""The tree of a processing job on this machine, read back as a container reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from byoml.environment.processing_env import ProcessingEnv
from byoml.errors import SettingError, SourceError
from byoml.local.processing_tree import build_processing, check_processing, program_args
from byoml.local.tree import Site
from byoml.local.values import ProcessSpec

if TYPE_CHECKING:
    from pathlib import Path

_HOSTS = ("127.0.0.1", "127.0.0.2")


def _write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _build(base: Path, spec: ProcessSpec) -> ProcessingEnv:
    check_processing(spec)
    build_processing(base, _HOSTS[1], Site(_HOSTS), spec, "job-1")
    return ProcessingEnv.read({"SAGEMAKER_BASE_DIR": str(base)})


def test_the_container_reads_what_was_asked_for(tmp_path: Path) -> None:
    """Inputs hold the user's files, output folders are there, hosts know each other."""
    spec = ProcessSpec(
        "x.py",
        source=_write(tmp_path / "src/x.py").parent,
        inputs={"raw": _write(tmp_path / "raw/a.csv", "1").parent, "one": _write(tmp_path / "b.csv", "2")},
        outputs={"clean": tmp_path / "out"},
        hosts=2,
    )
    env = _build(tmp_path / "ml", spec)
    inputs = {one.name: one.path for one in env.inputs}
    assert inputs.keys() == {"raw", "one", "code"}
    assert (inputs["raw"] / "a.csv").read_text() + (inputs["one"] / "b.csv").read_text() == "12"
    assert [(one.name, one.path.is_dir()) for one in env.outputs] == [("clean", True)]
    assert (env.job_name, env.resources.current_host, env.resources.hosts) == ("job-1", _HOSTS[1], _HOSTS)


def test_nothing_of_trainings_tree_is_there(tmp_path: Path) -> None:
    """A script that looks for it fails here as it would there."""
    _build(tmp_path / "ml", ProcessSpec(str(_write(tmp_path / "x.py"))))
    assert sorted(path.name for path in (tmp_path / "ml").iterdir()) == ["config", "output", "processing"]


@pytest.mark.parametrize("as_source", [True, False])
def test_code_is_copied_so_that_nothing_is_written_into_the_users_folder(tmp_path: Path, *, as_source: bool) -> None:
    """Programs write beside themselves, and archives are unpacked there."""
    folder = _write(tmp_path / "src/x.py").parent
    spec = ProcessSpec("x.py", source=folder) if as_source else ProcessSpec("x.py", inputs={"code": folder})
    env = _build(tmp_path / "ml", spec)
    _write(env.paths.processing_code / "new")
    assert [path.name for path in folder.iterdir()] == ["x.py"]


def test_a_script_alone_is_known_by_its_files_name(tmp_path: Path) -> None:
    """With code it is relative to that, as on the platform."""
    script = str(_write(tmp_path / "src/x.py"))
    assert program_args(ProcessSpec(script, ("--a",))) == ("x.py", "--a")
    assert program_args(ProcessSpec("src/x.py", source=tmp_path)) == ("src/x.py",)
    assert program_args(ProcessSpec(None, ("--a",))) == ("--a",)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"inputs": {"a/b": "."}}, "input is 'a/b'"),
        ({"inputs": {"a": "gone"}}, "input 'a' is .*gone"),
        ({"outputs": {"..": "out"}}, "output is '..'"),
        ({"outputs": {"x": "file"}}, "output 'x' is .*file"),
        ({"inputs": {"a": "data"}, "outputs": {"x": "data"}}, "output 'x' is .*data"),
        ({"outputs": {"x": "out", "y": "./out"}}, "output 'y' is .*out"),
        ({"inputs": {"code": "data"}, "source": "data"}, "--source"),
        ({"script": "gone.py"}, "SCRIPT is 'gone.py'"),
        ({"args": ("5",)}, "first ARG is '5'"),
    ],
)
def test_what_is_not_possible_is_said_before_anything_is_written(
    tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    """Each message names the option."""
    _write(tmp_path / "file")
    (tmp_path / "data").mkdir()
    placed: dict[str, Any] = {
        key: {name: tmp_path / path for name, path in value.items()} if isinstance(value, dict) else value
        for key, value in changes.items()
    }
    placed |= {key: tmp_path / placed[key] for key in placed.keys() & {"source"}}
    with pytest.raises(SettingError, match=named):
        check_processing(ProcessSpec(**placed))


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """As it is for training."""
    with pytest.raises(SourceError):
        check_processing(ProcessSpec(source=tmp_path / "gone"))
