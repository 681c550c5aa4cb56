"""What mpirun calls in place of ssh: `python -m byoml.launchers.mpi_agent HOST COMMAND...` starts orted on a host.

It talks to the status channel of that host's `train`, which starts orted and nothing else, and it ends when orted does.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.errors import ByomlError
from byoml.launcher_errors import LauncherRefusal, StatusChannelError
from byoml.launchers.orted import arguments_of
from byoml.launchers.status import ChannelLost, dial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FACTS_VARIABLE", "main"]

#: Names the file with port, secret and hosts, which mpirun's user alone may read.
FACTS_VARIABLE = "BYOML_MPI_AGENT_FACTS"
_DIAL_SECONDS = 10.0


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Start orted on a host, and wait for its end.

    Args:
        argv: The host, and the words of the command line for it.
        environ: Names the file of facts.

    Returns:
        orted's exit code; 1 where it could not be started, or the host was lost.
    """
    # A stop reaches the ranks; what connects mpirun to them must stay until they have ended.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    try:
        return _start(argv[0], arguments_of(shlex.split(" ".join(argv[1:]))), Path(environ[FACTS_VARIABLE]))
    except (ByomlError, ChannelLost) as error:
        sys.stderr.write(f"byoml: {error}\n")
        return 1


def _start(host: str, arguments: list[str], facts_file: Path) -> int:
    facts = json.loads(facts_file.read_text())
    if host not in facts["hosts"]:
        raise StatusChannelError(host, facts["port"], "is not asked: the host is none of this job")
    greeting = {"host": facts["current_host"], "role": "start"}
    channel = dial((host, facts["port"]), greeting, bytes.fromhex(facts["secret"]), _DIAL_SECONDS)
    channel.send({"kind": "start", "arguments": arguments})
    answer = channel.receive(None) or {}
    if answer.get("kind") != "exited":
        raise LauncherRefusal(f"host {host} refuses to start orted: {answer.get('reason')}")
    return int(answer["code"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
