"""PyTorch as byoml's framework: how its jobs are started, how its models are served, which program its algorithm is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from byoml.plugin import Capabilities, Framework, ImageRecipe
from byoml.source.entry_point import EntryPoint

from byoml_torch import model_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch
    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin import Context
    from byoml.plugin.values import Launcher
    from torch import nn

__all__ = ["Torch"]

_ARRAYS = ("application/json", "text/csv", "application/x-npy", "tensor/pt")
_PICTURES = ("image/png", "image/jpeg", "application/x-image")
_MASTER_PORT = "7777"
_INDUCTOR = ("1", "true", "yes", "on")
_OFF = ("", "0", "false", "no", "off")


class Torch(Framework):
    """Exported models, TorchScript and a user's own network; a small CNN where the user gives no script."""

    name: ClassVar[str] = "torch"
    capabilities = Capabilities(batchable=True, thread_safe=True, trains=True)
    content_types = (*_ARRAYS, *_PICTURES)
    accepts = _ARRAYS

    # training

    def env_vars(self, env: TrainingEnv) -> Mapping[str, str]:
        """Give what AWS's PyTorch container gives (contract/training 5.4)."""
        from importlib.metadata import version

        from byoml.environment.distribution import distribution_master

        said = {
            "MASTER_ADDR": distribution_master(env.hyperparameters, env.resources),
            "MASTER_PORT": _MASTER_PORT,
            "NCCL_SOCKET_IFNAME": env.resources.network_interface,
            "NCCL_IB_DISABLE": "1",
            "NCCL_DEBUG": "WARN",
            "SM_DLC_TORCH_VERSION": version("torch").partition("+")[0],
        }
        return {name: value for name, value in said.items() if not env.environ.get(name)}

    def launcher(self, env: TrainingEnv) -> Launcher | None:
        """Choose torchrun for the built-in algorithm on several hosts or GPUs; a script asks for it, as on AWS."""
        from byoml.source.training_program import training_program

        if len(env.resources.hosts) == 1 and env.accelerators.gpus <= 1:
            return None
        if training_program(env) is not None:
            return None
        from byoml.launchers.groups import HostGroup
        from byoml.plugin.builtin_launchers import torchrun_launcher

        group = HostGroup.of(env)
        return torchrun_launcher(env, group) if group.takes_part else None

    def default_entry_point(self, env: TrainingEnv) -> EntryPoint:
        return EntryPoint.module("byoml_torch.train", env.paths.code)

    def check_model_dir(self, model_dir: Path) -> list[str]:
        if self.recognizes(model_dir):
            return []
        return [f"{model_dir} has no {model_files.NAME} and no *.pt, so this plugin cannot serve what the job left"]

    # serving

    def recognizes(self, model_dir: Path) -> bool:
        return bool(model_files.candidates(model_dir))

    def model_fn(self, model_dir: Path, context: Context | None = None) -> nn.Module:
        # The number of threads is OMP_NUM_THREADS, the cores of each worker, which torch reads by itself.
        model = model_files.load(model_dir, context.device if context else "cpu")
        backend = os.environ.get("BYOML_TORCH_COMPILE", "").strip()
        if backend.lower() in _OFF:
            return model
        from byoml_torch.predicting import with_backend

        compiled: nn.Module = with_backend(model, "inductor" if backend.lower() in _INDUCTOR else backend)
        return compiled

    def may_batch(self, model: Any) -> bool:
        """Tell whether a model takes any number of examples; one may have been exported for a fixed one."""
        from byoml_torch.exported_input import input_of

        wanted = input_of(model)
        return wanted is None or wanted.shape[:1] == (None,)

    def input_fn(self, body: bytes, content_type: str, context: Context) -> torch.Tensor:
        from byoml_torch.inputs import read

        return read(body, content_type, context.codecs)

    def predict_fn(self, data: Any, model: Any) -> Any:
        from byoml_torch.predicting import predict

        return predict(data, model)

    def output_fn(self, prediction: Any, accept: str, context: Context) -> tuple[bytes, str]:
        from byoml_torch.predicting import as_arrays

        return context.codecs.encode(as_arrays(prediction), accept), accept

    # image

    def image(self) -> ImageRecipe:
        return ImageRecipe(requirements=("byoml-torch",))
