"""Hyperparameters against the program's own argparse, and against argparse itself."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from byoml.environment.cmd_args import to_cmd_args
from byoml.environment.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Check = Callable[..., list[str]]

_HEAD = "import argparse\np = argparse.ArgumentParser()\n"
_FOOT = "print(p.parse_args())\n"

_LR = "p.add_argument('--lr', type=float)\n"


def _script(*lines: str, foot: str = _FOOT) -> dict[str, str]:
    return {"train.py": _HEAD + "".join(f"{line}\n" for line in lines) + foot}


@pytest.mark.parametrize(
    ("line", "hyperparameters", "policy", "fails"),
    [
        ("p.add_argument('--lr', type=float)", {"lr": "0.1"}, "toolkit", False),
        ("p.add_argument('--lr', type=float)", {"lr": "high"}, "toolkit", True),
        ("p.add_argument('--nn', type=int)", {"nn": "0.5"}, "toolkit", True),
        ("p.add_argument('--nn', type=int)", {"nn": '"7"'}, "toolkit", False),
        ("p.add_argument('--lr', type=float)", {}, "toolkit", False),
        ("p.add_argument('--lr', required=True)", {}, "toolkit", True),
        ("p.add_argument('--lr', required=True)", {"lr": "1"}, "toolkit", False),
        ("p.add_argument('--lr')", {"eta": "1"}, "toolkit", True),
        ("p.add_argument('--learning-rate')", {"learning_rate": "1"}, "toolkit", True),
        ("p.add_argument('--learning-rate')", {"learn": "1"}, "toolkit", False),
        ("p.add_argument('--la'); p.add_argument('--lb')", {"l_": "1"}, "toolkit", True),
        ("p.add_argument('-n')", {"n": "1"}, "toolkit", False),
        ("p.add_argument('--n')", {"n": "1"}, "toolkit", True),
        ("p.add_argument('--kind', choices=['a', 'b'])", {"kind": "a"}, "toolkit", False),
        ("p.add_argument('--kind', choices=['a', 'b'])", {"kind": "c"}, "toolkit", True),
        ("p.add_argument('--k_', type=int, choices=(1, 2))", {"k_": "2"}, "toolkit", False),
        ("p.add_argument('--flag', action='store_true')", {"flag": "true"}, "toolkit", True),
        ("p.add_argument('--flag', action='store_true')", {"flag": "true"}, "flags", False),
        ("p.add_argument('--flag', action='store_true')", {"flag": "false"}, "flags", False),
        ("p.add_argument('--ns', type=int, nargs='+')", {"ns": "[1, 2]"}, "flags", False),
        ("p.add_argument('data')", {"x_": "1"}, "toolkit", True),
        ("p.add_argument('data', nargs='?')", {}, "toolkit", False),
        ("g = p.add_argument_group('g'); g.add_argument('--lr')", {"lr": "1"}, "toolkit", False),
        ("p.add_argument('--lr')", {"sagemaker_region": "eu-west-1"}, "toolkit", False),
    ],
)
def test_the_check_says_what_argparse_then_does(  # noqa: PLR0913  a case is four values
    found: Check, tmp_path: Path, line: str, hyperparameters: dict[str, str], policy: str, *, fails: bool
) -> None:
    """An error where the very script, started with the very arguments, ends with an error; and only there."""
    errors = found(_script(line), hyperparameters, env={"BYOML_CLI_POLICY": policy})
    args = to_cmd_args(Hyperparameters.from_raw(hyperparameters).user, policy)
    started = [sys.executable, "-S", str(tmp_path / "train.py"), *args]
    done = subprocess.run(started, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode == 2) is fails, done.stderr
    assert bool(errors) is fails, errors
    assert all(text.startswith("train.py:") and ": error: " in text for text in errors)


def test_an_unknown_hyperparameter_names_what_may_be_meant(found: Check) -> None:
    """Dashes for underscores are the usual reason."""
    [error] = found(_script("p.add_argument('--learning-rate')"), {"learning_rate": "1"})
    assert error == (
        "train.py:4: error: hyperparameter 'learning_rate': --learning_rate is not known to the parser, which ends the "
        "job (is learning-rate meant?); add_argument('--learning_rate'), or parse_known_args()"
    )


def test_parse_known_args_passes_unknown_ones_over(found: Check) -> None:
    """Which is a note, as it may be meant so; what it does know is still checked."""
    files = _script("p.add_argument('--lr', type=float)", foot="p.parse_known_args()\n")
    [note] = found(files, {"eta": "1"})
    assert note.startswith("--hp eta: note: --eta is not known")
    assert len([text for text in found(files, {"lr": "x"}) if ": error: " in text]) == 1


def test_a_boolean_type_is_a_trap_that_is_told(found: Check) -> None:
    """bool('False') is True."""
    [warning] = found(_script("p.add_argument('--flag', type=bool)"), {"flag": "false"})
    assert warning.startswith("train.py:3: warning: hyperparameter 'flag': type=bool makes True")


def test_arguments_in_a_module_of_the_folder_count(found: Check) -> None:
    """Many projects keep their parser in a file of its own."""
    module = """\
import argparse
def parse():
    p = argparse.ArgumentParser()
    p.add_argument("--lr")
    return p.parse_args()
"""
    files = {"train.py": "from options import parse\nprint(parse())\n", "options.py": module}
    assert found(files, {"lr": "1"}) == []
    [error] = found(files, {"eta": "1"})
    assert error.startswith("options.py:5: error: hyperparameter 'eta'")


@pytest.mark.parametrize(
    "script",
    [
        "import sys\nprint(sys.argv)\n",
        _HEAD + "for name in names:\n    p.add_argument('--' + name)\n" + _FOOT,
        _HEAD + "p.add_argument('--a', **more)\n" + _FOOT,
        _HEAD + "library.add_arguments(p)\n" + _FOOT,
        _HEAD + "s = p.add_subparsers()\n" + _FOOT,
        "import argparse\np = argparse.ArgumentParser(parents=[other])\n" + _FOOT,
        "from transformers import HfArgumentParser\np = HfArgumentParser(Args)\n" + _FOOT,
        _HEAD + "print(p.parse_args(['--x', '1']))\n",
    ],
)
def test_what_the_text_does_not_tell_is_no_error(found: Check, script: str) -> None:
    """A note says that it cannot be told; without hyperparameters there is nothing to tell."""
    assert found({"train.py": script}, {"eta": "1"}) == [
        "train.py: note: whether it takes the hyperparameters cannot be told from its text"
    ]
    assert found({"train.py": script}) == []
