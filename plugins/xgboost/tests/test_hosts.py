"""Several hosts that train one model together, each a process with its own data at an address of its own."""

from __future__ import annotations

import json
import random
import re
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml_xgboost.errors import HostFailedError
from byoml_xgboost.hosts import Hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_SETTINGS = {"objective": "binary:logistic", "num_round": 4, "eval_metric": "logloss,accuracy", "max_depth": 2}


@pytest.fixture
def hosts() -> list[str]:
    """Three hosts of this machine, at addresses that no other test has at the time, as the port is always the same."""
    network = f"127.{random.randint(1, 250)}.{random.randint(1, 250)}"  # noqa: S311  no secret
    return [f"{network}.{number}" for number in (1, 2, 3)]


@pytest.fixture
def together(start: Callable[..., Any], tmp_path: Path) -> Callable[..., list[subprocess.CompletedProcess[str]]]:
    """Run a job on several hosts, each with the rows that it is given by channel."""

    def together(
        hosts: Sequence[str], parts: Sequence[Mapping[str, Any]], settings: Mapping[str, Any] = _SETTINGS
    ) -> list[subprocess.CompletedProcess[str]]:
        processes = []
        for host, part in zip(hosts, parts, strict=True):
            for name, rows in part.items():
                folder = tmp_path / host / name
                folder.mkdir(parents=True)
                if rows is not None:
                    np.savetxt(folder / "rows.csv", rows, "%g", ",")
            channels = {name: tmp_path / host / name for name in part}
            variables = {"SM_HOSTS": json.dumps(list(hosts)), "SM_CURRENT_HOST": host}
            processes.append(start(channels, tmp_path / host / "model", settings, **variables))
        ended = []
        for process in processes:
            with process:
                stdout, stderr = process.communicate(timeout=60)
            ended.append(subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr))
        return ended

    return together


@pytest.mark.timeout(120)
def test_hosts_make_one_model_of_all_rows_and_one_without_data_helps(
    together: Callable[..., Any],
    algorithm: Callable[..., Any],
    cancer: Mapping[str, Any],
    hosts: list[str],
    tmp_path: Path,
) -> None:
    """The first host alone saves it and prints; its metrics are those of all rows, as one host would find them."""
    train, validation = cancer["train"], cancer["validation"]
    parts = [
        {"train": train[:150], "validation": validation[:1]},
        {"train": train[150:], "validation": None},
        {"train": None, "validation": validation[1:]},
    ]
    ended = together(hosts, parts)

    assert [process.returncode for process in ended] == [0, 0, 0], [process.stderr for process in ended]
    assert [(tmp_path / host / "model").exists() for host in hosts] == [True, False, False]
    lines = [line for line in ended[0].stdout.splitlines() if re.match(r"\[\d+\]\t", line)]
    assert len(lines) == 4
    assert not any(re.match(r"\[\d+\]\t", line) for process in ended[1:] for line in process.stdout.splitlines())

    for name, rows in cancer.items():
        (tmp_path / "alone" / name).mkdir(parents=True)
        np.savetxt(tmp_path / "alone" / name / "rows.csv", rows, "%g", ",")
    alone = algorithm({name: tmp_path / "alone" / name for name in cancer}, tmp_path / "alone" / "model", _SETTINGS)
    found, expected = (
        [float(value) for value in re.findall(r":(\S+)", line)] for line in (lines[-1], alone.stdout.splitlines()[-1])
    )
    # Where to cut features is sketched from each host's rows, so that the trees are not the very same.
    np.testing.assert_allclose(found, expected, atol=0.05)


@pytest.mark.timeout(120)
def test_what_keeps_one_host_from_going_on_ends_all_and_each_says_what(
    together: Callable[..., Any], cancer: Mapping[str, Any], hosts: list[str]
) -> None:
    """A host with bad data says what is bad about it, and the others which host that is."""
    good = {"train": cancer["train"][:20]}
    bad = {"train": np.array([[2, 1], [0, 1]])}

    ended = together(hosts[:2], [good, bad])

    assert [process.returncode for process in ended] == [1, 1]
    assert "LabelsError: row 1 of channel 'train' has the label 2" in ended[1].stderr
    assert f"HostFailedError: training ends, as it cannot go on on host {hosts[1]}: row 1 of" in ended[0].stderr
    assert not [process.stderr for process in ended if "Traceback" in process.stderr]


@pytest.mark.timeout(120)
def test_hosts_whose_data_does_not_fit_together_are_named(
    together: Callable[..., Any], cancer: Mapping[str, Any], hosts: list[str]
) -> None:
    """Each host knows its own width, and the message has all."""
    ended = together(hosts[:2], [{"train": cancer["train"][:20]}, {"train": cancer["train"][:20, :5]}])

    says = f"channel 'train' on host {hosts[0]} has 30 features and channel 'train' on host {hosts[1]} has 4 features"
    for process in ended:
        assert process.returncode == 1
        assert says in process.stderr


def test_one_host_needs_no_network() -> None:
    """It has the first rank, and what it gathers is its own."""
    alone = Hosts(["algo-1"])

    assert (alone.first, alone.several) == (True, False)
    assert alone.gather("x") == ["x"]
    assert alone.told_by_first(3) == 3
    assert alone.any(True) is True  # noqa: FBT003
    alone.agree_to_go_on(None)


def test_a_host_that_failed_itself_goes_on_to_its_own_error() -> None:
    """Only the others are told of it by name."""
    alone = Hosts(["algo-1"])
    alone.agree_to_go_on("no rows")

    error = HostFailedError({"algo-2": "no rows", "algo-3": "no disk"})
    assert str(error) == "training ends, as it cannot go on on host algo-2: no rows; on host algo-3: no disk"
