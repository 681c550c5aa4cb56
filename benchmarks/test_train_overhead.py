"""What `train` costs beside the user's script itself, against AWS's sagemaker-training, side by side in one run.

Core is installed from its wheel and AWS's toolkit from its sdist, each into a virtual environment of its own, as the
two bring a console script of the same name. A run of each is followed by a run of the next, so that whatever else the
machine does falls on all alike; compared are medians.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
AWS = "sagemaker-training==5.1.4"
ROUNDS = int(os.environ.get("BYOML_BENCH_ROUNDS") or 15)
SCRIPT = 'print("trained")\n'
KIBIBYTES = 1024  # of a MiB; ru_maxrss counts KiB on Linux

# Started from a small process, as a child's peak memory is at least what its parent had when it forked.
RUN = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - start, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""


class Run(NamedTuple):
    """One run: wall seconds, peak MiB of its largest process, exit code and stderr."""

    seconds: float
    mebibytes: float
    exit_code: int
    stderr: str


def test_train_beside_plain_python_and_the_toolkit_of_aws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All three run a trivial script to the end and exit with 0; what they take is printed, not judged."""
    tree = make_tree(tmp_path)
    ours = make_environment(tmp_path / "ours", [str(core_wheel())])
    aws = make_environment(tmp_path / "aws", [AWS])
    commands = {
        "plain python": [str(ours / "python"), str(tree / "code/train.py")],
        "byoml train": [str(ours / "train")],
        "sagemaker-training": [str(aws / "train")],
    }
    runs = alternate(commands, variables(tree))
    with capsys.disabled():
        print("\n" + report(runs))
    failed = {name: run.stderr for name, all_runs in runs.items() for run in all_runs if run.exit_code}
    if failed:
        pytest.fail(f"not all ended with 0: {failed}")


def make_tree(folder: Path) -> Path:
    """Lay out what the platform would: a script, and its name as the one hyperparameter.

    The host's name has an address: AWS's toolkit waits minutes for one that has none, its own included.
    """
    tree = folder / "ml"
    (tree / "code").mkdir(parents=True)
    (tree / "code/train.py").write_text(SCRIPT, encoding="utf-8")
    (tree / "input/config").mkdir(parents=True)
    config = tree / "input/config"
    (config / "hyperparameters.json").write_text('{"sagemaker_program": "train.py"}', encoding="utf-8")
    (config / "resourceconfig.json").write_text(
        '{"current_host": "localhost", "hosts": ["localhost"]}', encoding="utf-8"
    )
    (config / "inputdataconfig.json").write_text("{}", encoding="utf-8")
    return tree


def core_wheel() -> Path:
    wheels = sorted((ROOT / "dist").glob("byoml-*.whl"))
    if not wheels:
        pytest.fail("no wheel of byoml in dist/; `make wheels` builds it")
    return wheels[-1]


def make_environment(folder: Path, requirements: Sequence[str]) -> Path:
    """Make a virtual environment with compiled bytecode; returns the folder of its programs."""
    if requirements == [AWS] and shutil.which("gcc") is None:
        pytest.skip(f"{AWS} is built from source, which needs gcc")
    venv.create(folder, with_pip=True)
    programs = folder / "bin"
    pip = [str(programs / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--compile"]
    subprocess.run([*pip, *requirements], check=True)
    return programs


def variables(tree: Path) -> Mapping[str, str]:
    """The least that a container has, but PATH: each program gets that of its own environment."""
    return {"HOME": str(tree.parent), "LANG": "C.UTF-8", "SAGEMAKER_BASE_DIR": str(tree)}


def alternate(commands: Mapping[str, Sequence[str]], environ: Mapping[str, str]) -> dict[str, list[Run]]:
    """Run all commands in turn, ROUNDS times after one round that warms the file cache."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(ROUNDS + 1):
        for name, command in commands.items():
            run = run_once(command, environ)
            if turn:
                runs[name].append(run)
    return runs


def run_once(command: Sequence[str], environ: Mapping[str, str]) -> Run:
    path = os.pathsep.join([str(Path(command[0]).parent), os.defpath])
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", RUN, *command],
        env={**environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    seconds, kibibytes, exit_code = told.stdout.split()
    return Run(float(seconds), int(kibibytes) / KIBIBYTES, int(exit_code), told.stderr)


def report(runs: Mapping[str, Sequence[Run]]) -> str:
    """Write medians, and how they relate to plain python's and to AWS's."""
    seconds = {name: statistics.median(run.seconds for run in all_runs) for name, all_runs in runs.items()}
    memory = {name: statistics.median(run.mebibytes for run in all_runs) for name, all_runs in runs.items()}
    plain, _, aws = runs
    lines = [
        f"{time.strftime('%Y-%m-%d')}, Python {sys.version.split()[0]}, {os.cpu_count()} CPUs, medians of {ROUNDS}",
        f"{'':20}{'seconds':>9}{'MiB':>8}{'more than python':>26}{'of AWS':>9}",
    ]
    for name in runs:
        more = f"{seconds[name] - seconds[plain]:+.3f} s {memory[name] - memory[plain]:+.1f} MiB"
        lines.append(f"{name:20}{seconds[name]:9.3f}{memory[name]:8.1f}{more:>26}{seconds[name] / seconds[aws]:9.0%}")
    return "\n".join(lines)
