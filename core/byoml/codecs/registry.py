"""All codecs of a process, found by content type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.codecs.media_type import best_offer, parse_media_type
from byoml.plugin_errors import PluginConflictError
from byoml.request_errors import NotAcceptable, UnsupportedContentType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from byoml.codecs.codec import Codec

__all__ = ["Codecs"]


class Codecs:
    """A frozen table of codecs.

    Args:
        owned: Codecs with the name of the plugin that brings each.

    Raises:
        PluginConflictError: Two plugins bring a codec for one content type.
    """

    def __init__(self, owned: Iterable[tuple[str, Codec]]) -> None:
        self._by_type: dict[str, Codec] = {}
        owners: dict[str, str] = {}
        for owner, codec in owned:
            for content_type in codec.content_types:
                if content_type in owners:
                    raise PluginConflictError(f"a codec for {content_type}", owners[content_type], owner)
                owners[content_type] = owner
                self._by_type[content_type] = codec

    @property
    def decodable(self) -> tuple[str, ...]:
        return tuple(self._by_type)

    @property
    def encodable(self) -> tuple[str, ...]:
        return tuple(content_type for content_type, codec in self._by_type.items() if codec.encodes)

    def decode(self, body: bytes, content_type: str) -> Any:
        """Read a body by its content type.

        Args:
            body: As it came.
            content_type: A Content-Type header's value.

        Returns:
            The object.

        Raises:
            UnsupportedContentType: There is no codec for it.
            MalformedPayload: The body is not of this type.
        """
        kind = parse_media_type(content_type)
        codec = self._by_type.get(kind.essence)
        if codec is None:
            raise UnsupportedContentType(content_type, self.decodable)
        return codec.decode(body, kind.parameters)

    def encode(self, value: object, content_type: str) -> bytes:
        """Write an object as a content type.

        Args:
            value: The prediction.
            content_type: One type, as `choose` gave it.

        Returns:
            The body; bytes are passed as they are.

        Raises:
            NotAcceptable: There is no codec for it, or the object cannot be written so.
        """
        codec = self._by_type.get(content_type)
        if codec is None or not codec.encodes:
            raise NotAcceptable(content_type, self.encodable)
        return value if isinstance(value, bytes) else codec.encode(value)

    def choose(self, accept: str, possible: Sequence[str] | None = None, default: str = "") -> str:
        """Choose the type of the answer, before anything is predicted.

        Args:
            accept: An Accept header's value: a list, with q-values and wildcards.
            possible: The types that can be made, most natural first; None: all that there are codecs for.
            default: What is made for who takes any, as an Accept header's value; the first possible one if it is none.

        Returns:
            The most wanted type that can be made.

        Raises:
            NotAcceptable: None can be made.
        """
        offers = tuple(self.encodable if possible is None else possible)
        natural = best_offer(default, offers)
        best = best_offer(accept, offers if natural is None else (natural, *offers))
        if best is None:
            raise NotAcceptable(accept, offers)
        return best
