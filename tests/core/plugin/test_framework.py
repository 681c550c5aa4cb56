"""The class that plugins subclass: what it does where they say nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from byoml.codecs import Codecs
from byoml.codecs.csv import CsvCodec
from byoml.environment.training_env import TrainingEnv
from byoml.plugin import Capabilities, Context, Framework, ServerSettings

if TYPE_CHECKING:
    import pytest


class _Named(Framework):
    name = "named"


_CONTEXT = Context(Path("/opt/ml/model"), Codecs([("core", CsvCodec())]))


def test_a_name_is_all_that_a_framework_needs(tmp_path: Path) -> None:
    """Every other answer is the one that changes nothing."""
    framework, env = _Named(), TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)})
    assert framework.capabilities == Capabilities()
    assert framework.env_vars(env) == {}
    assert framework.launcher(env) is None
    assert framework.default_entry_point(env) is None
    assert framework.check_model_dir(tmp_path) == []
    assert framework.recognizes(tmp_path) is False
    assert framework.server_settings(ServerSettings()) == ServerSettings()


def test_bodies_are_read_and_written_by_the_codecs() -> None:
    """input_fn and output_fn by content type; the answer says its type."""
    framework = _Named()
    assert framework.input_fn(b"1,2\n", "text/csv", _CONTEXT).tolist() == [[1, 2]]
    assert framework.output_fn([[1, 2]], "text/csv", _CONTEXT) == (b"1,2\n", "text/csv")


def test_a_model_that_can_be_called_is_called() -> None:
    """And without a model_fn there is none."""
    framework = _Named()
    assert framework.predict_fn([3, 1, 2], sorted) == [1, 2, 3]
    assert framework.model_fn(Path("/opt/ml/model")) is None


def test_an_author_needs_one_import(capsys: pytest.CaptureFixture[str]) -> None:
    """All that a plugin is written with comes from byoml.plugin."""
    import byoml.plugin

    assert all(hasattr(byoml.plugin, name) for name in byoml.plugin.__all__)
    assert {"Framework", "hookimpl", "Capabilities", "Context"} <= set(byoml.plugin.__all__)
    assert capsys.readouterr() == ("", "")
