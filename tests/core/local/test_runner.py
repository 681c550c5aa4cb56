"""What runs a host's program: processes of this machine where no image is named, Docker where one is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from byoml.image.errors import DockerMissingError
from byoml.local.errors import ScriptMissingError
from byoml.local.runner import Processes, chosen


def test_without_an_image_the_programs_are_this_machines(tmp_path: Path) -> None:
    """`train` is the console script beside this Python, with exactly the variables that are given."""
    runner = Processes({"PATH": os.environ["PATH"]}, mounted=False)
    start = runner.start(("processing", "a.py"), tmp_path, {"A": "1"})
    assert Path(start.command[0]).name == "processing"
    assert start.command[1:] == ("a.py",)
    assert start.variables == {"A": "1"}
    assert runner.base(tmp_path) == tmp_path


def test_hosts_are_addresses_of_the_loopback_interface() -> None:
    """Each has an address of its own, so that all may listen at one port."""
    site = Processes({}, mounted=False).site(2)
    assert (site.hosts, site.interface, site.links) == (("127.0.0.1", "127.0.0.2"), "lo", True)


def test_a_server_listens_where_the_user_wants_it() -> None:
    """Nothing stands between."""
    runner = Processes({}, mounted=False)
    assert runner.publish(9000) == (runner, 9000)


def test_a_program_that_is_not_installed_is_found_out_before_anything_is_removed() -> None:
    """Choosing the runner comes before an earlier result is replaced."""
    with pytest.raises(ScriptMissingError), chosen("no-such-word", None, {"PATH": os.environ["PATH"]}):
        pass


def test_an_image_wants_docker(tmp_path: Path) -> None:
    """Whatever programs this machine has."""
    with pytest.raises(DockerMissingError), chosen("train", "curve:1", {"PATH": str(tmp_path)}):
        pass
