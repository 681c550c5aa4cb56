"""The tree of one host: what the platform would have written there."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from byoml.environment.training_env import TrainingEnv
from byoml.errors import SettingError, SourceError
from byoml.local.tree import Site, build_endpoint, build_job, check_job
from byoml.local.values import EndpointSpec, JobSpec

if TYPE_CHECKING:
    from pathlib import Path

_HOST = "127.0.0.1"


def _config(base: Path, name: str) -> Any:
    return json.loads((base / "input/config" / name).read_text("utf-8"))


def test_hyperparameters_stay_the_strings_that_they_are(tmp_path: Path) -> None:
    """The platform sends every value as a string; nothing is decoded on the way."""
    spec = JobSpec(tmp_path / "out", hyperparameters={"eta": "0.2", "flag": "true", "text": "a=b"})
    build_job(tmp_path / "ml", _HOST, Site((_HOST,)), spec)
    assert _config(tmp_path / "ml", "hyperparameters.json") == {"eta": "0.2", "flag": "true", "text": "a=b"}


def test_resource_config_has_the_keys_of_a_current_real_job(tmp_path: Path) -> None:
    """All hosts get the same list and group; only `current_host` differs."""
    hosts = [_HOST, "127.0.0.2"]
    configs = []
    for host in hosts:
        build_job(tmp_path / host, host, Site(tuple(hosts)), JobSpec(tmp_path / "out", hosts=2))
        configs.append(_config(tmp_path / host, "resourceconfig.json"))
    assert [config.pop("current_host") for config in configs] == hosts
    assert configs[0] == configs[1]
    assert configs[0] == {
        "current_instance_type": "local",
        "current_group_name": "homogeneousCluster",
        "hosts": hosts,
        "instance_groups": [{"instance_group_name": "homogeneousCluster", "instance_type": "local", "hosts": hosts}],
        "network_interface_name": "lo",
    }


def test_channels_are_read_back_as_the_job_named_them(tmp_path: Path) -> None:
    """A folder is the channel itself; a file becomes a folder that holds it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.csv").write_text("1,2")
    (tmp_path / "b.csv").write_text("3,4")
    spec = JobSpec(tmp_path / "out", channels={"train": tmp_path / "folder", "my-ch.1": tmp_path / "b.csv"})
    paths = build_job(tmp_path / "ml", _HOST, Site((_HOST,)), spec)
    env = TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(paths.base)})
    found = {channel.name: (channel.mode, [path.name for path in channel.path.iterdir()]) for channel in env.channels}
    assert found == {"train": ("File", ["a.csv"]), "my-ch.1": ("File", ["b.csv"])}


@pytest.mark.parametrize("name", ["..", "a/b", "a b", "", "x" * 65])
def test_a_channel_name_that_the_platform_refuses_is_refused(tmp_path: Path, name: str) -> None:
    """Such a name could even lead out of the tree."""
    with pytest.raises(SettingError, match="1 to 64 letters"):
        check_job(JobSpec(tmp_path / "out", channels={name: tmp_path}))


def test_a_channel_without_data_is_named(tmp_path: Path) -> None:
    """The message says which channel and which path."""
    with pytest.raises(SettingError, match=r"'train' is '.*absent'"):
        check_job(JobSpec(tmp_path / "out", channels={"train": tmp_path / "absent"}))


def test_the_source_is_copied_without_the_results_that_lie_in_it(tmp_path: Path) -> None:
    """`--source . --output out` is what people type first; the copy must not copy itself."""
    for name in ("train.py", "pkg/util.py", "out/model/old", ".git/config", "pkg/__pycache__/util.pyc"):
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text("")
    paths = build_job(tmp_path / "ml", _HOST, Site((_HOST,)), JobSpec(tmp_path / "src/out", source=tmp_path / "src"))
    copied = {path.relative_to(paths.code).as_posix() for path in paths.code.rglob("*") if path.is_file()}
    assert copied == {"train.py", "pkg/util.py"}


def test_the_source_may_be_an_archive(tmp_path: Path) -> None:
    """As the platform gets it: sourcedir.tar.gz."""
    (tmp_path / "train.py").write_text("pass")
    with tarfile.open(tmp_path / "sourcedir.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "train.py", "train.py")
    paths = build_job(
        tmp_path / "ml", _HOST, Site((_HOST,)), JobSpec(tmp_path / "out", source=tmp_path / "sourcedir.tar.gz")
    )
    assert (paths.code / "train.py").read_text() == "pass"


def test_an_absent_source_is_named(tmp_path: Path) -> None:
    """The error says what was looked for."""
    with pytest.raises(SourceError, match="absent"):
        check_job(JobSpec(tmp_path / "out", source=tmp_path / "absent"))


def test_an_entry_point_without_a_source_goes_alone(tmp_path: Path) -> None:
    """As the SDK does it: the file is the source, its neighbours are not."""
    (tmp_path / "train.py").write_text("pass")
    (tmp_path / "secrets.txt").write_text("")
    spec = JobSpec(tmp_path / "out", entry_point=str(tmp_path / "train.py"))
    paths = build_job(tmp_path / "ml", _HOST, Site((_HOST,)), spec)
    assert [path.name for path in paths.code.iterdir()] == ["train.py"]


def test_an_endpoint_gets_a_copy_of_the_model_folder(tmp_path: Path) -> None:
    """What a server writes beside its model never reaches the user's folder."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model/w").write_text("1")
    paths = build_endpoint(tmp_path / "ml", EndpointSpec(tmp_path / "model"))
    (paths.model / "w").write_text("2")
    (paths.model / "new").write_text("")
    assert {path.name: path.read_text() for path in (tmp_path / "model").iterdir()} == {"w": "1"}


def test_an_absent_model_is_named(tmp_path: Path) -> None:
    """The error says what MODEL may be."""
    with pytest.raises(SettingError, match=r"a folder or a model\.tar\.gz that exists"):
        build_endpoint(tmp_path / "ml", EndpointSpec(tmp_path / "absent"))
