"""What a codec is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Codec"]


class Codec(ABC):
    """Reads and writes one content type; subclass it and return an instance from `byoml_register_codecs`.

    Codecs hold no state: one instance serves all threads.
    """

    #: The media types it answers to, in lower case, without parameters; the first is the one it writes.
    content_types: ClassVar[tuple[str, ...]]
    #: Whether `encode` can be asked for.
    encodes: ClassVar[bool] = True

    @abstractmethod
    def decode(self, body: bytes, parameters: Mapping[str, str]) -> Any:
        """Read a body.

        Args:
            body: As it came.
            parameters: The content type's parameters, names in lower case, such as `charset`.

        Returns:
            The object.

        Raises:
            MalformedPayload: The body is not of this type; names row and column where there are any.
        """

    def encode(self, value: object) -> bytes:
        """Write an object.

        Args:
            value: A prediction: arrays, numbers, texts, lists and mappings of them.

        Returns:
            The body.

        Raises:
            NotAcceptable: The object cannot be written as this type.
        """
        raise NotImplementedError
