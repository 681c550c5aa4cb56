"""Which GPU a model computes with, where many models share one process."""

from __future__ import annotations

from threading import Lock

__all__ = ["Devices"]


class Devices:
    """The GPUs of the container, each with the number of models that it has.

    Args:
        gpus: How many there are.
    """

    def __init__(self, gpus: int) -> None:
        self._models = [0] * gpus
        self._lock = Lock()

    def take(self) -> str:
        """Choose the GPU with the fewest models, the first of equals.

        Returns:
            It, as torch writes it: `cuda:0`; `cpu` where there is none.
        """
        with self._lock:
            if not self._models:
                return "cpu"
            number = self._models.index(min(self._models))
            self._models[number] += 1
            return f"cuda:{number}"

    def give_back(self, device: str) -> None:
        """Tell that a model is unloaded, or could not be loaded."""
        with self._lock:
            if device != "cpu":
                self._models[int(device.removeprefix("cuda:"))] -= 1
