"""Which program installs packages, pip or uv, and how it is told of indexes, caches and wheelhouses."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.errors import PipMissingError, SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Installer", "choose", "has_index", "site_of"]

_SWITCH = "BYOML_INSTALLER"
_CHOICES = ("auto", "uv", "pip", "none")
_WARM_POOL = "SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"
# An index is taken from PIP_INDEX_URL and its like, never from argv, which others can read.
_PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--root-user-action=ignore")
# What pip takes from its environment, and the name under which uv takes it; None: nothing is lost without it.
_AS_UV = {
    "PIP_CACHE_DIR": None,
    "PIP_CERT": "SSL_CERT_FILE",
    "PIP_CONFIG_FILE": None,  # counts as a file
    "PIP_CONSTRAINT": "UV_CONSTRAINT",
    "PIP_DEFAULT_TIMEOUT": "UV_HTTP_TIMEOUT",
    "PIP_DISABLE_PIP_VERSION_CHECK": None,
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_NO_CACHE_DIR": None,
    "PIP_NO_INPUT": None,
    "PIP_PROGRESS_BAR": None,
    "PIP_ROOT_USER_ACTION": None,
}
_UV_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_CONFIG_FILE")
_INDEXES = ("PIP_INDEX_URL", *_UV_INDEXES)
# These put packages where we would have to guess.
_ELSEWHERE = ("PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON")


@dataclass(frozen=True)
class Installer:
    """A program that installs packages into this Python.

    Args:
        name: `pip` or `uv`.
        command: The argument vector, without what is to be installed.
        variables: Its whole environment.
    """

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str]


def choose(variables: Mapping[str, str], wheelhouse: Path | None, what: Path) -> Installer | None:
    """Choose uv where it is on PATH and can do what pip was told, else pip.

    Args:
        variables: The container's environment; `BYOML_INSTALLER` decides where it is set.
        wheelhouse: A folder of wheels that stands for every index, None to ask the index.
        what: What is to be installed, for the error.

    Returns:
        The program, None where `BYOML_INSTALLER` is `none`.

    Raises:
        SettingError: `BYOML_INSTALLER` is none of the four words, or uv is asked for and is not there.
        PipMissingError: There is no pip.
    """
    said = variables.get(_SWITCH) or "auto"
    if said not in _CHOICES:
        raise SettingError(_SWITCH, said, "auto, uv, pip or none")
    if said == "none":
        return None
    uv = shutil.which("uv", path=variables.get("PATH"))
    if said == "uv" and uv is None:
        raise SettingError(_SWITCH, said, "uv only where uv is on PATH, else auto, pip or none")
    if uv and (said == "uv" or (said == "auto" and _suits_uv(variables))):
        return Installer("uv", _uv_command(uv, wheelhouse), _uv_variables(variables))
    if find_spec("pip") is None:
        raise PipMissingError(what, sys.executable)
    offline = ("--no-index", f"--find-links={wheelhouse}") if wheelhouse else ()
    return Installer("pip", (sys.executable, *_PIP, *offline), _with_cache(variables, "PIP_CACHE_DIR", "pip"))


def has_index(variables: Mapping[str, str]) -> bool:
    """Tell whether the environment says which index to ask."""
    return any(variables.get(name) for name in _INDEXES) or any(_pip_files(variables))


def site_of(variables: Mapping[str, str]) -> Path | None:
    """Name the folder that packages go to, None where that is not plain."""
    import sysconfig

    if any(variables.get(name) for name in _ELSEWHERE):
        return None
    return Path(variables.get("PIP_TARGET") or sysconfig.get_path("purelib"))


def _suits_uv(variables: Mapping[str, str]) -> bool:
    """Tell whether uv would do the same as pip; it reads none of pip's settings, and knows no user's folder."""
    unknown = [name for name in variables if name.startswith("PIP_") and name not in _AS_UV and variables[name]]
    told_by_file = any(_pip_files(variables)) and not any(variables.get(name) for name in _UV_INDEXES)
    site = site_of(variables)
    return not unknown and not told_by_file and site is not None and os.access(site, os.W_OK)


def _uv_command(uv: str, wheelhouse: Path | None) -> tuple[str, ...]:
    offline = ("--offline", "--no-index", f"--find-links={wheelhouse}") if wheelhouse else ()
    return (uv, "pip", "install", f"--python={sys.executable}", *offline)


def _uv_variables(variables: Mapping[str, str]) -> dict[str, str]:
    mapped = {uv: variables[pip] for pip, uv in _AS_UV.items() if uv and variables.get(pip)}
    if any(variables.get(name) for name in _UV_INDEXES):
        mapped.pop("UV_DEFAULT_INDEX", None)
    return {"UV_NO_PROGRESS": "1", **mapped, **_with_cache(variables, "UV_CACHE_DIR", "uv")}


def _with_cache(variables: Mapping[str, str], name: str, folder: str) -> dict[str, str]:
    """Keep downloads where the next job of a warm pool finds them."""
    pool = variables.get(_WARM_POOL)
    cache = {name: str(Path(pool) / folder)} if pool else {}
    return {**cache, **variables}


def _pip_files(variables: Mapping[str, str]) -> Iterator[Path]:
    """Find pip's configuration files, which may name an index; pip reads none where it is told of the null device."""
    said = variables.get("PIP_CONFIG_FILE")
    if said:
        return (place for place in [Path(said)] if said != os.devnull)
    home = Path(variables.get("HOME") or "/nonexistent")
    own = Path(variables.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf"
    places: Sequence[Path] = (Path("/etc/pip.conf"), Path(sys.prefix) / "pip.conf", home / ".pip/pip.conf", own)
    return (place for place in places if place.is_file())
