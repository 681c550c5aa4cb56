"""XGBoost without scikit-learn, in processes that run byoml's code alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from byoml.testing.container import Container

if TYPE_CHECKING:
    from collections.abc import Callable

_SCRIPT = """
import xgboost

def model_fn(model_dir):
    model = xgboost.XGBClassifier()
    model.load_model(f"{model_dir}/xgboost-model")
    return model.get_booster()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what a process has in its memory")


@pytest.fixture
def libraries(model_dir: Path, tmp_path: Path) -> Callable[..., str]:
    """Serve the model, ask it, and give back what the server's processes have in their memory."""

    def libraries(script: str | None = None, **variables: str) -> str:
        container = Container(tmp_path, {"BYOML_FRAMEWORK": "xgboost"})
        shutil.copytree(model_dir, container.paths.model, dirs_exist_ok=True)
        container.write({"code/inference.py": script} if script else {})
        with container.serve(variables) as endpoint:
            assert endpoint.invoke(",".join(["1"] * 30), "text/csv").status == 200
            server = Path("/proc") / str(endpoint.process.pid)
            workers = (server / "task" / server.name / "children").read_text("ascii").split()
            assert workers
            return "".join((server.with_name(pid) / "maps").read_text("utf-8") for pid in (server.name, *workers))

    return libraries


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_endpoint_without_a_script_has_no_scikit_learn(libraries: Callable[..., str], workers: str) -> None:
    """Importing it is three quarters of what a start takes; whether the workers load the model or the arbiter does."""
    found = libraries(SAGEMAKER_MODEL_SERVER_WORKERS=workers, OMP_NUM_THREADS="1")
    assert "libxgboost" in found
    assert "sklearn" not in found
    assert "scipy/stats" not in found


def test_a_script_has_xgboost_s_estimators(libraries: Callable[..., str]) -> None:
    """They are made of scikit-learn's, so it is imported as it always is."""
    assert "sklearn" in libraries(_SCRIPT)


def test_what_is_imported_already_stays_as_it_is() -> None:
    """Neither half of the two is taken from a process that has it; and scikit-learn can be imported later."""
    program = """
import sys
{first}
from byoml_xgboost.importing import import_alone
import_alone()
import xgboost.compat, sklearn
print(xgboost.compat.SKLEARN_INSTALLED)
"""
    for first, kept in (("import xgboost", "True"), ("import sklearn", "True"), ("", "False")):
        command = [sys.executable, "-c", program.format(first=first)]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == kept
