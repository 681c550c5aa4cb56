"""The command line that runs a host's program in a container, from a frozen value; tests/images runs it."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
from byoml.errors import ConfigurationError
from byoml.image.docker import Docker
from byoml.local.containers import Containers, containers
from byoml.local.runner import Data

_USER = {"PATH": "/bin", "DOCKER_HOST": "unix:///x", "AWS_PROFILE": "me", "AWS_REGION": "eu-west-1"}
_RUNNER = Containers(Docker("/bin/docker", _USER), "curve:1", "byoml-1")


def _after(command: tuple[str, ...], option: str) -> list[str]:
    return [word for before, word in pairwise(command) if before == option]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The tree of one host."""
    for name in ("model", "input", "output"):
        (tmp_path / name).mkdir()
    (tmp_path / "a-file").touch()
    return tmp_path


def test_the_word_stands_behind_the_image_and_all_options_before_it(tree: Path) -> None:
    """The image's ENTRYPOINT gets nothing but the word and its arguments."""
    command = _RUNNER.start(("processing", "a.py", "--least", "5"), tree, {}).command
    assert command[:2] == ("/bin/docker", "run")
    assert command[-5:] == ("curve:1", "processing", "a.py", "--least", "5")
    assert "--rm" in command


def test_an_entrypoint_gets_the_word_but_for_processing(tree: Path) -> None:
    """As on the platform: a processing job starts what the image itself starts, unless it names a script."""
    runner = Containers(_RUNNER.docker, "curve:1", "byoml-1", entrypoint=True)
    for words in (("train",), ("serve",)):
        assert runner.start(words, tree, {}).command[-2:] == ("curve:1", *words)
    assert runner.start(("processing", "--least", "5"), tree, {}).command[-3:] == ("curve:1", "--least", "5")
    assert runner.start(("processing",), tree, {}).command[-1] == "curve:1"
    named = runner.start(("processing", "a.py", "-x"), tree, {}).command
    assert named[-5:] == ("--entrypoint", "processing", "curve:1", "a.py", "-x")


def test_each_folder_of_the_tree_is_mounted_by_itself(tree: Path) -> None:
    """What the image has under /opt/ml, such as its code, is hidden only where the tree has the same."""
    mounts = _after(_RUNNER.start(("train",), tree, {}).command, "--volume")
    assert mounts == [f"{tree / name}:/opt/ml/{name}" for name in ("input", "model", "output")]


def test_the_users_data_is_mounted_over_its_place(tree: Path) -> None:
    """After the folder that holds the place, and from where it really lies."""
    (tree.parent / "rows").mkdir()
    linked = tree.parent / "link"
    linked.symlink_to(tree.parent / "rows")
    data = [Data("input/data/train", linked)]
    mounts = _after(_RUNNER.start(("train",), tree, {}, data=data).command, "--volume")
    assert mounts[-1] == f"{tree.parent / 'rows'}:/opt/ml/input/data/train"
    assert f"{tree / 'input'}:/opt/ml/input" in mounts[:-1]


def test_values_of_variables_are_never_in_the_command_line(tree: Path) -> None:
    """They may be passwords: Docker's client takes them from its own environment."""
    start = _RUNNER.start(("train",), tree, {"TOKEN": "secret-1", "AWS_REGION": "us-west-2"})
    assert not [word for word in start.command if "secret-1" in word or "us-west-2" in word]
    assert _after(start.command, "--env") == ["AWS_PROFILE", "AWS_REGION", "TOKEN"]
    assert start.variables["TOKEN"] == "secret-1"  # noqa: S105  not one
    assert start.variables["AWS_REGION"] == "us-west-2"  # what the job says wins over the user's own
    assert start.variables["DOCKER_HOST"] == "unix:///x"  # for the client; the container does not get it


def test_several_hosts_find_each_other_by_name(tree: Path) -> None:
    """In a network of their own, under names that no other run has."""
    runner = Containers(_RUNNER.docker, "curve:1", "byoml-1", network="byoml-1")
    command = runner.start(("train",), tree, {}, host="algo-2").command
    assert _after(command, "--network") == ["byoml-1"]
    assert (_after(command, "--hostname"), _after(command, "--name")) == (["algo-2"], ["byoml-1-algo-2"])
    alone = _RUNNER.start(("train",), tree, {}).command
    assert "--network" not in alone
    assert _after(alone, "--name") == ["byoml-1"]


def test_hosts_are_sorted_as_the_platform_sorts_them() -> None:
    """As text: the first is the master, and the tenth comes before the second."""
    site = _RUNNER.site(10)
    assert site.hosts[:3] == ("algo-1", "algo-10", "algo-2")
    assert (site.interface, site.links) == ("eth0", False)


def test_a_server_listens_at_8080_and_is_reached_at_the_users_port(tree: Path) -> None:
    """From this machine alone."""
    runner, listens = _RUNNER.publish(9000)
    assert listens == 8080
    assert isinstance(runner, Containers)
    assert _after(runner.start(("serve",), tree, {}).command, "--publish") == ["127.0.0.1:9000:8080"]
    assert "--publish" not in _RUNNER.start(("serve",), tree, {}).command


def test_files_in_the_users_folders_are_the_users(tree: Path) -> None:
    """Whoever is not root runs the container as himself."""
    users = _after(_RUNNER.start(("train",), tree, {}).command, "--user")
    assert users == ([] if os.getuid() == 0 else [f"{os.getuid()}:{os.getgid()}"])


def test_programs_find_their_tree_where_the_platform_has_it(tmp_path: Path) -> None:
    """Wherever it lies on this machine; so nothing is to be warned of, and nothing of this machine is inherited."""
    assert _RUNNER.base(tmp_path) == Path("/opt/ml")
    assert _RUNNER.environ is None


def test_without_docker_the_error_says_so_before_anything_is_made(tmp_path: Path) -> None:
    """Not a missing file somewhere."""
    with (
        pytest.raises(ConfigurationError, match="Docker cannot be used here"),
        containers("curve:1", {"PATH": str(tmp_path)}, 2),
    ):
        pass
