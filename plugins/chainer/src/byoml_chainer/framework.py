"""Chainer as byoml's framework: how its models are served, and how programs that use it are run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from byoml.plugin import Capabilities, Framework, ImageRecipe
from byoml.source.entry_point import EntryPoint

from byoml_chainer import model_files, reading, shim

if TYPE_CHECKING:
    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin import Context
    from byoml.plugin.values import Launcher
    from numpy.typing import NDArray

    from byoml_chainer.predicting import Served

__all__ = ["Chainer"]

_NPY = "application/x-npy"
_SHIM = Path(__file__).parent / "in_child"
_LAUNCHERS = (
    *("sagemaker_use_mpi", "sagemaker_mpi_enabled"),
    *("sagemaker_pytorch_ddp_enabled", "sagemaker_torch_distributed_enabled"),
)


class Chainer(Framework):
    """Networks in npz files, asked by arrays; VGG for pictures where the user gives no script."""

    name: ClassVar[str] = "chainer"
    capabilities = Capabilities(batchable=True, thread_safe=True, fork_safe=True, trains=True)
    default_content_type = _NPY
    default_accept = _NPY
    content_types = (_NPY, *reading.TABLES, *reading.IMAGES)
    accepts = (_NPY, *reading.TABLES)

    # training

    def env_vars(self, env: TrainingEnv) -> dict[str, str]:
        return {"PYTHONPATH": shim.python_path(_SHIM, env.paths.code, env.environ)}

    def launcher(self, env: TrainingEnv) -> Launcher | None:
        """Choose MPI for several hosts, unless the job says otherwise (contract/training 5.9)."""
        from byoml.environment.sm_drivers import DriverFiles
        from byoml.launchers.groups import HostGroup
        from byoml.plugin.builtin_launchers import mpi_launcher

        drivers = DriverFiles.read(env.paths)
        said = (
            drivers.uses_mpi
            or drivers.uses_torchrun
            or any(name in env.hyperparameters.framework for name in _LAUNCHERS)
        )
        group = HostGroup.of(env)
        if said or len(group.hosts) == 1 or not group.takes_part:
            return None
        return mpi_launcher(env, group)

    def default_entry_point(self, env: TrainingEnv) -> EntryPoint:
        return EntryPoint.module("byoml_chainer.train", env.paths.code)

    def check_model_dir(self, model_dir: Path) -> list[str]:
        if self.recognizes(model_dir):
            return []
        return [f"{model_dir} has no file *.npz, so this plugin cannot serve what the job left"]

    # serving

    def recognizes(self, model_dir: Path) -> bool:
        return bool(model_files.candidates(model_dir))

    def before_script(self) -> None:
        shim.apply_when_asked()

    def model_fn(self, model_dir: Path) -> Served:
        from byoml_chainer.predicting import Served

        return Served(*model_files.load(model_dir))

    def input_fn(self, body: bytes, content_type: str, context: Context) -> NDArray[Any]:
        return reading.read(body, content_type, context.codecs)

    def predict_fn(self, data: Any, model: Any) -> Any:
        from byoml_chainer.predicting import predict

        return predict(data, model)

    # image

    def image(self) -> ImageRecipe:
        return ImageRecipe(
            requirements=("byoml-chainer[mpi]",),
            apt_packages=("openmpi-bin",),
            build_constraints=("setuptools<81",),
        )
