"""Scripts of their time run unchanged, in the process of the job alone."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from byoml.testing.container import Container

pytestmark = pytest.mark.timeout(300)

_SCRIPT = Path(__file__).parent / "scripts/cnn_of_2020.py"
_ENV = {"BYOML_FRAMEWORK": "tensorflow"}
# Keras 2, which came with TensorFlow until 2.15, takes any name of a weight file.
_KERAS_2 = version("keras").startswith("2.")
_LEFT = {"3dcnnmodel.hd5.index", "best.hdf5"} if _KERAS_2 else {"3dcnnmodel.hd5", "best.weights.h5"}
_RENAMED = [
    ("keras.layers.advanced_activations", "keras.layers"),
    ("keras.utils.np_utils", "keras.utils"),
    ("keras.utils.vis_utils", "keras.utils"),
    *([] if _KERAS_2 else [("3dcnnmodel.hd5", "3dcnnmodel.weights.h5"), ("best.hdf5", "best.weights.h5")]),
]


def test_a_3d_cnn_of_2020_runs_unchanged_and_is_told_todays_names(container: Container, processed: Any) -> None:
    """Strict argparse, three module paths that are gone, three names of weight files that Keras 3 refuses."""
    container.write(
        {
            "code/cnn.py": _SCRIPT.read_text(),
            "input/config/hyperparameters.json": {"batch": "32", "epoch": "1", "nclass": "4"},
            "input/data/training/clips.npz": (processed.output / "clips.npz").read_bytes(),
        }
    )

    outcome = container.train({**_ENV, "SAGEMAKER_PROGRAM": "cnn.py"}, timeout=200)

    assert (outcome.exit_code, outcome.failure) == (0, None), outcome.stderr
    assert b"same weights: True" in outcome.stdout
    for old, new in _RENAMED:
        lines = [line for line in outcome.stderr.decode().splitlines() if f"{old}; byoml answers it with" in line]
        assert lines, (old, outcome.stderr)
        assert f"{new}, which is today's name" in lines[0]
    left = {path.name for path in container.paths.output_data.iterdir()}
    assert {*_LEFT, "accuracy.png"} <= left
    assert (container.paths.model / "model.keras").is_file()


def test_a_script_that_uses_no_old_name_imports_nothing_for_it(container: Container) -> None:
    """The shim waits for Keras without costing anything, and leaves other modules' errors alone."""
    container.write(
        {
            "code/train.py": "import sys\nassert not {'keras', 'tensorflow', 'numpy', 'h5py'} & set(sys.modules)\n"
            "import keras_of_nobody\n"
        }
    )

    outcome = container.train(_ENV)

    assert (outcome.failure or "").startswith("ModuleNotFoundError: No module named 'keras_of_nobody'")


def test_another_sitecustomize_runs_too(container: Container, tmp_path: Path) -> None:
    """Python runs one; an image's own is not lost."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.flags_of_mine = 7\n")
    container.write({"code/train.py": "import sys\nprint(sys.flags_of_mine)\n"})

    outcome = container.train({**_ENV, "PYTHONPATH": str(tmp_path)})

    assert (outcome.exit_code, outcome.stdout) == (0, b"7\n"), outcome.stderr


def test_outside_of_a_job_keras_is_as_it_is() -> None:
    """The plugin being installed changes no other Python of this environment."""
    code = "import sys; print(any('byoml' in type(finder).__module__ for finder in sys.meta_path))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"
