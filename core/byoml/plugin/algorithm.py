"""What a built-in algorithm meets: the job that its program is told of, and how the program ends.

def fit(job: AlgorithmJob) -> None: ...

if __name__ == "__main__":
    sys.exit(run(fit, os.environ))
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from byoml.environment.channels import Channel
from byoml.errors import ByomlError, ConfigurationError, SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["AlgorithmJob", "ChannelMissingError", "HyperparameterError", "Problem", "TrainingRefusedError", "run"]

_CHANNEL = "SM_CHANNEL_"


class Problem(NamedTuple):
    """One hyperparameter that cannot be used.

    Args:
        key: As the user writes it.
        found: What is wrong, such as `is 'deep'` or `is missing`.
        right: What would be right, such as `it must be a whole number`.
    """

    key: str
    found: str
    right: str

    @classmethod
    def value(cls, key: str, value: object, allowed: str) -> Problem:
        return cls(key, f"is {value!r}", f"it must be {allowed}")


class HyperparameterError(ConfigurationError):
    """Hyperparameters that cannot be used, all of them at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        told = "; ".join(f"{key} {found}, {right}" for key, found, right in problems)
        super().__init__(f"hyperparameters: {told}")


class ChannelMissingError(ConfigurationError):
    """The job has no channel of a name that the algorithm needs."""

    def __init__(self, name: str, channels: Iterable[str]) -> None:
        super().__init__(
            f"there is no channel {name!r}; the job's channels: {', '.join(sorted(channels)) or 'none'}. "
            "The algorithm needs its data there"
        )


class TrainingRefusedError(ConfigurationError):
    """The library does not train with what it was given.

    Args:
        library: Such as `XGBoost`.
        reason: What it says.
    """

    def __init__(self, library: str, reason: str) -> None:
        super().__init__(f"{library} cannot train with this data and these hyperparameters: {reason}")


@dataclass(frozen=True)
class AlgorithmJob:
    """A training job as the program of a built-in algorithm is told of it, by the same variables as a user's script.

    Args:
        hyperparameters: Decoded values by key.
        channels: The training inputs by name.
        model_dir: Where the model goes.
        hosts: All hosts of the job, in the order of their ranks.
        host: The one that this program runs on.
        output_dir: Where pictures and other results go that are no model.
        checkpoint_dir: What a stopped job resumes from; the folder exists only where the job keeps checkpoints.
        gpus: How many this host has.
    """

    hyperparameters: Mapping[str, Any]
    channels: Mapping[str, Channel]
    model_dir: Path
    hosts: tuple[str, ...]
    host: str = "localhost"
    output_dir: Path = Path("/opt/ml/output/data")
    checkpoint_dir: Path = Path("/opt/ml/checkpoints")
    gpus: int = 0

    @property
    def rank(self) -> int:
        """The host's place among all, from 0; the first keeps what the job leaves."""
        return self.hosts.index(self.host)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> AlgorithmJob:
        """Read the job.

        Args:
            environ: The program's environment variables.

        Returns:
            The job; what is not said has the contract's defaults.
        """
        config = json.loads(environ.get("SM_INPUT_DATA_CONFIG") or "{}")
        names = json.loads(environ.get("SM_CHANNELS") or "[]") or _channel_names(environ)
        hosts = tuple(json.loads(environ.get("SM_HOSTS") or '["localhost"]'))
        return cls(
            json.loads(environ.get("SM_HPS") or "{}"),
            {name: _channel(name, config.get(name) or {}, environ) for name in names},
            Path(environ.get("SM_MODEL_DIR") or "/opt/ml/model"),
            hosts,
            environ.get("SM_CURRENT_HOST") or hosts[0],
            Path(environ.get("SM_OUTPUT_DATA_DIR") or "/opt/ml/output/data"),
            Path(environ.get("SM_CHECKPOINT_DIR") or "/opt/ml/checkpoints"),
            int(environ.get("SM_NUM_GPUS") or 0),
        )

    def channel(self, name: str, *others: str) -> Channel:
        """Find a channel that the algorithm cannot do without, by the first of its names that the job has.

        Args:
            name: As it is documented.
            others: What it may be called as well.

        Raises:
            ChannelMissingError: There is none.
        """
        for found in (name, *others):
            if found in self.channels:
                return self.channels[found]
        raise ChannelMissingError(name, self.channels)

    def require_one_host(self) -> None:
        """Refuse a job of several hosts, which would all train the same model; raises SettingError."""
        if len(self.hosts) > 1:
            allowed = "one host: this algorithm does not train on several yet; set the job's instance count to 1"
            raise SettingError("hosts of resourceconfig.json", list(self.hosts), allowed)


def run(algorithm: Callable[[AlgorithmJob], None], environ: Mapping[str, str]) -> int:
    """Run an algorithm as the whole of a program.

    Args:
        algorithm: Trains and leaves its model.
        environ: The program's environment variables.

    Returns:
        The exit code. An error that a user can act on is one line on stderr, without a traceback; others pass.
    """
    try:
        algorithm(AlgorithmJob.read(environ))
    except ByomlError as error:
        sys.stdout.flush()
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return error.exit_code
    return 0


def _channel_names(environ: Mapping[str, str]) -> list[str]:
    return [name.removeprefix(_CHANNEL).lower() for name in environ if name.startswith(_CHANNEL)]


def _channel(name: str, said: Mapping[str, Any], environ: Mapping[str, str]) -> Channel:
    return Channel(
        name,
        Path(environ[_CHANNEL + name.upper()]),
        str(said.get("TrainingInputMode") or "File"),
        said.get("ContentType") or None,
        str(said.get("S3DistributionType") or "FullyReplicated"),
    )
