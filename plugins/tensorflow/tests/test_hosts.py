"""Programs of several hosts: TF_CONFIG as the contract has it, and hosts that really train together."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from byoml.environment.training_env import TrainingEnv
from byoml.errors import SettingError
from byoml.launchers.groups import HostGroup
from byoml_tensorflow.framework import TensorFlow
from byoml_tensorflow.tf_config import server_config, tf_config

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.testing.container import Container

pytestmark = pytest.mark.timeout(300)

_MIRRORED = {"sagemaker_multi_worker_mirrored_strategy_enabled": "true"}
_SERVERS = {"sagemaker_parameter_server_enabled": "true"}
_HOSTS = ["algo-1", "algo-2", "algo-3"]
_PARAMETERS = """
import argparse, json, os, pathlib, time
import tensorflow as tf

parser = argparse.ArgumentParser()
parser.add_argument("--meeting", type=pathlib.Path)
done = parser.parse_args().meeting / "done"
config = json.loads(os.environ["TF_CONFIG"])
cluster, task = tf.train.ClusterSpec(config["cluster"]), config["task"]
if task["type"] == "master":
    tf.config.experimental_connect_to_cluster(cluster, job_name="master", task_index=0)
    total = 0.0
    for index in range(cluster.num_tasks("ps")):
        with tf.device(f"/job:ps/task:{index}"):
            total += float(tf.Variable(index + 1.0).read_value())
    print("parameters of all servers:", total)
    done.touch()
else:
    server = tf.distribute.Server(cluster, job_name="worker", task_index=task["index"], protocol="grpc")
    while not done.exists():
        time.sleep(0.05)
"""

_GUEST = """
from byoml.launchers.process import ProcessLauncher
from byoml.plugin import hookimpl

class Tells(ProcessLauncher):
    def launch(self, job):
        print("launched by the guest", flush=True)
        return super().launch(job)

@hookimpl
def byoml_select_launcher(env):
    return Tells()
"""


def read(container: Container, host: str, hyperparameters: dict[str, Any], **variables: str) -> TrainingEnv:
    resources = {"current_host": host, "hosts": _HOSTS}
    container.write({"input/config/resourceconfig.json": resources})
    container.write({"input/config/hyperparameters.json": hyperparameters})
    return TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(container.paths.base), **variables})


def config_of(env: TrainingEnv) -> Any:
    return json.loads(TensorFlow().env_vars(env)["TF_CONFIG"])


def test_parameter_servers_are_told_as_awss_container_tells_them(container: Container) -> None:
    """The first host is the master, the others workers, and each has a server beside its program (5.7)."""
    cluster = {
        "master": ["algo-1:2222"],
        "ps": ["algo-1:2223", "algo-2:2223", "algo-3:2223"],
        "worker": ["algo-2:2222", "algo-3:2222"],
    }
    tasks = [{"type": "master", "index": 0}, {"type": "worker", "index": 0}, {"type": "worker", "index": 1}]

    for host, task in zip(_HOSTS, tasks, strict=True):
        assert config_of(read(container, host, _SERVERS)) == {"cluster": cluster, "environment": "cloud", "task": task}
    assert json.loads(server_config({"cluster": cluster}, 2))["task"] == {"type": "ps", "index": 2}


def test_mirrored_workers_are_told_as_awss_container_tells_them(container: Container) -> None:
    """All hosts are workers on port 8890 (5.7)."""
    said = config_of(read(container, "algo-2", _MIRRORED))

    workers = [f"{host}:8890" for host in _HOSTS]
    task = {"type": "worker", "index": 1}
    assert said == {"cluster": {"worker": workers}, "environment": "cloud", "task": task}


def test_the_first_host_may_be_the_chief_and_the_last_one_the_evaluator(container: Container) -> None:
    """Newer TensorFlow knows a chief; an evaluator is no part of the cluster."""
    variables = {"BYOML_TF_LEADER": "chief", "BYOML_TF_EVALUATOR": "1", "BYOML_TF_PORT": "5000"}
    cluster = {"chief": ["algo-1:5000"], "worker": ["algo-2:5000"]}
    tasks = [("chief", 0), ("worker", 0), ("evaluator", 0)]

    for host, (kind, index) in zip(_HOSTS, tasks, strict=True):
        said = config_of(read(container, host, _MIRRORED, **variables))
        assert (said["cluster"], said["task"]) == (cluster, {"type": kind, "index": index})
    with pytest.raises(SettingError, match="BYOML_TF_LEADER is 'king'"):
        TensorFlow().env_vars(read(container, "algo-1", _SERVERS, BYOML_TF_LEADER="king"))


def test_addresses_of_one_machine_get_a_port_each(container: Container) -> None:
    """TensorFlow listens on all addresses of a machine, so hosts that share it cannot share a port."""
    env = read(container, "algo-1", _SERVERS)

    cluster = tf_config(env, HostGroup(("127.0.0.1", "127.0.0.2"), "127.0.0.1"))["cluster"]

    assert cluster == {
        "master": ["127.0.0.1:2222"],
        "worker": ["127.0.0.2:2224"],
        "ps": ["127.0.0.1:2223", "127.0.0.2:2225"],
    }


@pytest.mark.parametrize("hyperparameters", [{}, {"sagemaker_parameter_server_enabled": "false"}])
def test_a_job_that_does_not_ask_has_no_tf_config(container: Container, hyperparameters: dict[str, Any]) -> None:
    """And one that brings its own keeps it."""
    assert "TF_CONFIG" not in TensorFlow().env_vars(read(container, "algo-1", hyperparameters))
    assert "TF_CONFIG" not in TensorFlow().env_vars(read(container, "algo-1", _SERVERS, TF_CONFIG="{}"))


def test_hosts_outside_the_distribution_groups_have_no_tf_config(container: Container) -> None:
    """Where AWS's container stumbles over it (5.7), they run their program alone."""
    groups = [{"instance_group_name": name, "hosts": [host]} for name, host in (("a", "algo-1"), ("b", "algo-2"))]
    resources = {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"], "instance_groups": groups}
    container.write({"input/config/resourceconfig.json": {**resources, "current_group_name": "b"}})
    said = {**_SERVERS, "sagemaker_distribution_instance_groups": ["a"]}
    container.write({"input/config/hyperparameters.json": said})
    env = TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(container.paths.base)})

    assert "TF_CONFIG" not in TensorFlow().env_vars(env)
    assert TensorFlow().launcher(env) is None


