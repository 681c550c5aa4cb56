"""What runs a host's program: this machine itself, or Docker with an image; the roads of `byoml local` do not tell."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from byoml.local.hosts import host_names
from byoml.local.place import Place, choose, warn_of
from byoml.local.scripts import console_script
from byoml.local.tree import Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Data", "Processes", "Runner", "Start", "chosen"]


class Start(NamedTuple):
    """How a program is started.

    Args:
        command: The argument vector.
        variables: Its whole environment.
    """

    command: tuple[str, ...]
    variables: Mapping[str, str]


class Data(NamedTuple):
    """A file or folder of the user's that stands in a tree.

    Args:
        place: Where, relative to the tree.
        path: Where it really lies.
    """

    place: str
    path: Path


class Runner(Protocol):
    """Starts the programs of hosts."""

    @property
    def environ(self) -> Mapping[str, str] | None:
        """What programs inherit of the user's environment; None: nothing."""

    def site(self, count: int) -> Site:
        """Tell what hosts will find around them.

        Args:
            count: How many there are.
        """

    def base(self, tree: Path) -> Path:
        """Tell where a program finds its tree."""

    def warn(self, tree: Path, code: Path, shown_as: Path | None) -> None:
        """Name what in the user's code will not find what it looks for."""

    def start(
        self, words: Sequence[str], tree: Path, variables: Mapping[str, str], host: str = "", data: Sequence[Data] = ()
    ) -> Start:
        """Tell how a program of a container, such as `train`, is started for a host."""

    def publish(self, port: int) -> tuple[Runner, int]:
        """Make a server reachable at a port of this machine; gives the port that it shall listen on."""


@dataclass(frozen=True)
class Processes:
    """Programs are processes of this machine, with byoml's console scripts.

    Args:
        environ: The user's environment.
        mounted: Whether each finds its tree at `/opt/ml`.
    """

    environ: Mapping[str, str]
    mounted: bool

    def site(self, count: int) -> Site:
        return Site(host_names(count), "lo")  # the hosts are addresses of the loopback interface

    def base(self, tree: Path) -> Path:
        return Place(tree, self.mounted).base

    def warn(self, tree: Path, code: Path, shown_as: Path | None) -> None:
        if not self.mounted:
            warn_of(tree, code, shown_as)

    def start(
        self, words: Sequence[str], tree: Path, variables: Mapping[str, str], host: str = "", data: Sequence[Data] = ()
    ) -> Start:
        script = console_script(words[0], self.environ.get("PATH"))
        return Start(Place(tree, self.mounted).command((str(script), *words[1:])), variables)

    def publish(self, port: int) -> tuple[Processes, int]:
        return self, port


@contextmanager
def chosen(
    word: str, image: str | None, environ: Mapping[str, str], hosts: int = 1, linked: Sequence[Path] = ()
) -> Iterator[Runner]:
    """Choose the runner of a job or an endpoint, and clean up after it.

    Args:
        word: The program that will run, such as `train`.
        image: The image whose programs run; None: those of this machine.
        environ: The user's environment.
        hosts: How many hosts take part.
        linked: Folders of the user's that a tree will link to.

    Yields:
        The runner.

    Raises:
        ScriptMissingError: The program is not installed where this Python's scripts are.
        SettingError: `BYOML_LOCAL_MOUNT` holds something else than `auto` or `never`.
        DockerMissingError: Docker cannot be used here.
        ImageMissingError: There is no such image.
    """
    if image is None:
        console_script(word, environ.get("PATH"))  # before an earlier result is removed
        yield Processes(environ, choose(environ, linked))
        return
    from byoml.local.containers import containers

    with containers(image, environ, hosts) as runner:
        yield runner
