"""Does a framework do what its capabilities say? In one process, with its functions bound as the server binds them."""
# ruff: noqa: S101  these are tests, shipped

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from byoml.environment.training_env import TrainingEnv
from byoml.plugin import Context, Framework, builtin_codecs
from byoml.plugin.manager import frameworks, make_manager
from byoml.serving.batching import joined, split
from byoml.serving.functions import InferenceFunctions
from byoml.serving.loading import all_codecs
from byoml.testing.asked import Asked
from byoml.testing.contract.suite import FrameworkSuite, declared

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["CapabilitiesContract", "Predictor"]

_CSV = "text/csv"
_THREADS = 4
_REPEATS = 25
_FORK_SECONDS = 30
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class Predictor:
    """A framework's functions around a loaded model, as a worker has them.

    Args:
        framework: Its name.
        model_dir: The model folder.
    """

    def __init__(self, framework: str, model_dir: Path) -> None:
        manager = make_manager({}, [builtin_codecs])
        self._context = Context(model_dir, all_codecs(manager))
        self._functions = InferenceFunctions.bind(frameworks(manager)[framework], None, None)
        self._model = self._context.model = self._functions.model_fn(self._context, model_dir)

    @property
    def model(self) -> Any:
        return self._model

    def decode(self, body: bytes, content_type: str) -> Any:
        return self._functions.input_fn(self._context, body, content_type)

    def predict(self, rows: Any) -> Any:
        return self._functions.predict_fn(self._context, rows, self._model)


class CapabilitiesContract(FrameworkSuite):
    """Give the fixtures `framework`, `saved_model` and `payloads`, as FrameworkServingContract describes them."""

    not_covered = (
        "that a capability that is not declared is really missing",
        "that every model's rows are predicted alike: only `saved_model` is tried",
        "threads and forks on GPUs, and forks of a worker with more than one thread",
    )

    def check_same(self, together: Any, alone: Any) -> None:
        """Compare predictions of one row; override it where a batch rounds otherwise than a single row."""
        import numpy as np

        np.testing.assert_array_equal(together, alone)

    @pytest.fixture(scope="class")
    @classmethod
    def predictor(cls, framework: str, saved_model: Path) -> Predictor:
        """Give the loaded model."""
        return Predictor(framework, saved_model)

    def test_batchable_rows_are_predicted_alike_together_and_alone(
        self, plugin: Framework, predictor: Predictor, payloads: Mapping[str, bytes]
    ) -> None:
        """Rows of requests of one row and of several, as one array, give each row what its own request gives it."""
        declared(plugin, "batchable")
        if not plugin.may_batch(predictor.model):
            pytest.skip(f"{plugin.name} says that this model may not be given batches")
        for content_type, body in payloads.items():
            rows = predictor.decode(body, content_type)
            parts = [rows[:1], rows, rows]
            whole = joined(parts)
            assert whole is not None, f"rows of {content_type} are a {type(rows).__name__}, which cannot be joined"
            together = split(predictor.predict(whole), [len(part) for part in parts])
            for part, found in zip(parts, together, strict=True):
                self.check_same(found, predictor.predict(part))

    def test_linewise_bodies_are_answered_alike_together_and_alone(
        self, plugin: Framework, saved_model: Path, payloads: Mapping[str, bytes]
    ) -> None:
        """Requests of one line of CSV each, read and written as one, get what each gets alone."""
        from byoml.codecs.csv import CsvCodec

        declared(plugin, "linewise")
        lines = payloads[_CSV].splitlines()[:1] * 3
        asked = Asked(plugin, saved_model)
        for line, found in zip(lines, asked.together(*((line, _CSV) for line in lines), accept=_CSV), strict=True):
            assert isinstance(found, bytes), found
            read = [CsvCodec().decode(answer, {}) for answer in (found, asked(line, _CSV, _CSV))]
            self.check_same(*read)

    def test_thread_safe_models_predict_alike_in_threads(
        self, plugin: Framework, predictor: Predictor, payloads: Mapping[str, bytes]
    ) -> None:
        """Threads that predict at once on one model get what one thread gets."""
        import numpy as np

        declared(plugin, "thread_safe")
        content_type, body = next(iter(payloads.items()))
        rows = predictor.decode(body, content_type)
        expected = predictor.predict(rows)
        with ThreadPoolExecutor(_THREADS) as threads:
            for prediction in threads.map(lambda _: predictor.predict(rows), range(_THREADS * _REPEATS)):
                np.testing.assert_array_equal(prediction, expected)

    def test_fork_safe_models_predict_in_a_forked_child(
        self, plugin: Framework, framework: str, saved_model: Path, payloads: Mapping[str, bytes], tmp_path: Path
    ) -> None:
        """With one thread a worker, a model that was loaded and used before the fork predicts the same after it."""
        declared(plugin, "fork_safe")
        content_type, body = next(iter(payloads.items()))
        (tmp_path / "body").write_bytes(body)
        command = [sys.executable, "-m", "byoml.testing.contract.fork", framework, str(saved_model), content_type]

        ended = subprocess.run(
            [*command, str(tmp_path / "body")],
            env={"PATH": "", **_ONE_THREAD},
            capture_output=True,
            text=True,
            check=False,
            timeout=_FORK_SECONDS,
        )

        assert ended.returncode == 0, ended.stdout + ended.stderr

    def test_trains_is_declared_where_there_is_an_algorithm(self, plugin: Framework, tmp_path: Path) -> None:
        """What `capabilities.trains` says is what a job without a script finds."""
        entry_point = plugin.default_entry_point(TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)}))

        assert plugin.capabilities.trains == (entry_point is not None)
