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
    """Bring JSON, the first and so what `*/*` is answered with, then tables, arrays, texts, images and bytes."""
    # They load numpy, which only a process that serves pays for.
    from byoml.codecs.csv import CsvCodec
    from byoml.codecs.image import ImageCodec
    from byoml.codecs.json import JsonCodec
    from byoml.codecs.jsonlines import JsonLinesCodec
    from byoml.codecs.libsvm import LibsvmCodec
    from byoml.codecs.npy import NpyCodec
    from byoml.codecs.npz import NpzCodec
    from byoml.codecs.octet_stream import OctetStreamCodec
    from byoml.codecs.parquet import ParquetCodec
    from byoml.codecs.plain_text import PlainTextCodec
    from byoml.codecs.recordio_codec import RecordIOProtobufCodec

    return [
        *(JsonCodec(), JsonLinesCodec(), CsvCodec(), LibsvmCodec(), ParquetCodec()),
        *(NpyCodec(), NpzCodec(), RecordIOProtobufCodec()),
        *(ImageCodec(), PlainTextCodec(), OctetStreamCodec()),
    ]
