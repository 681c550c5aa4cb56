"""Models that older releases left: read, refused with what to do, or written anew."""

from __future__ import annotations

import json
import os
import pickle
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from byoml_xgboost.commands import xgboost
from byoml_xgboost.forms import look
from byoml_xgboost.model_errors import OldModelError, PickleRefusedError, UnreadableModelError
from byoml_xgboost.old_models import probe
from byoml_xgboost.reading import read_model
from click.testing import CliRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    import xgboost as xgb

#: What make.py there made with each release.
_MODELS = Path(__file__).parent / "models"
_PREDICTIONS = json.loads((_MODELS / "predictions.json").read_text(encoding="utf-8"))


def first_rows(model: xgb.Booster) -> list[float]:
    table = np.random.RandomState(0).rand(200, 5).astype("float32")[: len(_PREDICTIONS["0.90"])]
    predictions: list[float] = model.inplace_predict(table).tolist()
    return predictions


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("1.3.3.json", "1.3.3"),
        ("1.7.6.json", "1.7.6"),
        ("1.7.6.ubj", "1.7.6"),
        ("2.1.4.ubj", "2.1.4"),
        ("3.0.5.ubj", "3.0.5"),
        ("1.7.6.pkl", "1.7.6"),
        ("1.7.6-classifier.pkl", "1.7.6-classifier"),
        ("2.1.4.pkl", "2.1.4"),
        ("3.0.5.pkl", "3.0.5"),
    ],
)
def test_a_model_of_another_release_predicts_as_it_did_there(name: str, release: str) -> None:
    """UBJ and JSON since 1.0; pickles since 1.7, of boosters and of scikit-learn's classes, where they are allowed."""
    np.testing.assert_allclose(first_rows(read_model(_MODELS / name, pickles=True)), _PREDICTIONS[release], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("0.90.model", "is XGBoost's old binary form, written by XGBoost before 1.0"),
        ("1.3.3.model", "is XGBoost's old binary form, written by XGBoost 1.3"),
        ("3.0.5.deprecated", "is XGBoost's old binary form, written by XGBoost 3.0"),
        ("0.90.pkl", "is a pickle of a release before 1.7"),
        ("0.90-classifier.pkl", "is a pickle of a release before 1.7"),
        ("1.3.3.pkl", "is a pickle of a release before 1.7"),
    ],
)
def test_what_is_too_old_names_the_release_that_reads_it_and_the_command(name: str, says: str) -> None:
    """One line to read, one command to run."""
    with pytest.raises(OldModelError) as caught:
        read_model(_MODELS / name, pickles=True)

    told = str(caught.value)
    assert says in told
    assert "XGBoost 3.0 was the last to read" in told
    assert told.endswith(f"byoml xgboost convert {_MODELS / name} converted/{name}")


def test_a_pickle_is_refused_unless_it_is_allowed(asked: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The error says why and what else can be done; where it is allowed, a warning stays."""
    (tmp_path / "xgboost-model").write_bytes((_MODELS / "1.7.6.pkl").read_bytes())

    with pytest.raises(PickleRefusedError, match=r"carry programs of its author; convert .* or set BYOML_ALLOW_PICKLE"):
        asked(tmp_path)
    ask = asked(tmp_path, {"BYOML_ALLOW_PICKLE": "1"})

    assert "is a pickle, read as BYOML_ALLOW_PICKLE says" in caplog.text
    assert ask.numbers("0.9,0,0,0,0")[0] > 0.5


class Evil:
    """What a pickle can do to who reads it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


def test_no_pickle_is_let_run(tmp_path: Path) -> None:
    """Even an allowed one: what it names is stood in for, and nothing of it is called."""
    (tmp_path / "xgboost-model").write_bytes(pickle.dumps(Evil(tmp_path / "touched")))
    with pytest.raises(UnreadableModelError, match=r"the pickle holds pathlib.*touch, and no Booster"):
        read_model(tmp_path / "xgboost-model", pickles=True)

    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (pickle.dumps({"a": 1}), "the pickle holds a dict, and no Booster"),
        (pickle.dumps(OrderedDict(a=[{1}, 2.5, bytearray(b"x")]), 2), "the pickle holds a OrderedDict"),
        (pickle.dumps(np.arange(3)), "the pickle holds numpy.*, and no Booster"),
        ((_MODELS / "3.0.5.pkl").read_bytes()[:200], "the pickle is broken"),
        (b"PK\x03\x04", "a zip archive, as Keras, PyTorch and skops write"),
        (b"\x1f\x8b\x08", "a gzip archive, such as a model.tar.gz that was not unpacked"),
        (b"tree\nversion=v4\n", "a model of LightGBM"),
        (b"booster[0]:\n0:[f0<0.5]", "a text dump of XGBoost's, which cannot be loaded again"),
        (b"", "it is empty"),
    ],
)
def test_a_model_of_something_else_is_told_as_what_it_is(tmp_path: Path, content: bytes, says: str) -> None:
    """Whoever put it there sees what it is, and what it must be."""
    (tmp_path / "xgboost-model").write_bytes(content)
    with pytest.raises(UnreadableModelError, match=says):
        read_model(tmp_path / "xgboost-model", pickles=True)


