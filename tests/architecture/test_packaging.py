"""What the installed distribution of core promises."""

from __future__ import annotations

import re
from importlib.metadata import distribution, requires
from pathlib import Path

_EXTRAS = {
    "s3",
    "parquet",
    "images",
    "otel",
    "sklearn",
    "xgboost",
    "tensorflow",
    "torch",
    "chainer",
    "all",
    "testing",
}
_REQUIRED = {"a2wsgi", "click", "flask", "gunicorn", "numpy", "pluggy", "uvloop"}


def _name(requirement: str) -> str:
    return re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0]


def test_core_is_pure_python_and_installs_without_a_compiler() -> None:
    """One wheel for every platform (contract/training 9.5)."""
    wheel = distribution("byoml").read_text("WHEEL") or ""
    assert "Root-Is-Purelib: true" in wheel
    assert "Tag: py3-none-any" in wheel
    compiled = [line for line in requires("byoml") or () if line.startswith("uvloop")]
    assert all("platform_machine" in line for line in compiled), "there are wheels for some machines only"


def test_core_requires_next_to_nothing() -> None:
    """Every required dependency is one that the house is built on; all else is an extra."""
    lines = [line for line in requires("byoml") or () if "extra ==" not in line and "python_version" not in line]
    always = {_name(line) for line in lines}
    assert always == _REQUIRED


def test_no_upper_bound_blocks_an_upgrade_but_the_server_s() -> None:
    """Pins of numpy and its like are what makes containers impossible to upgrade; gunicorn's worker is subclassed."""
    lines = [line.split(";")[0] for line in requires("byoml") or () if not line.startswith("byoml-")]
    bounded = {_name(line) for line in lines if "<" in line or "==" in line}
    assert bounded == {"gunicorn"}


def test_the_extras_are_those_of_the_design() -> None:
    """An extra a plugin and a few for optional parts; all of them but chainer in `all`."""
    extras = set(distribution("byoml").metadata.get_all("Provides-Extra") or ())
    assert extras == _EXTRAS
    everything = {_name(line) for line in requires("byoml") or () if 'extra == "all"' in line}
    assert everything == {"byoml-sklearn", "byoml-xgboost", "byoml-tensorflow", "byoml-torch"}


def test_every_console_script_loads() -> None:
    """The words that a container is started with exist and can be imported."""
    scripts = {entry.name: entry for entry in distribution("byoml").entry_points if entry.group == "console_scripts"}
    assert {"byoml", "train", "serve", "processing"} <= scripts.keys()
    for entry in scripts.values():
        assert callable(entry.load())


def test_every_supported_python_has_an_environment() -> None:
    """What the metadata claims is what the tests run on (contract/training 9.5)."""
    classifiers = distribution("byoml").metadata.get_all("Classifier") or []
    claimed = {line.rpartition(" ")[2] for line in classifiers if re.search(r":: 3\.\d+$", line)}
    tox = (Path(__file__).parents[2] / "tox.ini").read_text()
    tested = {f"3.{minor}" for minor in re.findall(r"\bpy3(\d+)\b", tox.split("env_list", 1)[1].split("\n", 1)[0])}
    assert claimed == tested == {"3.10", "3.11", "3.12", "3.13"}
