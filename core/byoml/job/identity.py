"""Which host and which rank a process of the job is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from byoml.environment.config_files import read_config
from byoml.environment.paths import ContainerPaths

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Identity", "identity"]

# As torchrun, Open MPI and other MPIs say it.
_RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK")


class Identity(NamedTuple):
    """A process of the job.

    Args:
        host: The host's name, as the job has it.
        rank: The global rank; None where no launcher has given one.
    """

    host: str
    rank: int | None


def identity(environ: Mapping[str, str]) -> Identity:
    """Tell who this process is.

    Args:
        environ: Its environment variables.

    Returns:
        Its host, by `SM_CURRENT_HOST` or else resourceconfig.json, and its rank.

    Raises:
        UnreadableConfigFileError: resourceconfig.json does not parse.
    """
    said = [environ.get(name, "") for name in _RANKS]
    rank = next((int(text) for text in said if text.isdecimal()), None)
    return Identity(environ.get("SM_CURRENT_HOST") or _configured_host(environ), rank)


def _configured_host(environ: Mapping[str, str]) -> str:
    config = read_config(ContainerPaths.from_environ(environ).input_config, "resourceconfig.json")
    return str(config.get("current_host") or "localhost")
