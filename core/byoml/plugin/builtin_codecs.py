"""Core's own codecs, registered through the same hook as everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.plugin.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from byoml.codecs import Codec

__all__ = ["byoml_register_codecs"]


@hookimpl
def byoml_register_codecs() -> Iterable[Codec]:
    """Bring JSON, CSV, npy and RecordIO-protobuf."""
    # They load numpy, which only a process that serves pays for.
    from byoml.codecs.csv import CsvCodec
    from byoml.codecs.json import JsonCodec
    from byoml.codecs.npy import NpyCodec
    from byoml.codecs.recordio_codec import RecordIOProtobufCodec

    return [JsonCodec(), CsvCodec(), NpyCodec(), RecordIOProtobufCodec()]
