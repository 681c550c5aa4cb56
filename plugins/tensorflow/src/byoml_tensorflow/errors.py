"""What can go wrong here beside what core knows: each class says who must act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.errors import ConfigurationError, UserCodeError
from byoml.request_errors import MalformedPayload, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "HandlerPairError",
    "NoEstimatorsError",
    "NoVideosError",
    "UnknownModel",
    "UnreadableModelError",
    "UnreadableVideoError",
    "WrongInputs",
    "WrongShape",
]


def _any(shape: Iterable[int | None]) -> str:
    return " x ".join("any" if size is None else str(size) for size in shape)


class UnreadableModelError(ConfigurationError):
    """A file or folder is no model that can be loaded here."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} cannot be served ({reason}); it must be a SavedModel with a signature, as `model.export` and "
            "`tf.saved_model.save` write it, or a whole model saved as .keras or .h5"
        )


class NoEstimatorsError(UserCodeError):
    """A script is written for tf.estimator, which this TensorFlow no longer has."""

    def __init__(self, script: str, version: str) -> None:
        super().__init__(
            f"{script} is written for tf.estimator, which TensorFlow {version} does not have; "
            "the last that has it is 2.15: pip install 'tensorflow-cpu==2.15.*' on Python 3.10 or 3.11"
        )


class HandlerPairError(UserCodeError):
    """The functions of a script written for TensorFlow Serving's container do not make a whole."""

    def __init__(self, found: str, reason: str) -> None:
        super().__init__(f"the script has {found}, {reason}; write both input_handler and output_handler")


class UnreadableVideoError(ConfigurationError):
    """A file is no video, or its class cannot be told."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")


class NoVideosError(ConfigurationError):
    """No video of a processing job gave a clip."""

    def __init__(self, folders: Iterable[Path], reasons: Iterable[str]) -> None:
        places = ", ".join(map(str, folders)) or "any input"
        why = "; ".join(reasons) or "no file there ends in .mp4, .avi, .webm or .npz"
        super().__init__(f"no clip could be made of what lies in {places}: {why}")


class UnknownModel(RequestError):  # noqa: N818  named as the other errors of requests are
    """A request names a model, a version, a signature or a method that is not there."""

    status = 404
    type = "NotFound"

    def __init__(self, kind: str, name: str, there: Iterable[object]) -> None:
        super().__init__(f"there is no {kind} {name!r}; there are {', '.join(map(str, there)) or 'none'}")


class WrongShape(MalformedPayload):
    """The rows of a request have another shape than the model takes."""

    type = "MalformedPayload"

    def __init__(self, name: str, expected: Iterable[int | None], got: Iterable[int]) -> None:
        # The body is well formed; only its shape is wrong, so the parent's words do not fit.
        super(MalformedPayload, self).__init__(
            f"the model's input {name!r} takes {_any(expected)}; got {_any(got) or 'a single value'}"
        )


class WrongInputs(MalformedPayload):
    """A request does not give what each input of a signature needs."""

    type = "MalformedPayload"

    def __init__(self, found: Iterable[str], expected: Iterable[str], reason: str = "") -> None:
        names = ", ".join(found) or "one nameless input"
        super(MalformedPayload, self).__init__(
            f"the request gives {names}{f' ({reason})' if reason else ''}; the model takes {', '.join(expected)}"
        )
