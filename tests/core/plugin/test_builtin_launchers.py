"""Which launcher a job gets, and the command that it makes."""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from byoml.child import Stopper
from byoml.environment.training_env import TrainingEnv
from byoml.errors import SettingError
from byoml.launcher_errors import LauncherProgramError, SecretMissingError
from byoml.launchers.mpi import MpiLauncher
from byoml.launchers.torchrun import TorchrunLauncher
from byoml.plugin.builtin_launchers import byoml_select_launcher
from byoml.plugin.values import TrainingJob

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.plugin.values import Launcher

_TWO = {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]}
_NAMED = {"TRAINING_JOB_NAME": "job"}


def _select(
    base: Path, hyperparameters: dict[str, str], environ: dict[str, str], drivers: object = None, **resources: Any
) -> Launcher | None:
    config = base / "input/config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    (config / "resourceconfig.json").write_text(json.dumps(resources))
    if drivers is not None:
        folder = base / "input/data/sm_drivers"
        folder.mkdir(parents=True)
        (folder / "distributed.json").write_text(json.dumps(drivers))
    return byoml_select_launcher(TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(base), **environ}))


def _job(folder: Path, *command: str) -> TrainingJob:
    return TrainingJob(command or (sys.executable, "train.py", "--epochs", "3"), folder, {"PATH": ""}, Stopper())


@pytest.mark.parametrize(
    ("hyperparameters", "drivers", "name"),
    [
        ({}, None, None),
        ({}, {}, None),
        ({"sagemaker_mpi_enabled": "true"}, None, "mpi"),
        ({"sagemaker_mpi_enabled": "True"}, None, "mpi"),
        ({"sagemaker_mpi_enabled": "false"}, None, None),
        ({"sagemaker_use_mpi": "true"}, None, "mpi"),
        ({"sagemaker_torch_distributed_enabled": "true"}, None, "torchrun"),
        ({"sagemaker_pytorch_ddp_enabled": "true"}, None, "torchrun"),
        ({"sagemaker_mpi_enabled": "true", "sagemaker_torch_distributed_enabled": "true"}, None, "mpi"),
        ({}, {"process_count_per_node": None, "smp": None}, "torchrun"),
        ({}, {"process_count_per_node": 2, "mpi_additional_options": ["-x", "A"]}, "mpi"),
        ({"sagemaker_mpi_enabled": "true"}, {"smp": None}, "mpi"),
    ],
)
def test_the_job_says_which_launcher(
    tmp_path: Path, hyperparameters: dict[str, str], drivers: object, name: str | None
) -> None:
    """Hyperparameters before SDK v3's file, MPI before torchrun; none where none is switched on."""
    launcher = _select(tmp_path, hyperparameters, {}, drivers)
    assert (launcher.name if launcher else None) == name


def test_mpi_over_hosts_without_a_name_for_the_job_is_refused(tmp_path: Path) -> None:
    """Hosts could not tell each other from strangers."""
    with pytest.raises(SecretMissingError, match="TRAINING_JOB_NAME"):
        _select(tmp_path, {"sagemaker_mpi_enabled": "true"}, {}, **_TWO)


def test_mpiruns_command(tmp_path: Path) -> None:
    """Slots, count, network and custom options, split with quotes; no value of a variable, and no ssh."""
    hyperparameters = {
        "sagemaker_mpi_enabled": "true",
        "sagemaker_mpi_num_of_processes_per_host": "2",
        "sagemaker_mpi_custom_mpi_options": "-x NCCL_DEBUG=WARN --output-filename 'a b'",
    }
    launcher = _select(tmp_path, hyperparameters, _NAMED, **_TWO)
    assert isinstance(launcher, MpiLauncher)
    command = launcher.command(_job(tmp_path), "eth7")
    assert command[:5] == ("mpirun", "--host", "algo-1:2,algo-2:2", "-np", "4")
    text = " ".join(command)
    for part in (
        "--allow-run-as-root --display-map --tag-output",
        "--mca btl_tcp_if_include eth7",
        "--mca oob_tcp_if_include eth7",
        "--mca plm_rsh_no_tree_spawn 1",
        "--mca pml ob1",
        "--mca btl ^openib",
        "--mca orte_abort_on_non_zero_status 1",
        "--mca btl_vader_single_copy_mechanism none",
        "-bind-to none -map-by slot -x NCCL_DEBUG=WARN",
    ):
        assert part in text
    assert f"{sys.executable} -m byoml.launchers.mpi_agent" in command
    assert "a b" in command
    mpi4py = ("-m", "mpi4py") if importlib.util.find_spec("mpi4py") else ()
    program = (sys.executable, *mpi4py, "train.py", "--epochs", "3")
    assert command[-len(program) :] == program


