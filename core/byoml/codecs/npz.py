"""`application/x-npz`: several arrays, or one sparse matrix, in a zip file."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, ClassVar

from byoml.codecs.codec import Codec
from byoml.codecs.npy import read_array, write_array
from byoml.codecs.sparse import SparseError, read_sparse
from byoml.request_errors import MalformedPayload, NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["NpzCodec"]

_TYPE = "application/x-npz"
_WRITABLE = ("arrays, regular lists, mappings from names to them, sparse matrices of scipy",)
#: Deflate packs up to a thousand to one, so the 100 MB that a body may have could become 100 GB; ten to one is ample.
_MOST_BYTES = 2**30
#: Numpy's writers name arrays one by one; the table of contents alone could otherwise take all memory.
_MOST_MEMBERS = 1000
_ENTRY = b"PK\x01\x02"
_SUFFIX = ".npy"
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class NpzCodec(Codec):
    """Reads a file of one array as that array, of several as a mapping from their names, never unpickling any.

    A sparse matrix that scipy has saved is read as a CSR matrix where scipy is installed, else as a dense array. All
    arrays together may have 1 GiB, unpacked.

    Writes one array, or a mapping from names to arrays, or a sparse matrix of scipy.
    """

    content_types: ClassVar[tuple[str, ...]] = (_TYPE,)

    def decode(self, body: bytes, parameters: Mapping[str, str]) -> Any:
        arrays = _read_members(body)
        if "format" in arrays and "shape" in arrays:
            try:
                return read_sparse(arrays)
            except SparseError as error:
                raise MalformedPayload(_TYPE, str(error)) from None
        return arrays.popitem()[1] if len(arrays) == 1 else arrays

    def encode(self, value: object) -> bytes:
        if hasattr(value, "tocsr"):
            return _write_sparse(value)
        arrays = value if isinstance(value, dict) else {"arr_0": value}
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, array in arrays.items():
                archive.writestr(f"{name}{_SUFFIX}", write_array(array, _TYPE))
        return file.getvalue()


def _read_members(body: bytes) -> dict[str, NDArray[Any]]:
    if body.count(_ENTRY) > _MOST_MEMBERS:
        raise MalformedPayload(_TYPE, f"the file has more than {_MOST_MEMBERS} arrays")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
            _check(members)
            return {member.filename.removesuffix(_SUFFIX): _array(archive, member) for member in members}
    except MalformedPayload:
        raise
    # What zipfile raises for what is no zip file, one that is damaged, encrypted, or of a later version.
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise MalformedPayload(_TYPE, f"{error}; numpy.savez or scipy.sparse.save_npz writes what is wanted") from None


def _check(members: list[zipfile.ZipInfo]) -> None:
    """Refuse what says that it could not be read within bounds."""
    if not members:
        raise MalformedPayload(_TYPE, "the file holds no array")
    for member in members:
        if not member.filename.endswith(_SUFFIX) or member.compress_type not in _PLAIN:
            raise MalformedPayload(_TYPE, f"{member.filename!r} is no stored or deflated npy file")
    size = sum(member.file_size for member in members)
    if size > _MOST_BYTES:
        raise MalformedPayload(_TYPE, f"the file unpacks to {size} bytes; at most {_MOST_BYTES} are read")


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    try:
        with archive.open(member) as stream:
            # Told how much to read, zipfile unpacks no more than that, whatever is there; else it unpacks all first.
            return read_array(stream.read(member.file_size))
    except ValueError as error:
        raise MalformedPayload(_TYPE, f"{member.filename!r}: {error}") from None


def _write_sparse(value: Any) -> bytes:
    import scipy.sparse  # the value is scipy's

    file = io.BytesIO()
    try:
        scipy.sparse.save_npz(file, value.tocsr())
    except (NotImplementedError, TypeError, ValueError) as error:
        raise NotAcceptable(_TYPE, _WRITABLE, str(error)) from None
    return file.getvalue()
