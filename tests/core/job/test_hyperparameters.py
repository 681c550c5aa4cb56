"""`byoml.hyperparameters`: typed values, and a schema that says what is wrong."""

from __future__ import annotations

import enum
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence  # noqa: TC003  dataclasses look their hints up
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Optional

import byoml
import pytest
from byoml.errors import SettingError, UnreadableConfigFileError
from byoml.job.errors import HyperparametersError


def _hps(**values: Any) -> dict[str, str]:
    return {"SM_HPS": json.dumps(values)}


class Optimizer(enum.Enum):
    """A choice."""

    ADAM = "adam"
    SGD = "sgd"
    LION = 3


class Colour:
    """A class of the user's own, which takes a text."""

    def __init__(self, name: str) -> None:
        if name not in {"red", "blue"}:
            raise KeyError(name)
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Colour) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True)
class Layer:
    """A part of the schema."""

    width: int
    dropout: float = 0.0


@dataclass(frozen=True)
class Schema:
    """One field of each type."""

    epochs: int
    learning_rate: float = 0.1
    name: str = "x"
    verbose: bool = False
    mode: Literal["fast", "exact", 1] = "fast"
    optimizer: Optimizer = Optimizer.ADAM
    layers: list[int] = field(default_factory=list)
    pair: tuple[int, float] | None = None
    tags: Sequence[str] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    stop_after: Optional[int] = None  # noqa: UP045  the old spelling too
    seed: int | str = 0
    folder: Path = Path()
    first: Layer | None = None
    colour: Colour | None = None
    anything: Any = None
    derived: int = field(init=False, default=5)


def test_without_a_schema_the_values_come_typed_by_key() -> None:
    """As the job's environment has them."""
    values = byoml.hyperparameters(environ=_hps(lr=0.1, layers=[1, 2], name="x", on=True, none=None))
    assert values == {"lr": 0.1, "layers": [1, 2], "name": "x", "on": True, "none": None}


def test_without_the_variable_the_file_is_read_and_decoded(tmp_path: Path) -> None:
    """As where another toolkit started the program; reserved keys are left out; no file at all is no hyperparameter."""
    environ = {"SAGEMAKER_BASE_DIR": str(tmp_path)}
    assert byoml.hyperparameters(environ=environ) == {}
    (tmp_path / "input/config").mkdir(parents=True)
    raw = {"lr": "0.1", "name": '"a"', "sagemaker_program": "train.py", "sagemaker_mpi_enabled": "true"}
    (tmp_path / "input/config/hyperparameters.json").write_text(json.dumps(raw))
    assert byoml.hyperparameters(environ=environ) == {"lr": 0.1, "name": "a"}
    (tmp_path / "input/config/hyperparameters.json").write_text("{")
    with pytest.raises(UnreadableConfigFileError, match="line 1"):
        byoml.hyperparameters(environ=environ)


def test_a_variable_that_is_no_object_is_an_error() -> None:
    """Somebody has set it by hand."""
    for text in ("{", "[1]"):
        with pytest.raises(SettingError, match=r"SM_HPS is .* it must be a JSON object"):
            byoml.hyperparameters(environ={"SM_HPS": text})


@pytest.mark.parametrize(
    ("key", "value", "becomes"),
    [
        ("epochs", "3", 3),
        ("epochs", 1e3, 1000),
        ("learning_rate", 1, 1.0),
        ("learning-rate", "1e-3", 0.001),
        ("learning_rate", "inf", float("inf")),
        ("name", 7, "7"),
        ("name", True, "true"),
        ("verbose", "True", True),
        ("verbose", "false", False),
        ("mode", "exact", "exact"),
        ("mode", "1", 1),
        ("optimizer", "sgd", Optimizer.SGD),
        ("optimizer", "SGD", Optimizer.SGD),
        ("optimizer", "3", Optimizer.LION),
        ("layers", [1, "2"], [1, 2]),
        ("pair", [1, 2], (1, 2.0)),
        ("tags", ["a", 1], ["a", "1"]),
        ("weights", {"a": 1}, {"a": 1.0}),
        ("stop_after", None, None),
        ("stop_after", "4", 4),
        ("seed", "x", "x"),
        ("seed", 5, 5),
        ("folder", "a/b", Path("a/b")),
        ("first", {"width": 3}, Layer(3)),
        ("colour", "red", Colour("red")),
        ("anything", [{}], [{}]),
    ],
)
def test_a_field_takes_what_is_of_its_type_or_written_so(key: str, value: Any, becomes: Any) -> None:
    """Senders send numbers and booleans as texts, and texts that look like numbers as numbers."""
    schema = byoml.hyperparameters(Schema, environ=_hps(**{"epochs": 1, key: value}))
    found = getattr(schema, key.replace("-", "_"))
    assert (found, type(found)) == (becomes, type(becomes))


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("epochs", "many", "a whole number"),
        ("epochs", 1.5, "a whole number"),
        ("epochs", True, "a whole number"),
        ("epochs", None, "a whole number"),
        ("learning_rate", True, "a number"),
        ("learning_rate", "fast", "a number"),
        ("name", None, "a text"),
        ("name", [1], "a text"),
        ("verbose", 1, "true or false"),
        ("verbose", "yes", "true or false"),
        ("mode", "slow", "one of 'fast', 'exact', 1"),
        ("mode", True, "one of 'fast', 'exact', 1"),
        ("optimizer", "adagrad", "one of 'adam', 'sgd', 3"),
        ("layers", "1,2", "a list, each item a whole number"),
        ("layers", [1, "a"], "a list, each item a whole number"),
        ("pair", [1], "a list of a whole number, a number or null"),
        ("weights", {"a": "b"}, "an object, each value a number"),
        ("stop_after", "a", "a whole number or null"),
        ("seed", None, "a whole number or a text"),
        ("folder", 1, "a path"),
        ("colour", "green", "a Colour or null"),
        ("first", 3, "an object with width, dropout or null"),
    ],
)
def test_what_does_not_fit_is_named_with_key_value_and_what_is_allowed(key: str, value: Any, allowed: str) -> None:
    """All a user needs to mend it."""
    with pytest.raises(HyperparametersError) as raised:
        byoml.hyperparameters(Schema, environ=_hps(**{"epochs": 1, key: value}))
    assert str(raised.value) == f"hyperparameter {key!r} is {value!r}; it must be {allowed}"


