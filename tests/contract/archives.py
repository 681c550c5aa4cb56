"""Archives made by hand, in memory: what an SDK packs, and distributions that nothing has to build."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING
from zipfile import ZipFile

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["tarball", "wheel"]


def tarball(files: Mapping[str, str | bytes]) -> bytes:
    """Pack files into a gzip tar, such as the sourcedir.tar.gz that the SDK uploads."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def wheel(module: str, text: str, version: str = "1.0") -> bytes:
    """Make a distribution of one module, both of one name: building one would need the network."""
    content, info = io.BytesIO(), f"{module}-{version}.dist-info"
    with ZipFile(content, "w") as archive:
        archive.writestr(f"{module}.py", text)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {module}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return content.getvalue()
