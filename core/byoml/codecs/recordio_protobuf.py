"""RecordIO-protobuf: records with named features and labels, `aialgs.data.Record` of AWS's algorithms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from byoml.codecs import protobuf_wire as wire
from byoml.codecs.recordio import RecordIOError, read_records, write_record
from byoml.codecs.tensors import Bytes, Tensor, read_value, write_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["VALUES", "Bytes", "Record", "Tensor", "read", "write"]

#: The name that features and labels have where there is only one.
VALUES = "values"

_FEATURES, _LABEL, _UID, _METADATA, _CONFIGURATION = 1, 2, 3, 4, 5
_KEY, _VALUE = 1, 2  # of an entry of a map


@dataclass(frozen=True)
class Record:
    """One record.

    Args:
        features: By name, `values` where there is one.
        label: By name, `values` where there is one.
        uid: Its id, None where nothing is said.
        metadata: Text about it.
        configuration: Text for the algorithm.
    """

    features: Mapping[str, Tensor | Bytes] = field(default_factory=dict)
    label: Mapping[str, Tensor | Bytes] = field(default_factory=dict)
    uid: str | None = None
    metadata: str | None = None
    configuration: str | None = None

    @classmethod
    def from_bytes(cls, message: bytes) -> Record:
        """Read a record.

        Args:
            message: Its bytes, without frame.

        Returns:
            The record; fields that nobody knows are passed over.

        Raises:
            ValueError: They are no record.
        """
        maps: dict[int, dict[str, Tensor | Bytes]] = {_FEATURES: {}, _LABEL: {}}
        texts: dict[int, str] = {}
        for found in wire.fields(message):
            if found.number in maps:
                name, value = _entry(found.content)
                if value is not None:
                    maps[found.number][name] = value
            elif found.number in (_UID, _METADATA, _CONFIGURATION):
                texts[found.number] = found.content.decode()
        return cls(maps[_FEATURES], maps[_LABEL], texts.get(_UID), texts.get(_METADATA), texts.get(_CONFIGURATION))

    def to_bytes(self) -> bytes:
        """Write it, without frame.

        Raises:
            ValueError: An integer is none of 32 bits, or a tensor holds no numbers.
        """
        parts = []
        for number, values in ((_FEATURES, self.features), (_LABEL, self.label)):
            for name, value in values.items():
                entry = wire.block(_KEY, name.encode()) + wire.block(_VALUE, write_value(value))
                parts.append(wire.block(number, entry))
        for number, text in ((_UID, self.uid), (_METADATA, self.metadata), (_CONFIGURATION, self.configuration)):
            if text is not None:
                parts.append(wire.block(number, text.encode()))
        return b"".join(parts)


def read(stream: BinaryIO | bytes) -> Iterator[Record]:
    """Read records from a file, a pipe or bytes.

    Args:
        stream: Framed records.

    Yields:
        The records.

    Raises:
        RecordIOError: A record is cut short or is none; names its number.
    """
    for number, message in enumerate(read_records(stream), start=1):
        try:
            record = Record.from_bytes(message)
        except ValueError as error:  # WireError, and text that is no UTF-8
            raise RecordIOError(number, f"it is no aialgs.data.Record: {error}") from None
        yield record


def write(stream: BinaryIO, records: Iterable[Record]) -> None:
    """Write records, framed as AWS's algorithms read them.

    Args:
        stream: A binary file or pipe.
        records: The records.

    Raises:
        ValueError: An integer is none of 32 bits, or a tensor holds no numbers.
        RecordIOError: A record is too long.
    """
    for record in records:
        write_record(stream, record.to_bytes())


def _entry(content: bytes) -> tuple[str, Tensor | Bytes | None]:
    """Read an entry of a map; a value that says nothing at all is none."""
    name, value = "", None
    for found in wire.fields(content):
        if found.number == _KEY:
            name = found.content.decode()
        elif found.number == _VALUE:
            value = read_value(found.content)
    return name, value