def test_all_that_is_wrong_is_said_at_once_with_unknown_and_missing_keys() -> None:
    """One job shows every mistake; a likely meaning is offered; what SDKs send by themselves is no mistake."""
    values = _hps(**{"learnin-rate": 1, "brand": "red", "verbose": "x", "model_dir": "s3://b", "first": {"wdth": 1}})
    with pytest.raises(HyperparametersError) as raised:
        byoml.hyperparameters(Schema, environ=values)
    problems = [str(problem) for problem in raised.value.problems]
    assert problems[0].startswith("hyperparameter 'brand' is not known; there are anything, ")
    assert problems[1].startswith(
        "hyperparameter 'learnin-rate' is not known; did you mean 'learning_rate'? There are "
    )
    assert problems[2:] == [
        "hyperparameter 'epochs' is missing; it must be a whole number",
        "hyperparameter 'verbose' is 'x'; it must be true or false",
        "hyperparameter 'first.wdth' is not known; did you mean 'width'? There are dropout, width",
        "hyperparameter 'first.width' is missing; it must be a whole number",
    ]
    assert str(raised.value) == ". ".join(problems)


def test_a_secret_is_masked_in_the_error() -> None:
    """The error becomes the failure reason, which others can read."""

    @dataclass
    class Secrets:
        api_key: int

    with pytest.raises(HyperparametersError) as raised:
        byoml.hyperparameters(Secrets, environ=_hps(api_key="hunter2"))
    assert "hunter2" not in str(raised.value)
    assert "api_key" in str(raised.value)


def test_a_schema_that_is_no_class_is_refused() -> None:
    """An instance, or a class of another kind."""
    for schema in (Schema(1), dict, None.__class__):
        with pytest.raises(SettingError, match="a dataclass or a pydantic model"):
            byoml.hyperparameters(schema, environ=_hps())  # type: ignore[arg-type, unused-ignore]


def test_a_pydantic_model_judges_itself() -> None:
    """Its values, its missing fields and its aliases are named as ours are; keys that it would ignore too."""
    pydantic = pytest.importorskip("pydantic")

    class Model(pydantic.BaseModel):  # type: ignore[misc, name-defined, unused-ignore]
        epochs: int
        learning_rate: float = pydantic.Field(0.1, gt=0)
        batch: int = pydantic.Field(8, alias="batch-size")

    model = byoml.hyperparameters(Model, environ=_hps(**{"epochs": "3", "learning-rate": 1, "batch-size": 4}))
    assert (model.epochs, model.learning_rate, model.batch) == (3, 1.0, 4)
    with pytest.raises(HyperparametersError) as raised:
        byoml.hyperparameters(Model, environ=_hps(**{"learning-rate": -1, "batchsize": 1}))
    problems = [str(problem) for problem in raised.value.problems]
    assert len(problems) == 3
    assert problems[0].startswith("hyperparameter 'batchsize' is not known; did you mean 'batch-size'?")
    assert problems[1:] == [
        "hyperparameter 'epochs' is missing; field required",
        "hyperparameter 'learning-rate' is -1; input should be greater than 0",
    ]


def test_a_pydantic_model_that_says_what_it_does_with_extra_keys_is_left_to_it() -> None:
    """`extra` is the user's word."""
    pydantic = pytest.importorskip("pydantic")

    class Model(pydantic.BaseModel):  # type: ignore[misc, name-defined, unused-ignore]
        model_config = {"extra": "allow"}  # noqa: RUF012  as pydantic has it
        epochs: int = 1

    assert byoml.hyperparameters(Model, environ=_hps(other=2)).other == 2


def test_pydantic_is_never_imported_by_us() -> None:
    """A program with a dataclass does not pay for it."""
    code = """\
import dataclasses, sys, byoml
@dataclasses.dataclass
class Schema:
    epochs: int
print(byoml.hyperparameters(Schema, environ={"SM_HPS": '{"epochs": 2}'}).epochs)
print(sorted({"pydantic", "numpy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "2\n[]\n"


def test_byoml_offers_what_it_promises_and_nothing_else() -> None:
    """Each name of `__all__` is there; a wrong one is an AttributeError as anywhere."""
    assert all(getattr(byoml, name) for name in byoml.__all__)
    assert set(dir(byoml)) == set(byoml.__all__)
    with pytest.raises(AttributeError, match="no attribute 'hyperparams'"):
        byoml.hyperparams  # type: ignore[attr-defined, unused-ignore]  # noqa: B018