def test_the_release_that_wrote_a_model_is_read_and_a_newer_one_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """XGBoost writes it into each model; what a newer one has is not known here."""
    model = (_MODELS / "1.7.6.json").read_text(encoding="utf-8")
    (tmp_path / "newer").write_text(model.replace('"version":[1,7,6]', '"version":[99,1,0]'), encoding="utf-8")

    read_model(_MODELS / "1.7.6.ubj")
    assert caplog.text == ""
    read_model(tmp_path / "newer")

    assert "was written by XGBoost 99.1.0 and is read by the older" in caplog.text
    assert look((_MODELS / "2.1.4.ubj").read_bytes()).release == "2.1.4"


def test_rounds_after_the_best_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """XGBoost's own prediction uses them all, which early stopping most often did not mean."""
    model = read_model(_MODELS / "3.0.5.ubj")
    model.set_attr(best_iteration="0")
    (tmp_path / "xgboost-model").write_bytes(model.save_raw("ubj"))

    read_model(tmp_path / "xgboost-model")

    assert "predicts with all of its 3 rounds, though training found round 0 the best" in caplog.text


class Ended(NamedTuple):
    """How the command ended, and what it said on stderr."""

    code: int
    told: str
    error: BaseException | None


@pytest.fixture
def convert(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run the command."""

    def convert(*args: object, **variables: str) -> Ended:
        environ = {**os.environ, "PIP_RETRIES": "0", "PIP_DEFAULT_TIMEOUT": "20", **variables}
        result = CliRunner().invoke(xgboost, ["convert", *map(str, args)], obj=environ)
        return Ended(result.exit_code, result.stderr + capfd.readouterr().err, result.exception)

    return convert


@pytest.mark.parametrize("name", ["1.3.3.json", "1.7.6.pkl"])
def test_what_the_installed_release_reads_is_converted_at_once(
    convert: Callable[..., Ended], tmp_path: Path, name: str
) -> None:
    """A pickle needs no permission, as nothing in it is run."""
    ended = convert(_MODELS / name, tmp_path / "new" / "xgboost-model")

    assert ended.error is None, ended.told
    assert "throw-away" not in ended.told
    made = tmp_path / "new" / "xgboost-model"
    np.testing.assert_allclose(first_rows(read_model(made)), _PREDICTIONS[name[:5]], rtol=1e-6)


@pytest.mark.timeout(300)
def test_what_only_3_0_reads_is_converted_with_it(
    convert: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an environment that is gone afterwards; the new model predicts what the old release said."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = convert(_MODELS / "0.90.pkl", tmp_path / "model.json")
    if ended.code and "No matching distribution found" in ended.told:
        pytest.skip("no package index with xgboost-cpu 3.0 can be reached")

    assert ended.error is None, ended.told
    assert (tmp_path / "model.json").read_bytes().startswith(b'{"learner"')
    np.testing.assert_allclose(first_rows(read_model(tmp_path / "model.json")), _PREDICTIONS["0.90"], rtol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]
    steps = ["making a throw-away environment", "installing xgboost-cpu>=3.0,<3.1", "writing the model anew"]
    assert [step for step in steps if step in ended.told] == steps


@pytest.mark.timeout(120)
def test_a_conversion_that_fails_leaves_nothing_and_says_at_which_step(
    convert: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an index the older release cannot be had; the old model and the folder are as they were."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
    ended = convert(_MODELS / "1.3.3.model", tmp_path / "xgboost-model", **offline)

    assert ended.code == 1
    last = str(ended.error)
    assert last.startswith(f"{_MODELS / '1.3.3.model'} was not converted: installing xgboost-cpu>=3.0,<3.1")
    assert "No matching distribution found" in last
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_model_is_not_converted(convert: Callable[..., Ended], tmp_path: Path) -> None:
    """Nor is it sent to an older release, which would know as little."""
    (tmp_path / "old").write_bytes(b"tree\n")
    ended = convert(tmp_path / "old", tmp_path / "new")

    assert (ended.code, (tmp_path / "new").exists()) == (1, False)
    assert "a model of LightGBM" in str(ended.error)


def test_models_are_compared_on_rows_that_are_the_same_everywhere() -> None:
    """The same rows each time, and enough of them to tell two models apart."""
    first, other = (read_model(_MODELS / name) for name in ("1.7.6.ubj", "3.0.5.ubj"))
    assert probe(first) == probe(first)
    assert not np.allclose(probe(first), probe(other))


def test_a_pickle_brings_no_number_of_threads_along(booster: Any, tmp_path: Path) -> None:
    """It was written on another machine; here the variables of the worker say how many there are."""
    booster = booster.copy()
    booster.set_param({"nthread": 3})
    (tmp_path / "model").write_bytes(pickle.dumps(booster))

    read = read_model(tmp_path / "model", pickles=True)

    assert json.loads(booster.save_config())["learner"]["generic_param"]["nthread"] == "3"
    assert json.loads(read.save_config())["learner"]["generic_param"]["nthread"] == "0"
