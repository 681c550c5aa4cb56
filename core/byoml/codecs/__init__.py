"""Content types: bytes to objects and back, one type a file."""

from byoml.codecs.codec import Codec
from byoml.codecs.registry import Codecs

__all__ = ["Codec", "Codecs"]
