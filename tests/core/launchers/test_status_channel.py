"""The status channel over real sockets: who is let in, and what a host can be made to start."""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from byoml.child import Stopper, run
from byoml.launcher_errors import StatusChannelError
from byoml.launchers.descendants import RunningProgram
from byoml.launchers.groups import HostGroup
from byoml.launchers.master import Master
from byoml.launchers.member import Member
from byoml.launchers.orted import orted_command
from byoml.launchers.status import Channel, ChannelLost, answer, dial
from byoml.launchers.verdict import Verdict
from byoml.launchers.watch import WatchSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECRET = b"s" * 32
_GROUP = HostGroup(("127.0.0.1", "127.0.0.2"), "127.0.0.2")
_START = {"host": "127.0.0.1", "role": "start"}
_ORTED = ["-mca", "ess", "env", "-mca", "orte_hnp_uri", "1.0;tcp://10.0.0.1:5;tcp6://[fd00::2]:6"]


def _settings(group: HostGroup = _GROUP, port: int = 0) -> WatchSettings:
    return WatchSettings(group, _SECRET, port, wait_seconds=5.0)


class _Host:
    """A host that listens for its master, with an orted on its PATH that only says how it was started."""

    def __init__(self, folder: Path) -> None:
        orted = folder / "orted"
        orted.write_text(f"#!{sys.executable}\n")
        orted.chmod(0o755)
        self.orted = str(orted)
        port = _free_port()
        self.member = Member(
            _settings(port=port),
            RunningProgram(Stopper()),
            lambda arguments: orted_command(arguments, {"PATH": str(folder)}),
        )
        self.peer = ("127.0.0.2", port)

    def dial(self, secret: bytes = _SECRET, **greeting: str) -> Channel:
        return dial(self.peer, {**_START, **greeting}, secret, 2.0)

    def order(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Send an order, and give what the host answers within a moment."""
        channel = self.dial()
        try:
            channel.send(message)
            return channel.receive(2.0)
        finally:
            channel.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.2", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture
def host(tmp_path: Path) -> Iterator[_Host]:
    """A listening host, and the end of it."""
    made = _Host(tmp_path)
    with made.member:
        yield made


def test_the_master_has_orted_started_from_the_hosts_own_path(host: _Host) -> None:
    """The order's own word for the program does not count, and orted's way into the background is left out."""
    channel = host.dial()
    channel.send({"kind": "start", "arguments": ["--daemonize", *_ORTED]})
    order = host.member.next_order()
    assert order is not None
    assert order.command == (host.orted, *_ORTED)
    order.finished(3)
    assert channel.receive(2.0) == {"kind": "exited", "code": 3}
    channel.close()


def test_a_wrong_secret_is_refused_on_both_sides(host: _Host, caplog: pytest.LogCaptureFixture) -> None:
    """The host closes without a word of its own, and the caller learns that it is refused."""
    with pytest.raises(StatusChannelError, match="refuses this host"):
        host.dial(secret=b"x" * 32)
    assert "does not know the job's secret" in caplog.text


def test_a_stranger_cannot_pretend_to_be_a_host() -> None:
    """A listener that does not know the secret gets no message from a host that calls it."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.2", 0)) as listener:

        def pretend() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"n" * 32)
                heard.append(connection.recv(1000))
                connection.sendall(b"m" * 32)
                heard.append(connection.recv(1000))

        thread = threading.Thread(target=pretend)
        thread.start()
        with pytest.raises(StatusChannelError, match="does not know the job's secret"):
            dial(("127.0.0.2", listener.getsockname()[1]), _START, _SECRET, 2.0)
        thread.join()
    assert heard[1] == b""


@pytest.mark.parametrize("address", ["127.0.0.3", "127.0.0.2"])
def test_only_the_masters_address_is_let_in(host: _Host, address: str) -> None:
    """Anybody else, listed as another host or not, gets not even the nonce."""
    with socket.create_connection(host.peer, 2.0, source_address=(address, 0)) as connection:
        assert connection.recv(1) == b""


def test_a_caller_with_the_secret_must_be_the_master(host: _Host) -> None:
    """The name that it gives counts too."""
    channel = host.dial(host="localhost")
    with pytest.raises(ChannelLost):
        channel.receive(2.0)
    channel.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "touch x"],
        ["--tree-spawn"],
        ["-mca", "orte_launch_agent", "/bin/sh"],
        ["-mca", "plm_rsh_agent"],
        ["-mca", "mca_base_component_path", "/home"],
        ["-mca", "orte_fork_agent", "/bin/sh"],
        ["-mca", "ess", "env;`id`$(id)"],
        ["--xterm", "0"],
        ["/bin/sh"],
    ],
)
def test_arguments_that_could_run_something_else_are_refused(host: _Host, arguments: list[str]) -> None:
    """The host says so, and starts nothing; a right order is taken afterwards."""
    answered = host.order({"kind": "start", "arguments": arguments})
    assert answered is not None
    assert answered["kind"] == "refused"
    assert "is not started with" in answered["reason"]


