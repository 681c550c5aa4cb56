"""`byoml env`: what the container sees, and no secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_BYOML = str(Path(sys.executable).parent / "byoml")


def _run(base: Path, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    env = {"PATH": os.defpath, "SAGEMAKER_BASE_DIR": str(base), "BYOML_FRAMEWORK": "none", **kept, **variables}
    return subprocess.run([_BYOML, "env", *args], env=env, capture_output=True, text=True, timeout=30, check=False)


def _seen(base: Path, **variables: str) -> dict[str, Any]:
    done = _run(base, "--json", **variables)
    seen: dict[str, Any] = json.loads(done.stdout)
    return {**seen, "exit": done.returncode}


def _config(base: Path, name: str, content: object) -> None:
    (base / "input/config").mkdir(parents=True, exist_ok=True)
    (base / "input/config" / name).write_text(content if isinstance(content, str) else json.dumps(content))


def test_what_a_job_is_told_is_shown(tmp_path: Path) -> None:
    """Hosts, channels, decoded hyperparameters, accelerators, framework and launcher."""
    _config(tmp_path, "hyperparameters.json", {"lr": "0.1", "sagemaker_program": "x.py"})
    _config(tmp_path, "resourceconfig.json", {"current_host": "b", "hosts": ["a", "b"]})
    _config(tmp_path, "inputdataconfig.json", {"train": {"TrainingInputMode": "Pipe"}})
    seen = _seen(tmp_path)
    assert (seen["exit"], seen["hosts"]["rank"], seen["hosts"]["all"]) == (0, 1, ["a", "b"])
    assert seen["channels"] == {"train": f"{tmp_path}/input/data/train (Pipe)"}
    assert seen["hyperparameters"] == {"lr": 0.1, "sagemaker_program": "x.py"}
    assert seen["accelerators"]["cpus"] >= 1
    assert (seen["framework"]["chosen"], seen["framework"]["launcher"]) == ("none", "process")


def test_the_launcher_is_the_one_that_the_job_would_get(tmp_path: Path) -> None:
    """Core's own launchers are chosen here as `train` chooses them."""
    _config(tmp_path, "hyperparameters.json", {"sagemaker_torch_distributed_enabled": "true"})
    assert _seen(tmp_path)["framework"]["launcher"] == "torchrun"


def test_a_processing_jobs_folders_are_shown(tmp_path: Path) -> None:
    """Where there is a processing tree; a training container has no such rows."""
    assert "processing inputs" not in _seen(tmp_path)
    (tmp_path / "processing/input/raw").mkdir(parents=True)
    assert _seen(tmp_path)["processing inputs"] == {"raw": f"{tmp_path}/processing/input/raw (File)"}


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """Whether a variable or a hyperparameter is named so, holds one within, or looks like one."""
    _config(tmp_path, "hyperparameters.json", {"api_token": "hunter2", "db": '{"password": "hunter2"}'})
    variables = {
        "AWS_SECRET_ACCESS_KEY": "hunter2",
        "SM_HPS": '{"api_token":"hunter2"}',
        "SM_USER_ARGS": '["--api_token","hunter2"]',
        "BYOML_INDEX": "https://me:hunter2@example.com/simple",
    }
    for args in ((), ("--json",)):
        done = _run(tmp_path, *args, **variables)
        assert done.returncode == 0
        assert "hunter2" not in done.stdout + done.stderr
        assert "example.com" in done.stdout


def test_a_file_that_does_not_parse_is_told_and_hides_nothing_else(tmp_path: Path) -> None:
    """For it is then that people look."""
    _config(tmp_path, "hyperparameters.json", "{")
    seen = _seen(tmp_path)
    assert seen["exit"] == 1
    assert "hyperparameters.json, line 1" in seen["errors"]["training"]
    assert seen["framework"]["chosen"] == "none"


def test_a_person_gets_a_table(tmp_path: Path) -> None:
    """One section for each subject; what is absent is said."""
    done = _run(tmp_path)
    assert done.returncode == 0
    assert f"\n  model             {tmp_path}/model (absent)\n" in done.stdout
    assert "\nchannels\n  none\n" in done.stdout
