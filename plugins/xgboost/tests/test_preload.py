"""A booster that is loaded once, before the workers fork."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from byoml.testing.container import Container

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from byoml.testing.container import Endpoint

_TOLD = b"loaded before the fork"
# As on a machine with as many cores as workers, whatever this one has.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture
def container(model_dir: Path, tmp_path: Path) -> Container:
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "xgboost", **_ONE_THREAD})
    shutil.copytree(model_dir, container.paths.model, dirs_exist_ok=True)
    return container


def test_four_workers_take_little_more_memory_than_one_and_agree(
    container: Container, cancer: Mapping[str, Any]
) -> None:
    """At most half as much again after requests to all of them, which all get the same predictions."""
    rows = cancer["validation"][:20, 1:]
    body = "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist())
    sizes, answers = [], set()
    for workers in ("1", "4"):
        with container.serve({"SAGEMAKER_MODEL_SERVER_WORKERS": workers}) as endpoint:
            answers |= asked_at_once(endpoint, body)
            sizes.append(sum(map(proportional_kilobytes, family(endpoint.process.pid))))
            assert (_TOLD in endpoint.stderr()) == (workers == "4")

    assert len(answers) == 1
    assert sizes[1] <= 1.5 * sizes[0]


def asked_at_once(endpoint: Endpoint, body: str) -> set[bytes]:
    """Send many requests over connections of their own, so that every worker gets some."""

    def ask(_: int) -> bytes:
        answer = endpoint.invoke(body, "text/csv", "text/csv")
        assert answer.status == 200
        return answer.body

    with ThreadPoolExecutor(16) as clients:
        return set(clients.map(ask, range(300)))


def family(pid: int) -> Iterator[int]:
    """Name a process and its children, of which none has children."""
    yield pid
    yield from map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split())


def proportional_kilobytes(pid: int) -> int:
    """Read a process's share of the memory that it has alone or with others (PSS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


@pytest.mark.parametrize(
    "variables",
    [
        {"BYOML_PRELOAD": "0", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"},
        {"OMP_NUM_THREADS": "2", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"},
        {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
    ],
    ids=["forbidden", "two-threads", "one-worker"],
)
def test_each_worker_loads_by_itself_where_a_fork_would_not_do(
    container: Container, variables: dict[str, str], cancer: Mapping[str, Any]
) -> None:
    """A booster that was loaded beside several threads hangs in a forked child at its first prediction."""
    body = ",".join(map(repr, cancer["validation"][0, 1:].tolist()))
    with container.serve(variables) as endpoint:
        assert endpoint.invoke(body, "text/csv", "text/csv").status == 200
        assert _TOLD not in endpoint.stderr()


def test_a_worker_that_dies_is_replaced_by_one_that_shares_the_model(
    container: Container, cancer: Mapping[str, Any]
) -> None:
    """It is forked from the process that holds the model, and predicts as the others do."""
    body = ",".join(map(repr, cancer["validation"][0, 1:].tolist()))
    with container.serve({"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}) as endpoint:
        before = asked_at_once(endpoint, body)
        _, killed, kept = family(endpoint.process.pid)
        os.kill(killed, 9)
        while len(now := set(family(endpoint.process.pid))) < 3 or killed in now:
            pass
        assert kept in now
        assert asked_at_once(endpoint, body) == before
        assert endpoint.stderr().count(b"model loaded in") == 1


def test_a_model_that_cannot_be_loaded_ends_the_server(container: Container) -> None:
    """With the same words and exit code as where each worker loads by itself."""
    (container.paths.model / "xgboost-model").write_bytes(b"nothing")
    with container.serve({"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}, ready=False) as endpoint:
        assert endpoint.process.wait(30) == 1
        assert b"the model cannot be loaded: " in endpoint.stderr()
        assert b"neither UBJ nor JSON" in endpoint.stderr()