@pytest.mark.parametrize(
    "message", [{"kind": "run", "arguments": ["id"]}, {"kind": "start", "arguments": "-mca"}, {"kind": "start"}]
)
def test_other_orders_are_refused(host: _Host, message: dict[str, Any]) -> None:
    """There is one order, of one form."""
    answered = host.order(message)
    assert answered is not None
    assert answered["kind"] == "refused"


def test_a_second_order_is_refused(host: _Host) -> None:
    """A host starts one orted a job."""
    first = host.dial()
    first.send({"kind": "start", "arguments": _ORTED})
    assert host.member.next_order() is not None
    answered = host.order({"kind": "start", "arguments": _ORTED})
    assert answered is not None
    assert answered["kind"] == "refused"
    first.close()


def test_a_host_that_runs_its_own_program_takes_no_orders() -> None:
    """Torchrun's hosts start nothing for others."""
    port = _free_port()
    with Member(_settings(port=port), RunningProgram(Stopper())):
        channel = dial(("127.0.0.2", port), _START, _SECRET, 2.0)
        channel.send({"kind": "start", "arguments": _ORTED})
        answered = channel.receive(2.0)
        channel.close()
    assert answered is not None
    assert answered["kind"] == "refused"


@pytest.mark.parametrize("part", ["mac", "text", "replay"])
def test_a_message_changed_or_replayed_on_the_way_ends_the_channel(part: str) -> None:
    """The bytes of one message are taken off the wire, and put in again changed, or once more."""
    ours, theirs = socket.socketpair()
    writer, spy = socket.socketpair()
    sender, receiver = Channel(writer, b"k" * 32, b"c", b"s"), Channel(theirs, b"k" * 32, b"s", b"c")
    sender.send({"kind": "beat"})
    wire = bytearray(spy.recv(1000))
    if part == "replay":
        ours.sendall(wire)
        assert receiver.receive(1.0) == {"kind": "beat"}
    else:
        wire[5 if part == "mac" else -3] ^= 1
    ours.sendall(wire)
    with pytest.raises(ChannelLost, match="not authentic"):
        receiver.receive(1.0)
    for connection in (ours, theirs, writer, spy):
        connection.close()


def test_a_greeting_that_never_ends_is_not_read() -> None:
    """Before the secret is proven, a peer cannot make the host keep more than a kilobyte."""
    ours, theirs = socket.socketpair()
    ours.sendall(b"n" * 32 + struct.pack(">I", 2**31))
    with pytest.raises(ChannelLost, match="too long"):
        answer(theirs, _SECRET)
    ours.close()
    theirs.close()


def test_a_taken_port_is_an_error_that_names_its_variable() -> None:
    """Two jobs on one machine need two ports."""
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StatusChannelError, match="BYOML_STATUS_PORT"):
            Member(_settings(port=port), RunningProgram(Stopper())).__enter__()


def test_both_sides_agree_on_the_first_cause() -> None:
    """The master's program failed because another rank was gone, and said so first: the other's reason counts."""
    port = _free_port()
    verdicts: dict[str, Verdict] = {}
    cause = Verdict(7, text="ValueError: eta must be positive")

    def other() -> None:
        with Member(_settings(port=port), RunningProgram(Stopper())) as member:
            time.sleep(0.5)
            verdicts["other"] = member.conclude(cause)

    thread = threading.Thread(target=other)
    thread.start()
    group = HostGroup(_GROUP.hosts, "127.0.0.1")
    with Master(_settings(group, port), RunningProgram(Stopper()), reports=True) as master:
        verdicts["master"] = master.conclude(Verdict(1, text="Connection closed by peer", consequence=True))
    thread.join()
    assert verdicts == {"master": cause, "other": cause}


def test_the_program_of_a_host_is_ended_when_the_master_is_lost() -> None:
    """A master that closes without a verdict is lost; the host's program, and what it has started, are ended."""
    port, stopper = _free_port(), Stopper()
    program = RunningProgram(stopper)
    with Member(_settings(port=port), program) as member:
        threading.Timer(
            0.5, lambda: dial(("127.0.0.2", port), {**_START, "role": "watch"}, _SECRET, 2.0).close()
        ).start()
        code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
        result = run(
            [sys.executable, "-c", code], cwd=Path(), variables=os.environ, stopper=stopper, started=program.started
        )
        verdict = member.conclude(Verdict(result.exit_code, result.signal))
    assert result.signal is not None
    assert (verdict.exit_code, verdict.lost) == (1, True)
    assert verdict.text.startswith("lost contact with the master host 127.0.0.1")
