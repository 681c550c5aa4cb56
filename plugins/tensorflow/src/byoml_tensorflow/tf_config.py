"""TF_CONFIG: which host plays which part in a distributed TensorFlow program (contract/training 5.7)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from byoml.environment.distribution import is_on
from byoml.errors import SettingError
from byoml.launchers.watch import port_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from byoml.environment.training_env import TrainingEnv
    from byoml.launchers.groups import HostGroup

__all__ = ["VARIABLE", "has_parameter_servers", "is_distributed", "server_config", "tf_config"]

VARIABLE = "TF_CONFIG"
_PARAMETER_SERVER = "sagemaker_parameter_server_enabled"
_MIRRORED = "sagemaker_multi_worker_mirrored_strategy_enabled"
_LEADER, _EVALUATOR, _PORT = "BYOML_TF_LEADER", "BYOML_TF_EVALUATOR", "BYOML_TF_PORT"
_LEADERS = ("master", "chief", "worker")
_MIRRORED_PORT, _MASTER_PORT = 8890, 2222
_LOOPBACK = "127."


def has_parameter_servers(env: TrainingEnv) -> bool:
    return is_on(env.hyperparameters.framework.get(_PARAMETER_SERVER))


def is_distributed(env: TrainingEnv, group: HostGroup) -> bool:
    """Tell whether this host takes part in a program of several hosts that TF_CONFIG describes."""
    asked = has_parameter_servers(env) or is_on(env.hyperparameters.framework.get(_MIRRORED))
    return asked and group.takes_part and (len(group.hosts) > 1 or not has_parameter_servers(env))


def tf_config(env: TrainingEnv, group: HostGroup) -> dict[str, Any]:
    """Describe the cluster, and this host's part in it.

    Args:
        env: The job. `BYOML_TF_LEADER` says what the first host is (`master` with parameter servers and `worker`
            without, as AWS's container has it, or `chief`); `BYOML_TF_EVALUATOR=1` makes the last host the evaluator;
            `BYOML_TF_PORT` is the first port.
        group: The hosts that take part.

    Returns:
        The value of TF_CONFIG.

    Raises:
        SettingError: A variable holds what it must not.
    """
    servers = has_parameter_servers(env)
    leader = env.environ.get(_LEADER) or ("master" if servers else "worker")
    if leader not in _LEADERS:
        raise SettingError(_LEADER, leader, f"one of {', '.join(_LEADERS)}")
    evaluates = is_on(env.environ.get(_EVALUATOR)) and len(group.hosts) > 1
    hosts = group.hosts[:-1] if evaluates else group.hosts
    port = port_of(env.environ, _PORT, _MASTER_PORT if servers else _MIRRORED_PORT)
    places = _places(hosts, port, step=2 if servers else 1)
    cluster = {leader: places} if leader == "worker" else {leader: places[:1], "worker": places[1:]}
    if servers:
        cluster["ps"] = _places(group.hosts[: len(hosts)], port + 1, step=2)
    task = {"type": "evaluator", "index": 0} if group.rank == len(hosts) else _task(leader, group.rank)
    return {"cluster": {name: found for name, found in cluster.items() if found}, "environment": "cloud", "task": task}


def server_config(config: dict[str, Any], rank: int) -> str:
    """Make the TF_CONFIG of a host's parameter server, of that of its program."""
    return json.dumps({**config, "task": {"type": "ps", "index": rank}})


def _task(leader: str, rank: int) -> dict[str, Any]:
    if leader == "worker":
        return {"type": "worker", "index": rank}
    return {"type": leader, "index": 0} if rank == 0 else {"type": "worker", "index": rank - 1}


def _places(hosts: Sequence[str], port: int, step: int) -> list[str]:
    """Give each host its address; hosts that are one machine's own addresses share its ports, so each has another."""
    apart = step if all(host.startswith(_LOOPBACK) for host in hosts) else 0
    return [f"{host}:{port + apart * rank}" for rank, host in enumerate(hosts)]