def test_each_job_of_a_tuning_gets_a_model_dir_of_its_own(container: Container) -> None:
    """Below the one that all are told; a folder of the container stays (5.7)."""
    container.write({"code/train.py": "import sys\nprint(sys.argv[1:])\n"})
    for said, expected in (("s3://bucket/all", "s3://bucket/all/job-7/model"), ("/opt/ml/model", "/opt/ml/model")):
        container.write({"input/config/hyperparameters.json": {"model_dir": said, "_tuning_objective_metric": "loss"}})
        outcome = container.train({"BYOML_FRAMEWORK": "tensorflow", "TRAINING_JOB_NAME": "job-7"})
        assert outcome.stdout.decode() == f"{['--model_dir', expected]}\n"


def test_a_changed_command_is_started_by_the_launcher_that_a_plugin_selects(
    container: Container, tmp_path: Path
) -> None:
    """To change what is run says nothing of how: another plugin is asked as in any other job."""
    info = tmp_path / "guest/guest-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: guest\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[byoml]\nguest = guest_hooks\n")
    (tmp_path / "guest/guest_hooks.py").write_text(_GUEST)
    container.write({"code/train.py": "import sys\nprint(sys.argv[1:])\n"})
    said = {"model_dir": "s3://bucket/all", "_tuning_objective_metric": "loss"}
    container.write({"input/config/hyperparameters.json": said})

    variables = {"BYOML_FRAMEWORK": "tensorflow", "TRAINING_JOB_NAME": "job-7"}
    outcome = container.train({**variables, "PYTHONPATH": str(tmp_path / "guest")})

    printed = f"launched by the guest\n{['--model_dir', 's3://bucket/all/job-7/model']}\n"
    assert outcome.stdout.decode() == printed, outcome.stderr


def test_each_host_serves_parameters_until_all_programs_have_ended(tmp_path: Path, free_ports: int) -> None:
    """The master keeps a variable on each host's server and reads it again."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source/train.py").write_text(_PARAMETERS)
    said = {**_SERVERS, "meeting": str(tmp_path)}
    options = ["--source", "source", "--entry-point", "train.py", "--hosts", "2", "--output", "job"]
    options += [word for name, value in said.items() for word in ("--hp", f"{name}={value}")]
    command = [sys.executable, "-m", "byoml", "local", "train", "--framework", "tensorflow", *options]

    done = subprocess.run(
        [*command, "--env", f"BYOML_TF_PORT={free_ports}", "--env", f"BYOML_STATUS_PORT={free_ports + 4}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "parameters of all servers: 3.0" in done.stdout
