"""The one exception tree: the class says who must act, the constructor takes data and words the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "ByomlError",
    "ConfigurationError",
    "ContainerError",
    "EntryPointMissingError",
    "ExtraMissingError",
    "FolderUnwritableError",
    "HostUnreachableError",
    "InstallError",
    "LoadTimeoutError",
    "ModelFilesError",
    "NothingToProcessError",
    "NothingToTrainError",
    "PipMissingError",
    "PrivateIndexError",
    "S3SettingError",
    "SettingError",
    "SourceError",
    "UnreadableConfigFileError",
    "UnreadableProjectError",
    "UserCodeError",
    "UserModuleError",
]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


class ByomlError(Exception):
    """Anything byoml can explain; `exit_code` is what the container ends with."""

    exit_code: int = 1


class ContainerError(ByomlError):
    """The tree under `/opt/ml` is not as the platform promises."""


class UnreadableConfigFileError(ContainerError):
    """A config file exists and does not parse.

    Args:
        path: The file.
        reason: What the parser says.
        line: One-based line, 0 where the whole file has the wrong shape.
        column: One-based column.
    """

    def __init__(self, path: Path, reason: str, line: int = 0, column: int = 0) -> None:
        place = f"{path}, line {line}, column {column}" if line else str(path)
        super().__init__(f"{place}: {reason}; the file must hold one JSON object")


class FolderUnwritableError(ContainerError):
    """A folder that the job cannot do without can neither be found nor made."""

    def __init__(self, folder: Path, cause: OSError) -> None:
        super().__init__(
            f"{folder} is not there and cannot be made ({cause.strerror or cause}); "
            "make it when the image is built, or let the container's user write below its parent"
        )


class HostUnreachableError(ContainerError):
    """Peers of this host did not become reachable by name in time."""

    def __init__(self, hosts: Iterable[str], seconds: float) -> None:
        super().__init__(
            f"no address found for {_listed(hosts)} within {seconds:g} s; are all hosts of resourceconfig.json "
            "started, and in one network? BYOML_PEER_TIMEOUT_SECONDS sets how long to wait"
        )


class ConfigurationError(ByomlError):
    """A value that the user sent is wrong or missing."""


class SettingError(ConfigurationError):
    """One variable, hyperparameter or option has a value that is not allowed.

    Args:
        name: Its name, as the user writes it.
        value: What was found.
        allowed: What would be right, in words.
    """

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(f"{name} is {value!r}; it must be {allowed}")


class EntryPointMissingError(ConfigurationError):
    """The entry point was named, and is not there."""

    def __init__(self, name: str, said_by: str, folders: Iterable[Path], found: Iterable[str]) -> None:
        super().__init__(
            f"entry point {name!r} (from {said_by}) is not in {_listed(str(folder) for folder in folders)}; "
            f"files there: {_listed(sorted(found)[:20])}"
        )


class NothingToTrainError(ConfigurationError):
    """There is neither a script nor a framework with an algorithm of its own."""

    def __init__(self, code_dir: Path, frameworks: Iterable[str]) -> None:
        super().__init__(
            "nothing to train: set SAGEMAKER_PROGRAM (or the hyperparameter sagemaker_program) to your script, "
            f"put it at {code_dir}/train.py, or set BYOML_FRAMEWORK to a framework with an algorithm of its own "
            f"(installed: {_listed(sorted(frameworks))})"
        )


class NothingToProcessError(ConfigurationError):
    """There is neither a script nor a framework with a processing program of its own."""

    def __init__(self, folder: Path, found: Iterable[str]) -> None:
        super().__init__(
            "nothing to process: name your script as the first argument of `processing`, or in BYOML_PROCESS_PROGRAM; "
            f"without a name, processing.py or the only script in {folder} is run (scripts there: {_listed(found)})"
        )


class SourceError(ConfigurationError):
    """The submit directory cannot be fetched."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(f"submit directory {uri!r}: {reason}")
        self.reason = reason


class ExtraMissingError(ConfigurationError):
    """What the user asks for needs an extra of byoml that is not installed."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f"{what} needs {package}, which is not installed; `pip install byoml[{extra}]` brings it")


class S3SettingError(ConfigurationError):
    """What the environment says about S3 cannot be used: its address, its region, a profile."""

    def __init__(self, what: str, cause: Exception) -> None:
        super().__init__(f"{what}: S3 cannot be asked: {cause}")


class PrivateIndexError(ConfigurationError):
    """A CodeArtifact repository is named as AWS's toolkit takes it, and no index that pip could ask."""

    def __init__(self, what: Path, arn: str) -> None:
        super().__init__(
            f"{what} asks for packages and CA_REPOSITORY_ARN names {arn}, but nothing gives the index: set "
            "PIP_INDEX_URL=https://aws:TOKEN@DOMAIN-OWNER.d.codeartifact.REGION.amazonaws.com/pypi/REPOSITORY/simple/ "
            "(`aws codeartifact get-authorization-token` prints the token), or unset CA_REPOSITORY_ARN to use PyPI"
        )


class UnreadableProjectError(ConfigurationError):
    """The `pyproject.toml` beside the user's code cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


class PipMissingError(ConfigurationError):
    """The user's code needs packages, and this Python has no pip that could install them."""

    def __init__(self, what: Path, python: str) -> None:
        super().__init__(
            f"{what} asks for packages, and {python} has no pip to install them with; "
            "put pip into the image, or install them when the image is built and remove the file"
        )


class ModelFilesError(ConfigurationError):
    """The model folder does not hold what the framework loads."""

    def __init__(self, model_dir: Path, wanted: str, found: Iterable[str]) -> None:
        super().__init__(f"{model_dir} has no {wanted}; files there: {_listed(sorted(found)[:20])}")


class LoadTimeoutError(ConfigurationError):
    """The model takes longer to load than it may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"it is not there after {seconds:g} s; SAGEMAKER_STARTUP_TIMEOUT sets how long loading may take"
        )


class UserCodeError(ByomlError):
    """A program of the user ended with an error.

    Args:
        summary: The line that says most, such as the exception line.
        exit_code: The container's exit code, 1..255.
        stderr_tail: The end of what the program wrote to stderr.
    """

    def __init__(self, summary: str, exit_code: int = 1, stderr_tail: str = "") -> None:
        super().__init__(summary)
        self.exit_code = exit_code
        self.stderr_tail = stderr_tail


class InstallError(UserCodeError):
    """pip or uv could not install what the user's code needs; always exit code 1, as it fails before the program."""

    def __init__(self, what: Path, exit_code: int, stderr_tail: str, tool: str = "pip") -> None:
        super().__init__(f"could not install {what} ({tool} ended with {exit_code})", 1, stderr_tail)


class UserModuleError(UserCodeError):
    """The user's module cannot be imported, or its functions do not fit together."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
