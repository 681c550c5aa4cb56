"""Install byoml and its plugins from dist/ into the environment of the running Python.

Usage: python tools/install.py [EXTRA ...]

An extra that is one of our plugins brings the plugin's wheel from dist/, any other what core's metadata says.
The wheels are named by path: so no index can put a stranger's release in their place, and a rebuilt wheel of an
unchanged version is taken too.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DIST = Path(__file__).resolve().parent.parent / "dist"
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


def main(extras: list[str]) -> int:
    """Replace whatever byoml is installed by the wheels in dist/.

    Args:
        extras: The extras to install.

    Returns:
        The exit code of the first pip that fails, else 0.
    """
    core = next(DIST.glob("byoml-*.whl"), None)
    if core is None:
        sys.stderr.write(f"no wheel of byoml in {DIST}; `make wheels` builds it\n")
        return 1
    plugins = {extra: wheel for extra in extras for wheel in DIST.glob(f"byoml_{extra}-*.whl")}
    ours = ["byoml", *(f"byoml-{name}" for name in plugins)]
    wanted = [f"{core}[{','.join(extras)}]" if extras else str(core), *map(str, plugins.values())]
    # pip keeps an installed wheel of the same version, so the old ones have to go first; twice --quiet hides the
    # warning about one that is not there.
    remove = subprocess.call([*PIP, "--quiet", "uninstall", "--yes", *ours])
    return remove or subprocess.call([*PIP, "install", "--find-links", str(DIST), *wanted])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
