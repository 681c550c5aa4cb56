"""byoml: bring your own ML to a SageMaker-compatible container, and run the same thing at home.

A program that runs in a job may ask for what stands in `__all__`; each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from byoml.job import checkpoints
    from byoml.job.hyperparameters import hyperparameters
    from byoml.job.metrics import log_metric
    from byoml.job.pipe import channel
    from byoml.job.stopping import on_stop, should_stop
    from byoml.request_errors import HTTPError

__all__ = [
    "HTTPError",
    "__version__",
    "channel",
    "checkpoints",
    "hyperparameters",
    "log_metric",
    "on_stop",
    "should_stop",
]

__version__ = "0.1.0"

_ROOMS = {
    "HTTPError": "request_errors",
    "channel": "job.pipe",
    "checkpoints": "job.checkpoints",
    "hyperparameters": "job.hyperparameters",
    "log_metric": "job.metrics",
    "on_stop": "job.stopping",
    "should_stop": "job.stopping",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module 'byoml' has no attribute {name!r}")
    from importlib import import_module

    room = import_module(f"byoml.{_ROOMS[name]}")
    return room if name == "checkpoints" else getattr(room, name)


def __dir__() -> list[str]:
    return sorted(__all__)
