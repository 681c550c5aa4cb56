"""Lay into dockerfiles/ what the images are built from and no index has: `python tools/image_wheels.py [IMAGE ...]`.

byoml's wheels come from dist/ (`make wheels`). For the image torch, the pinned PyTorch comes through pip as it is set
up here: where its index offers more than a CPU build, PIP_EXTRA_INDEX_URL names PyTorch's index of CPU builds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_FOLDER = _ROOT / "dockerfiles"
_WHEELS = _FOLDER / "wheels"
# Where pip, requests and OpenSSL are told of a certificate authority.
_CA_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def main(images: list[str]) -> int:
    """Lay wheels and certificates.

    Args:
        images: The images that will be built; all where none is named.

    Returns:
        The exit code of pip where it fails, else 0.
    """
    _lay_own()
    certificates = next((os.environ[name] for name in _CA_VARIABLES if os.environ.get(name)), None)
    if certificates:
        shutil.copy(certificates, _WHEELS / "ca.crt")
    return _download_torch() if not images or "torch" in images else 0


def _lay_own() -> None:
    for old in (_FOLDER / "byoml").glob("*.whl"):
        old.unlink()
    for wheel in (_ROOT / "dist").glob("byoml*.whl"):
        # With its times: Docker rebuilds no layer for a file that is the same.
        shutil.copy2(wheel, _FOLDER / "byoml")


def _download_torch() -> int:
    lock = _FOLDER / "torch" / "requirements.lock"
    pins = [line for line in lock.read_text().splitlines() if line.startswith("torch==")] if lock.is_file() else []
    if not pins or any(_WHEELS.glob(f"torch-{pins[0].removeprefix('torch==')}*.whl")):
        return 0
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps")
    return subprocess.call([*pip, "--only-binary=:all:", "--python-version", "3.11", "--dest", str(_WHEELS), *pins])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
