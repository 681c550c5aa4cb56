"""byoml's conformance suites find what is wrong: run with samples that are not as they should be, they fail."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from byoml.testing.contract.training import FrameworkTrainingContract

if TYPE_CHECKING:
    from pathlib import Path

_TESTS = """
import pytest
from byoml.testing.contract.cost import ImportCostContract
from byoml.testing.contract.serving import FrameworkServingContract
from byoml.testing.contract.training import FrameworkTrainingContract

@pytest.fixture(scope="module")
def framework(): return "sklearn"

@pytest.fixture(scope="module")
def saved_model(): return __import__("pathlib").Path({model!r})

@pytest.fixture(scope="module")
def payloads(): return {payloads!r}

@pytest.fixture(scope="module")
def heavy_modules(): return {heavy!r}

@pytest.fixture(scope="module")
def training_script(): return {script!r}

class TestServing(FrameworkServingContract):
    {override}

class TestTraining(FrameworkTrainingContract):
    known_failures = {known!r}

class TestCost(ImportCostContract):
    pass
"""


def outcomes(folder: Path, model: Path, check: str, **samples: Any) -> str:
    """Run one check of the kit in a pytest of its own."""
    body = (",".join(["1"] * 30) + "\n").encode()
    defaults = {
        "payloads": dict.fromkeys(["text/csv", "application/json", "application/jsonlines", "application/x-npy"], body),
        "heavy": ["sklearn"],
        "script": "",
        "known": {},
        "override": "pass",
    }
    (folder / "test_samples.py").write_text(_TESTS.format(model=str(model), **{**defaults, **samples}))
    (folder / "pytest.ini").write_text("[pytest]\n")
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-k", check]
    command = [sys.executable, "-m", "pytest", *options, str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


_GOOD = {"text/csv": b"1," * 29 + b"1"}
_NOT_BROKEN = f"broken_payloads = pytest.fixture(lambda self: {_GOOD!r})"
_NEVER_AGREE = "agree = lambda *_: False"
_NO_FAILURE = {"a_scripts_own_exit_code_passes_through": "not yet"}


@pytest.mark.parametrize(
    ("check", "samples", "says"),
    [
        ("registering_imports_no_library", {"heavy": ["pluggy"]}, "['pluggy'] == []"),
        ("every_declared_content_type", {"payloads": _GOOD}, "application/json"),
        ("every_payload_is_answered", {}, "MalformedPayload"),
        ("a_broken_body_is_400", {"payloads": _GOOD, "override": _NOT_BROKEN}, "200"),
        ("a_bad_request_fails_alone", {"payloads": _GOOD, "override": _NOT_BROKEN}, "200"),
        ("concurrent_calls_agree", {"payloads": _GOOD, "override": _NEVER_AGREE}, "AssertionError"),
        ("a_script_trains_a_model", {"script": "import os"}, "assert []"),
        ("a_script_trains_a_model", {"script": "1 / 0"}, "ZeroDivisionError"),
        ("own_exit_code", {"known": _NO_FAILURE}, "XPASS(strict)"),
    ],
)
def test_a_check_fails_where_its_property_does_not_hold(
    trained: Any, tmp_path: Path, check: str, samples: dict[str, Any], says: str
) -> None:
    """Wrong samples, a wrong comparison or a known failure that is none: the run fails, and shows what was found."""
    told = outcomes(tmp_path, trained.model_dir, check, **samples)

    assert "1 failed" in told, told
    assert says in told, told


def test_a_known_failure_is_expected_with_its_reason(trained: Any, tmp_path: Path) -> None:
    """The run passes, and counts the check as one that must fail for now."""
    known = {"a_script_trains_a_model": "not yet"}

    told = outcomes(tmp_path, trained.model_dir, "a_script_trains_a_model", script="1 / 0", known=known)

    assert "1 xfailed" in told, told


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"trains_well": "not yet"}, "known_failures names no check: trains_well; there are .*a_script_trains_a_model"),
        ({"a_script_trains_a_model": " "}, "known_failures gives no reason for a_script_trains_a_model"),
    ],
)
def test_a_known_failure_must_name_a_check_and_have_a_reason(known: dict[str, str], says: str) -> None:
    """A name that no check has would hide a mistake for ever, and nobody knows when a line without reason may go."""
    with pytest.raises(TypeError, match=says):
        type("TestTraining", (FrameworkTrainingContract,), {"known_failures": known})
