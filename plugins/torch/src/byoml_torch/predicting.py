"""A prediction: the model in evaluation, without gradients, where its weights are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml_torch.exported_input import input_of
from byoml_torch.inputs import fitted

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["as_arrays", "predict", "with_backend"]


def predict(data: Any, model: Any) -> Any:
    """Predict examples.

    Args:
        data: A tensor or an array, examples on the first axis.
        model: A module, or whatever else can be called with a tensor.

    Returns:
        What the model gives, on the CPU: a tensor, or a tuple, list or mapping of them.

    Raises:
        WrongShape: An exported model was exported for another shape.
    """
    import torch

    wanted = input_of(model)
    # An exported model has no modes; its layers are as they were when it was exported.
    if wanted is None and getattr(model, "training", False) and isinstance(model, torch.nn.Module):
        model.eval()
    device = _device_of(model) if wanted is None else wanted.device
    with torch.inference_mode():
        return _on_cpu(model(fitted(data, wanted).to(device)))


def _device_of(model: Any) -> torch.device | str:
    """Find where a model's weights are; one without any computes on the CPU."""
    parameters = getattr(model, "parameters", None)
    first = next(iter(parameters()), None) if callable(parameters) else None
    return "cpu" if first is None else first.device


def _on_cpu(found: Any) -> Any:
    if hasattr(found, "cpu"):
        return found.cpu()
    if isinstance(found, (tuple, list)):
        return type(found)(map(_on_cpu, found)) if type(found) in (tuple, list) else tuple(map(_on_cpu, found))
    if isinstance(found, dict):
        return {name: _on_cpu(value) for name, value in found.items()}
    return found


def as_arrays(prediction: Any) -> Any:
    """Give a prediction's tensors as what codecs write.

    Args:
        prediction: What `predict` gave; or anything else, as a user's function may.

    Returns:
        Arrays in place of tensors; numbers that numpy does not have, such as bfloat16, as float32.
    """
    import torch

    if isinstance(prediction, torch.Tensor):
        tensor = prediction.detach().cpu()
        return tensor.float().numpy() if tensor.dtype == torch.bfloat16 else tensor.numpy()
    if isinstance(prediction, (tuple, list)):
        return [as_arrays(item) for item in prediction]
    if isinstance(prediction, dict):
        return {name: as_arrays(value) for name, value in prediction.items()}
    return prediction


def with_backend(model: nn.Module, backend: str) -> Any:
    """Compile a model, and let it predict once where its input is known: the first time takes long.

    Args:
        model: As it was loaded; TorchScript is compiled already, and stays as it is.
        backend: As `torch.compile` names it.

    Returns:
        The compiled model.

    Raises:
        SettingError: There is no such backend.
    """
    import torch
    from byoml.errors import SettingError

    if isinstance(model, torch.jit.ScriptModule):
        return model
    known = torch._dynamo.list_backends(None)  # noqa: SLF001  its public name is the same function
    if backend not in known:
        raise SettingError("BYOML_TORCH_COMPILE", backend, f"1, or one of {', '.join(sorted(known))}")
    compiled = torch.compile(model, backend=backend, dynamic=True)
    wanted = input_of(compiled)
    if wanted is not None and None not in wanted.shape[1:]:
        predict(torch.zeros([2, *(size or 1 for size in wanted.shape[1:])], dtype=wanted.dtype), compiled)
    return compiled
