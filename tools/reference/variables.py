"""The page of the environment variables: names and examples from the code, meanings as the page has them."""

from __future__ import annotations

import ast
import re
import tempfile
from pathlib import Path

from reference.markdown import page, table
from reference.tree import CORE, REFERENCE

__all__ = ["UNKNOWN", "environment_variables"]

#: Stands where a meaning is still to be written.
UNKNOWN = "(not described yet)"
_READ = re.compile(
    r"(BYOML|SAGEMAKER|TRAINING_JOB|STANDARD)(_[A-Z0-9]+)+|SM_STUDIO_LOCAL_MODE|CA_REPOSITORY_ARN|MAX_CONTENT_LENGTH"
)
_ROW = re.compile(r"\| `(\w+)` \|(?: `.*` \|)? ([^|]+) \|")
_VARIABLES = """\
Where a hyperparameter says the same, the variable wins. `BYOML_` variables are byoml's own; the others are the
platform's."""
_EXAMPLES = """\
The examples are those of a job with one host, one channel, `train`, and one hyperparameter, `eta`. A name that no shell
takes, such as `SM_CHANNEL_MY-CH`, comes once as it is and once as `SM_CHANNEL_MY_CH`."""
_PROCESSING = """\
And, as a training script, those of hosts, CPUs and GPUs, `SM_LOG_LEVEL`, `SM_MODULE_DIR`, `SM_USER_ENTRY_POINT`,
`SM_USER_ARGS` and `SM_RESOURCE_CONFIG`. The examples are those of a job with one input, `raw`, and one output,
`clean`."""


def environment_variables() -> str:
    """Make the page of the variables: names and places from the code, meanings from the page as it is."""
    known = _meanings(REFERENCE / "environment-variables.md")
    written, processing = _written(), _written_for_processing()
    return page(
        [
            "# Environment variables",
            _VARIABLES,
            "## What byoml reads",
            table(("Variable", "Meaning"), ((name, known.get(name, UNKNOWN)) for name in sorted(_constants()))),
            "## What the training script gets",
            _EXAMPLES,
            table(
                ("Variable", "Example", "Meaning"),
                ((name, f"`{written[name]}`", known.get(name, UNKNOWN)) for name in sorted(written)),
            ),
            "## What the processing script gets",
            _PROCESSING,
            table(
                ("Variable", "Example", "Meaning"),
                ((name, f"`{processing[name]}`", known.get(name, UNKNOWN)) for name in sorted(processing)),
            ),
        ]
    )


def _meanings(written: Path) -> dict[str, str]:
    found = (_ROW.fullmatch(line) for line in written.read_text("utf-8").splitlines()) if written.is_file() else ()
    return {row[1]: row[2] for row in found if row}


def _constants() -> set[str]:
    """Find the variables that core names."""
    return {
        node.value
        for path in CORE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _READ.fullmatch(node.value)
    }


def _written() -> dict[str, str]:
    """Make the variables of a small job; long values are cut."""
    from byoml.environment.env_vars import training_variables
    from byoml.environment.training_env import TrainingEnv

    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "input/data/train").mkdir(parents=True)
        (base / "input/config").mkdir()
        (base / "input/config/hyperparameters.json").write_text('{"eta": "0.2"}', encoding="utf-8")
        env = TrainingEnv.read({"SAGEMAKER_BASE_DIR": folder, "TRAINING_JOB_NAME": "demo"})
        values = training_variables(env, "train.py", ["--eta", "0.2"])
    shown = {name: value.replace(folder, "/opt/ml") for name, value in values.items()}
    shown.update({name: "2" if name.endswith("CPUS") else "0" for name in shown if name.startswith("SM_NUM_")})
    return {name: _cut(value) for name, value in shown.items()}


def _written_for_processing() -> dict[str, str]:
    """Make the variables of a small processing job, without those that a training job has as well."""
    from byoml.environment.processing_env import ProcessingEnv
    from byoml.environment.processing_vars import processing_variables

    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for name in ("input/raw", "output/clean"):
            (base / "processing" / name).mkdir(parents=True)
        env = ProcessingEnv.read({"SAGEMAKER_BASE_DIR": folder})
        values = processing_variables(env, env.paths.processing_code, "clean.py", [])
    shown = {name: value.replace(folder, "/opt/ml") for name, value in values.items() if "_PROCESSING_" in name}
    return {name: _cut(value) for name, value in shown.items()}


def _cut(text: str) -> str:
    longest = 60
    return (text if len(text) <= longest else text[:longest] + "...") or " "
