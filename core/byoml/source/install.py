"""Install what the user's code needs, before it runs (contract/training 4.3)."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.child import Stopped, run
from byoml.errors import InstallError, PrivateIndexError, SettingError
from byoml.log import MASK
from byoml.source.project import dependencies, is_package

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.child import Stopper
    from byoml.source.entry_point import EntryPoint

__all__ = ["install", "install_requirements"]

_log = logging.getLogger("byoml.source")
_STDERR = 2
_WHEELHOUSE = "BYOML_WHEELHOUSE"
_CODE_ARTIFACT = "CA_REPOSITORY_ARN"
_IN_URL = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_REQUIREMENTS = "requirements.txt"


def install_requirements(
    code_dir: Path,
    variables: Mapping[str, str],
    stopper: Stopper,
    wheels: Path | None = None,
    named: str | None = None,
) -> None:
    """Install what a code folder says that it needs: `requirements.txt`, or the dependencies of `pyproject.toml`.

    Args:
        code_dir: The folder.
        variables: pip's environment.
        stopper: Passes signals on to pip.
        wheels: A folder of wheels that stands for the index; `BYOML_WHEELHOUSE` wins over it, a folder `wheels` beside
            the code stands in for it.
        named: The name of the requirements file, None: `requirements.txt`, if it is there.

    Raises:
        InstallError: pip fails; it carries the end of what pip wrote.
        PipMissingError: There is no pip.
        PrivateIndexError: `CA_REPOSITORY_ARN` is set, and no index.
        SettingError: `BYOML_WHEELHOUSE` or `BYOML_INSTALLER` is wrong, or the named file is absent.
        UnreadableProjectError: `pyproject.toml` does not parse.
        Stopped: A stop was asked for meanwhile.
    """
    requirements = code_dir / (named or _REQUIREMENTS)
    tool = _Tool(variables, stopper, _wheelhouse(code_dir, variables, wheels))
    if requirements.is_file():
        if _asks(requirements):
            tool.install_file(requirements)
    elif named:
        raise SettingError("requirements of sourcecode.json", named, f"a file in {code_dir}")
    needed = dependencies(code_dir)
    if needed:
        tool.install(code_dir / "pyproject.toml", tuple(needed))


def install(
    entry_point: EntryPoint,
    variables: Mapping[str, str],
    stopper: Stopper,
    wheels: Path | None = None,
    requirements: str | None = None,
) -> None:
    """Install what an entry point needs: its requirements, and its folder where that is a package.

    Args:
        entry_point: The user's program, of any kind.
        variables: pip's environment.
        stopper: Passes signals on to pip.
        wheels: As `install_requirements` has it.
        requirements: The name of the requirements file, None: `requirements.txt`, if it is there.

    Raises:
        InstallError: pip fails; it carries the end of what pip wrote.
        PipMissingError: There is no pip.
        PrivateIndexError: `CA_REPOSITORY_ARN` is set, and no index.
        SettingError: `BYOML_WHEELHOUSE` or `BYOML_INSTALLER` is wrong, or the named file is absent.
        UnreadableProjectError: `pyproject.toml` does not parse.
        Stopped: A stop was asked for meanwhile.
    """
    folder = entry_point.code_dir
    install_requirements(folder, variables, stopper, wheels, requirements)
    if is_package(folder):
        _Tool(variables, stopper, _wheelhouse(folder, variables, wheels)).install_package(folder)


def _asks(requirements: Path) -> bool:
    """Tell whether a file has any line for pip; SDK v3's ModelBuilder always writes one, and an empty one at that."""
    lines = requirements.read_bytes().splitlines()
    return any(line.strip() and not line.lstrip().startswith(b"#") for line in lines)


def _wheelhouse(code_dir: Path, variables: Mapping[str, str], wheels: Path | None) -> Path | None:
    said = variables.get(_WHEELHOUSE)
    if said and not Path(said).is_dir():
        raise SettingError(_WHEELHOUSE, said, "a folder of wheels")
    if said:
        return Path(said)
    return next((folder for folder in (wheels, code_dir / "wheels") if folder and any(folder.glob("*.whl"))), None)


class _Tool:
    """Runs pip or uv for one folder."""

    def __init__(self, variables: Mapping[str, str], stopper: Stopper, wheelhouse: Path | None) -> None:
        self._variables = variables
        self._stopper = stopper
        self._wheelhouse = wheelhouse

    def install_file(self, requirements: Path) -> None:
        """Install a requirements file, unless it is installed already."""
        from byoml.source.installer import site_of
        from byoml.source.marker import Marker, key_of

        site, key = site_of(self._variables), key_of(requirements, self._variables)
        if site is None or key is None:
            self.install(requirements, ("-r", str(requirements)))
            return
        marker = Marker(site, key)
        with marker.alone():
            if marker.holds():
                _log.info("%s is installed already", requirements)
                return
            if self.install(requirements, ("-r", str(requirements))):
                marker.set()

    def install_package(self, folder: Path) -> None:
        # offline there may be nothing to build with but what is installed
        bare = self._wheelhouse is not None and not any(self._wheelhouse.glob("setuptools-*.whl"))
        self.install(folder, (*(["--no-build-isolation"] if bare else []), str(folder)))

    def install(self, what: Path, args: tuple[str, ...]) -> bool:
        from byoml.source.installer import choose, has_index

        arn = self._variables.get(_CODE_ARTIFACT)
        if arn and not self._wheelhouse and not has_index(self._variables):
            raise PrivateIndexError(what, arn)
        tool = choose(self._variables, self._wheelhouse, what)
        if tool is None:
            _log.warning("%s is not installed: BYOML_INSTALLER is none", what)
            return False
        origin = f" from {self._wheelhouse}" if self._wheelhouse else ""
        _log.info("installing %s with %s%s", what, tool.name, origin)
        cwd = what if what.is_dir() else what.parent
        # Its own words go to stderr: stdout belongs to the user's program, whose metrics are read from it.
        result = run((*tool.command, *args), cwd=cwd, variables=tool.variables, stopper=self._stopper, stdout=_STDERR)
        if self._stopper.signum is not None:  # it was ended by the stop, which is no failure of the install
            raise Stopped(self._stopper.signum)
        if result.exit_code:
            raise InstallError(what, result.exit_code, _IN_URL.sub(MASK, result.stderr_tail), tool.name)
        return True
