"""The status channel: one authenticated TCP connection between two hosts of a job.

Both sides prove that they know the job's secret, with nonces of both, before anything is read or told; then each
message carries a MAC over its direction and number, so that nothing can be put in, changed or replayed on the way.
"""

from __future__ import annotations

import hmac
import json
import secrets
import socket
import struct
import time
from threading import Event
from typing import TYPE_CHECKING, Any

from byoml.launcher_errors import StatusChannelError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Channel", "ChannelLost", "addresses", "answer", "dial", "listen"]

_NONCE = 32
_MAC = 32
_HEAD = struct.Struct(">I")
_NAME_LIMIT = 1024
_MESSAGE_LIMIT = 2**20
_HANDSHAKE_SECONDS = 5.0
_PAUSE = 0.2


class ChannelLost(Exception):  # noqa: N818  an event that the watch expects, no fault to be shown
    """The other side has closed, or does not keep to the protocol."""


class Channel:
    """Messages both ways, each a small JSON object.

    Args:
        connection: A connected socket; the channel owns it.
        key: The key of this connection alone.
        sends: One byte that names the direction in which this side sends.
        hears: The same for what it receives.
    """

    def __init__(self, connection: socket.socket, key: bytes, sends: bytes, hears: bytes) -> None:
        self._connection = connection
        self._key = key
        self._sends, self._hears = sends, hears
        self._sent = self._heard = 0
        self._buffer = bytearray()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message; raises ChannelLost."""
        data = json.dumps(message).encode()
        mac = self._mac(self._sends, self._sent, data)
        self._sent += 1
        self._connection.settimeout(_HANDSHAKE_SECONDS)
        try:
            self._connection.sendall(_HEAD.pack(len(data)) + mac + data)
        except OSError as error:
            raise ChannelLost(str(error)) from None

    def receive(self, seconds: float | None) -> dict[str, Any] | None:
        """Wait for one message.

        Args:
            seconds: How long; None: until there is one.

        Returns:
            The message, or None where none came in time.

        Raises:
            ChannelLost: The other side has closed, or sent what it cannot have meant.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while (message := self._complete()) is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return None
            self._connection.settimeout(left)
            try:
                data = self._connection.recv(65536)
            except TimeoutError:
                return None
            except OSError as error:
                raise ChannelLost(str(error)) from None
            if not data:
                raise ChannelLost("closed by the other side")
            self._buffer += data
        return message

    def _complete(self) -> dict[str, Any] | None:
        if len(self._buffer) < _HEAD.size:
            return None
        (length,) = _HEAD.unpack_from(self._buffer)
        if length > _MESSAGE_LIMIT:
            raise ChannelLost("a message is too long")
        start, end = _HEAD.size + _MAC, _HEAD.size + _MAC + length
        if len(self._buffer) < end:
            return None
        mac, data = bytes(self._buffer[_HEAD.size : start]), bytes(self._buffer[start:end])
        del self._buffer[:end]
        if not hmac.compare_digest(mac, self._mac(self._hears, self._heard, data)):
            raise ChannelLost("a message is not authentic")
        self._heard += 1
        message: dict[str, Any] = json.loads(data)
        return message

    def _mac(self, direction: bytes, number: int, data: bytes) -> bytes:
        return hmac.digest(self._key, direction + struct.pack(">Q", number) + data, "sha256")

    def close(self) -> None:
        self._connection.close()


