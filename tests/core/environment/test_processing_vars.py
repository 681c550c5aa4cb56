"""The variables of a processing program."""

from __future__ import annotations

import json
from pathlib import Path

from byoml.environment.accelerators import Accelerators
from byoml.environment.paths import ContainerPaths
from byoml.environment.processing_env import ProcessingEnv, ProcessingPort
from byoml.environment.processing_vars import processing_variables
from byoml.environment.resource_config import ResourceConfig

_ENV = ProcessingEnv(
    {},
    ContainerPaths(Path("/opt/ml")),
    "job",
    (ProcessingPort("raw-1", Path("/opt/ml/processing/raw"), "File"),),
    (ProcessingPort("clean", Path("/opt/ml/processing/clean"), "EndOfJob"),),
    ResourceConfig(hosts=("a", "b"), current_host="b"),
    Accelerators(4, 1),
    {"ProcessingJobName": "job"},
)


def test_each_input_and_output_has_a_variable() -> None:
    """By its own name, and by one that a shell takes."""
    named = processing_variables(_ENV, Path("/code"), "x.py", ("--a",))
    assert named["SM_PROCESSING_INPUT_RAW-1"] == named["SM_PROCESSING_INPUT_RAW_1"] == "/opt/ml/processing/raw"
    assert json.loads(named["SM_PROCESSING_OUTPUTS"]) == {"clean": named["SM_PROCESSING_OUTPUT_CLEAN"]}


def test_the_program_is_told_of_itself_and_of_the_machine() -> None:
    """As a training program is, under the same names."""
    named = processing_variables(_ENV, Path("/code"), "x.py", ("--a",))
    told = {"SM_MODULE_DIR": "/code", "SM_USER_ENTRY_POINT": "x.py", "SM_USER_ARGS": '["--a"]', "SM_HOST_RANK": "1"}
    assert told.items() <= named.items()
    assert (named["SM_NUM_CPUS"], named["SM_NUM_GPUS"]) == ("4", "1")


def test_nothing_speaks_of_training() -> None:
    """A script that asks for the model folder must not be led to one that there is not."""
    named = processing_variables(_ENV, Path("/code"), "x.py", ())
    assert not [name for name in named if name.startswith(("SM_HP", "SM_CHANNEL", "SM_MODEL", "SM_INPUT", "SM_OUTPUT"))]
