"""Hyperparameters read by a table: every mistake is found, and each says what would be right."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from byoml.plugin.algorithm import HyperparameterError
from byoml.plugin.hyperparameter_table import read_fields, read_values
from byoml.plugin.kinds import Kind, Number, Whole

_TABLE: dict[str, Kind] = {"epochs": Whole(1), "eta": Number("(0, 1]")}


def test_values_are_typed_and_named_as_in_the_table() -> None:
    """Texts become numbers, other names the table's."""
    assert read_values({"epochs": "3", "learning_rate": 0.5}, _TABLE, {"learning_rate": "eta"}) == (
        {"epochs": 3, "eta": 0.5},
        [],
    )


def test_all_mistakes_are_found_at_once() -> None:
    """A user who mends one does not meet the next on the next run."""
    values, problems = read_values({"eta": "2", "eppochs": 1}, _TABLE, required=("epochs",))
    assert values == {}
    assert [" ".join(problem) for problem in problems] == [
        "epochs is missing it must be a whole number of at least 1",
        "eta is '2' it must be a number in (0, 1]",
        "eppochs is no hyperparameter of this algorithm did you mean epochs?",
    ]


def test_two_names_of_one_hyperparameter_do_not_go_together() -> None:
    """Which of them would count is not left to chance."""
    _, problems = read_values({"eta": 1, "learning_rate": 1}, _TABLE, {"learning_rate": "eta"})
    assert [problem.key for problem in problems] == ["learning_rate"]


def test_what_sdks_send_unasked_is_no_mistake() -> None:
    """The SDK's estimators add `model_dir`; no user wrote it."""
    assert read_values({"model_dir": "s3://b/m", "epochs": 1}, _TABLE) == ({"epochs": 1}, [])


@dataclass(frozen=True)
class _Settings:
    batch_size: int = 32
    epochs: int = 1


_FIELDS: dict[str, Kind] = {"batch-size": Whole(1), "epochs": Whole(1)}


@pytest.mark.parametrize("name", ["batch-size", "batch_size"])
def test_values_become_the_fields_of_a_dataclass(name: str) -> None:
    """A hyphen and an underscore are the same; what is not said has the default."""
    assert read_fields({name: "8"}, _FIELDS, _Settings) == _Settings(batch_size=8)


def test_a_dataclass_is_not_made_of_what_cannot_be_used() -> None:
    """The error names every mistake, each as the user writes it."""
    with pytest.raises(HyperparameterError, match=r"batch_size is '0', it must be .*; epochs is 'x', it must be"):
        read_fields({"batch_size": "0", "epochs": "x"}, _FIELDS, _Settings)