@pytest.mark.parametrize(
    ("hyperparameters", "slots", "count"),
    [
        ({"sagemaker_mpi_enabled": "true"}, "algo-1,algo-2", "2"),
        ({"sagemaker_mpi_enabled": "true", "sagemaker_mpi_num_processes": "3"}, "algo-1,algo-2", "3"),
        (
            {"sagemaker_use_mpi": "true", "sagemaker_process_slots_per_host": "4", "sagemaker_num_processes": "6"},
            "algo-1:4,algo-2:4",
            "6",
        ),
    ],
)
def test_mpiruns_slots_and_count(tmp_path: Path, hyperparameters: dict[str, str], slots: str, count: str) -> None:
    """One slot is not written; the whole count can be said; Chainer's names mean the same."""
    launcher = _select(tmp_path, hyperparameters, _NAMED, **_TWO)
    assert isinstance(launcher, MpiLauncher)
    assert launcher.command(_job(tmp_path), "eth0")[1:5] == ("--host", slots, "-np", count)


def test_a_program_that_is_no_python_runs_under_mpirun_as_it_is(tmp_path: Path) -> None:
    """mpi4py is for Python alone."""
    launcher = _select(tmp_path, {"sagemaker_mpi_enabled": "true"}, {})
    assert isinstance(launcher, MpiLauncher)
    assert launcher.command(_job(tmp_path, "/bin/sh", "./run.sh", "-k"), "eth0")[-3:] == ("/bin/sh", "./run.sh", "-k")


@pytest.mark.parametrize("program", [("train.py",), ("-m", "pkg.train")])
def test_torchruns_command(tmp_path: Path, program: tuple[str, ...]) -> None:
    """Every host names the master and its own rank; scripts and modules both run."""
    hyperparameters = {"sagemaker_torch_distributed_enabled": "true", "sagemaker_mpi_num_of_processes_per_host": "4"}
    launcher = _select(tmp_path, hyperparameters, _NAMED, **_TWO)
    assert isinstance(launcher, TorchrunLauncher)
    size = ("--nnodes", "2", "--nproc_per_node", "4")
    meeting = ("--master_addr", "algo-1", "--master_port", "7777", "--node_rank", "1")
    command = launcher.command(_job(tmp_path, sys.executable, *program, "-k", "v"))
    assert command == (sys.executable, "-m", "torch.distributed.run", *size, *meeting, *program, "-k", "v")


def test_torchrun_on_one_host_meets_nobody(tmp_path: Path) -> None:
    """No address, port or rank is given."""
    launcher = _select(tmp_path, {"sagemaker_torch_distributed_enabled": "true"}, {})
    assert isinstance(launcher, TorchrunLauncher)
    assert launcher.command(_job(tmp_path, sys.executable, "train.py"))[3:] == (
        "--nnodes",
        "1",
        "--nproc_per_node",
        "1",
        "train.py",
    )


def test_torchruns_options_come_from_variables(tmp_path: Path) -> None:
    """A rendezvous takes the place of fixed ranks; Neuron's compiler goes first."""
    environ = {
        **_NAMED,
        "BYOML_TORCHRUN_RDZV_BACKEND": "c10d",
        "BYOML_TORCHRUN_MASTER_PORT": "29501",
        "BYOML_TORCHRUN_MAX_RESTARTS": "3",
        "RUN_NEURON_PARALLEL_COMPILE": "1",
    }
    launcher = _select(tmp_path, {"sagemaker_torch_distributed_enabled": "true"}, environ, **_TWO)
    assert isinstance(launcher, TorchrunLauncher)
    command = launcher.command(_job(tmp_path, sys.executable, "train.py"))
    assert command[0] == "neuron_parallel_compile"
    options = ("--rdzv_backend", "c10d", "--rdzv_endpoint", "algo-1:29501", "--rdzv_id", "job", "--max_restarts", "3")
    assert command[8:] == (*options, "train.py")


@pytest.mark.parametrize(
    ("name", "value"), [("BYOML_TORCHRUN_MAX_RESTARTS", "often"), ("BYOML_TORCHRUN_MASTER_PORT", "0")]
)
def test_an_option_that_cannot_be_is_an_error_that_names_it(tmp_path: Path, name: str, value: str) -> None:
    """Before anything is started."""
    with pytest.raises(SettingError, match=name):
        _select(tmp_path, {"sagemaker_torch_distributed_enabled": "true"}, {**_NAMED, name: value})


def test_torchrun_refuses_a_shell_script(tmp_path: Path) -> None:
    """The error tells what would be right."""
    launcher = _select(tmp_path, {"sagemaker_torch_distributed_enabled": "true"}, {})
    assert isinstance(launcher, TorchrunLauncher)
    with pytest.raises(LauncherProgramError, match=r"cannot start './run.sh'; it must be a Python script"):
        launcher.launch(_job(tmp_path, "/bin/sh", "./run.sh"))
