"""Which program installs, and what it is told."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from byoml.errors import SettingError
from byoml.source.installer import choose, has_index, site_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def with_uv(tmp_path: Path) -> dict[str, str]:
    """An environment with a program `uv` on PATH, which is looked for and not run here."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/uv").write_text("#!/bin/sh\n")
    (tmp_path / "bin/uv").chmod(0o755)
    # This machine's own settings of pip are no part of the test.
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}


def test_uv_is_taken_where_it_is_on_path_else_pip(tmp_path: Path, with_uv: dict[str, str]) -> None:
    """Both install into this very Python."""
    uv = choose(with_uv, None, tmp_path)
    assert uv is not None
    assert uv.command == (str(tmp_path / "bin/uv"), "pip", "install", f"--python={sys.executable}")
    pip = choose({"PATH": os.defpath}, None, tmp_path)
    assert pip is not None
    assert pip.command[:4] == (sys.executable, "-m", "pip", "install")


@pytest.mark.parametrize(
    "setting",
    [
        {"PIP_TARGET": "/x"},
        {"PIP_PREFIX": "/x"},
        {"PIP_USER": "1"},
        {"PIP_NO_BINARY": ":all:"},
        {"PIP_CONFIG_FILE": "/x"},
        {"PIP_EXTRA_INDEX_URL": "https://x/simple"},
    ],
)
def test_pip_is_taken_where_it_was_told_what_uv_does_not_know(
    tmp_path: Path, with_uv: dict[str, str], setting: dict[str, str]
) -> None:
    """Uv reads none of pip's settings: an index that only pip knows would be passed over for the public one."""
    tool = choose({**with_uv, **setting}, None, tmp_path)
    assert tool is not None
    assert tool.name == "pip"


def test_a_configuration_file_of_pips_keeps_us_with_pip_unless_uv_has_an_index(
    tmp_path: Path, with_uv: dict[str, str]
) -> None:
    """It may name a private index."""
    assert not has_index(with_uv)
    (tmp_path / ".config/pip").mkdir(parents=True)
    (tmp_path / ".config/pip/pip.conf").write_text("[global]\n")
    del with_uv["PIP_CONFIG_FILE"]
    assert has_index(with_uv)
    tools = [choose({**with_uv, **more}, None, tmp_path) for more in ({}, {"UV_DEFAULT_INDEX": "https://x/simple"})]
    assert [tool and tool.name for tool in tools] == ["pip", "uv"]


def test_pips_index_reaches_uv_by_variable_and_is_in_no_argument(tmp_path: Path, with_uv: dict[str, str]) -> None:
    """An index that uv was told of itself wins."""
    index = "https://user:hidden@host/simple"
    tool = choose({**with_uv, "PIP_INDEX_URL": index, "PIP_FIND_LINKS": "/wheels"}, None, tmp_path)
    assert tool is not None
    assert (tool.variables["UV_DEFAULT_INDEX"], tool.variables["UV_FIND_LINKS"]) == (index, "/wheels")
    assert "hidden" not in " ".join(tool.command)
    own = choose({**with_uv, "PIP_INDEX_URL": index, "UV_INDEX_URL": "https://own/simple"}, None, tmp_path)
    assert own is not None
    assert "UV_DEFAULT_INDEX" not in own.variables


@pytest.mark.parametrize("name", ["pip", "uv"])
def test_a_wheelhouse_stands_for_every_index(tmp_path: Path, with_uv: dict[str, str], name: str) -> None:
    """Neither program asks the network."""
    tool = choose({**with_uv, "BYOML_INSTALLER": name}, tmp_path / "wheels", tmp_path)
    assert tool is not None
    assert {"--no-index", f"--find-links={tmp_path / 'wheels'}"} <= set(tool.command)


@pytest.mark.parametrize(("name", "variable"), [("pip", "PIP_CACHE_DIR"), ("uv", "UV_CACHE_DIR")])
def test_downloads_are_kept_in_the_cache_of_a_warm_pool(
    tmp_path: Path, with_uv: dict[str, str], name: str, variable: str
) -> None:
    """Unless the user keeps them elsewhere."""
    pool = {**with_uv, "BYOML_INSTALLER": name, "SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY": "/opt/ml/cache"}
    tool = choose(pool, None, tmp_path)
    own = choose({**pool, variable: "/mine"}, None, tmp_path)
    assert tool is not None
    assert own is not None
    assert (tool.variables[variable], own.variables[variable]) == (f"/opt/ml/cache/{name}", "/mine")


def test_the_switch_decides(tmp_path: Path, with_uv: dict[str, str]) -> None:
    """With `none` nothing is installed; uv must be there to be asked for; other words are named."""
    pip = choose({**with_uv, "BYOML_INSTALLER": "pip"}, None, tmp_path)
    assert pip is not None
    assert pip.name == "pip"
    assert choose({"BYOML_INSTALLER": "none"}, None, tmp_path) is None
    for said, path in (("uv", os.devnull), ("conda", with_uv["PATH"])):
        with pytest.raises(SettingError, match=f"BYOML_INSTALLER is '{said}'"):
            choose({"BYOML_INSTALLER": said, "PATH": path}, None, tmp_path)


def test_packages_go_to_this_python_or_to_a_target(tmp_path: Path) -> None:
    """Anywhere else is for pip to know."""
    assert str(site_of({})).endswith("site-packages")
    assert site_of({"PIP_TARGET": str(tmp_path)}) == tmp_path
    assert site_of({"PIP_USER": "1"}) is None
