"""Requests a second, latency, start and memory of `serve` beside other servers of models, all in one run.

Each server has two workers with one thread each, an environment of its own, the same model and the same row; `wrk` is
the client. In every round each server is started, loaded by 1, 16 and 64 clients and ended before the next one starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "serving"))

from load import wrk, wrk_is_there
from models import MODELS, make, requests
from peers import ALL, BYOML, environment_of, why_not
from report import Round, draw, table
from running import running

if TYPE_CHECKING:
    from load import Row
    from peers import Peer

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("BYOML_BENCH_CACHE") or ROOT / ".venv/bench")
OUTPUT = Path(os.environ.get("BYOML_BENCH_OUTPUT") or ROOT / "benchmarks/results")
ROUNDS = int(os.environ.get("BYOML_BENCH_ROUNDS") or 3)
SECONDS = float(os.environ.get("BYOML_BENCH_SECONDS") or 3)
ONLY = os.environ.get("BYOML_BENCH_ONLY", "")  # words that servers' names hold, between commas
CHOSEN = os.environ.get("BYOML_BENCH_MODELS", "")  # names of models, likewise
CLIENTS = (1, 16, 64)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", [name for name in MODELS if not CHOSEN or name in CHOSEN.split(",")])
def test_serving_beside_other_servers(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every server that can run here answers each load without an error; how fast is printed, not judged."""
    if not wrk_is_there():
        pytest.skip("there is no wrk (Debian's package `wrk`)")
    model = tmp_path / "model"
    model.mkdir()
    forms = requests(make(name, model))
    peers = {peer: programs for peer in ALL if chosen(peer) and (programs := ready(peer, capsys)) is not None}
    rounds: dict[str, list[Round]] = {peer.name: [] for peer in peers}
    for _ in range(ROUNDS):
        for peer, programs in peers.items():
            rounds[peer.name].append(one_round(peer, programs, model, forms[peer.request]))
    told = f"{time.strftime('%Y-%m-%d')}, {name}, Python {sys.version.split()[0]}, {os.cpu_count()} CPUs, "
    told += f"medians of {ROUNDS} rounds of {SECONDS:.0f} s\n\n{table(rounds, CLIENTS)}"
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / f"serving-{name}.md").write_text(told, encoding="utf-8")
    draw(rounds, CLIENTS, f"one row a request, {name}", OUTPUT / f"serving-{name}.svg")
    with capsys.disabled():
        print(f"\n{told}")
    ours = [load for each in rounds[BYOML] for load in each.loads.values()]
    if any(load.failed for load in ours):
        pytest.fail(f"byoml failed to answer some requests: {ours}")


def chosen(peer: Peer) -> bool:
    return peer.name == BYOML or not ONLY or any(word in peer.name for word in ONLY.split(","))


def ready(peer: Peer, capsys: pytest.CaptureFixture[str]) -> Path | None:
    """Make a peer's environment; one that cannot be had is said and left out."""
    reason = why_not(peer)
    if reason is None:
        try:
            return environment_of(peer, CACHE)
        except subprocess.CalledProcessError as error:
            reason = str(error.stderr).strip().rsplit("\n", 1)[-1]
    with capsys.disabled():
        print(f"\n{peer.name} is left out: {reason}")
    return None


def one_round(peer: Peer, programs: Path, model: Path, row: Row) -> Round:
    with running(peer, programs, model, row) as server:
        wrk(server.port, row, max(CLIENTS), 1)  # whatever is made at the first requests
        loads = {clients: wrk(server.port, row, clients, SECONDS) for clients in CLIENTS}
        return Round(server.first_answer, server.megabytes(), loads)