def addresses(host: str) -> frozenset[str]:
    """Look up all addresses of a host; none where it has no name yet."""
    try:
        return frozenset(str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return frozenset()


def listen(host: str, port: int) -> socket.socket:
    """Listen on a host's own address, or on all where its name leads elsewhere.

    Args:
        host: This host's name.
        port: The port.

    Returns:
        The listening socket.

    Raises:
        StatusChannelError: The port is taken.
    """
    for address in [*sorted(addresses(host)), ""]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            return socket.create_server((address, port), family=family)
        except OSError as error:
            reason = str(error)
    raise StatusChannelError(host, port, f"cannot be opened ({reason})")


def answer(connection: socket.socket, secret: bytes) -> tuple[Channel, dict[str, Any]]:
    """Authenticate a peer that has connected, and ourselves to it.

    Args:
        connection: What was accepted.
        secret: The job's secret.

    Returns:
        The channel, and what the peer says of itself.

    Raises:
        ChannelLost: It does not know the secret, or is too slow.
    """
    nonce = secrets.token_bytes(_NONCE)
    try:
        connection.settimeout(_HANDSHAKE_SECONDS)
        connection.sendall(nonce)
        theirs, length = _exactly(connection, _NONCE), _HEAD.unpack(_exactly(connection, _HEAD.size))[0]
        if length > _NAME_LIMIT:
            raise ChannelLost("its greeting is too long")
        said, proof = _exactly(connection, length), _exactly(connection, _MAC)
        facts = nonce + theirs + said
        if not hmac.compare_digest(proof, hmac.digest(secret, b"client" + facts, "sha256")):
            raise ChannelLost("it does not know the job's secret")
        connection.sendall(hmac.digest(secret, b"server" + facts, "sha256"))
    except OSError as error:
        raise ChannelLost(str(error)) from None
    greeting: dict[str, Any] = json.loads(said)
    return Channel(connection, hmac.digest(secret, b"session" + facts, "sha256"), b"s", b"c"), greeting


def dial(
    peer: tuple[str, int], greeting: Mapping[str, Any], secret: bytes, seconds: float, giving_up: Event | None = None
) -> Channel:
    """Connect to a peer, which may come late, and authenticate both.

    Args:
        peer: Host and port.
        greeting: What we say of ourselves: `host`, and the `role` of the connection.
        secret: The job's secret.
        seconds: How long to try while nobody listens there.
        giving_up: Ends the trying before that.

    Returns:
        The channel.

    Raises:
        StatusChannelError: Nobody listened in time, or the peer is none of this job.
    """
    deadline = time.monotonic() + seconds
    pause = giving_up or Event()
    while True:
        try:
            connection = _connect(peer, str(greeting["host"]))
            break
        except OSError as error:
            if time.monotonic() >= deadline or pause.is_set():
                raise StatusChannelError(*peer, f"nobody answered within {seconds:g} s ({error})") from None
        pause.wait(_PAUSE)
    try:
        return _introduce(connection, greeting, secret)
    except (ChannelLost, OSError) as error:
        connection.close()
        raise StatusChannelError(*peer, f"refuses this host ({error})") from None


def _connect(peer: tuple[str, int], own: str) -> socket.socket:
    """Connect from this host's own address, by which the peer knows it, where the system lets us."""
    for address in sorted(addresses(own)):
        try:
            return socket.create_connection(peer, _HANDSHAKE_SECONDS, source_address=(address, 0))
        except ConnectionError:
            raise
        except OSError:  # not an address of this machine, or of another family
            continue
    return socket.create_connection(peer, _HANDSHAKE_SECONDS)


def _introduce(connection: socket.socket, greeting: Mapping[str, Any], secret: bytes) -> Channel:
    nonce, said = secrets.token_bytes(_NONCE), json.dumps(greeting).encode()
    theirs = _exactly(connection, _NONCE)
    facts = theirs + nonce + said
    proof = hmac.digest(secret, b"client" + facts, "sha256")
    connection.sendall(nonce + _HEAD.pack(len(said)) + said + proof)
    if not hmac.compare_digest(_exactly(connection, _MAC), hmac.digest(secret, b"server" + facts, "sha256")):
        raise ChannelLost("it does not know the job's secret")
    return Channel(connection, hmac.digest(secret, b"session" + facts, "sha256"), b"c", b"s")


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        chunk = connection.recv(count - len(data))
        if not chunk:
            raise ChannelLost("closed by the other side")
        data += chunk
    return bytes(data)
