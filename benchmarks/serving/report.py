"""What came out, as a table and as a picture."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

from peers import BYOML, CEILING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from load import Answers

__all__ = ["Round", "draw", "table"]

_MILLISECONDS = 1000


class Round(NamedTuple):
    """One server in one round.

    Args:
        first_answer: Seconds from its start to the first 200.
        megabytes: Its memory after the load (PSS).
        loads: What the clients saw, by their number.
    """

    first_answer: float
    megabytes: float
    loads: Mapping[int, Answers]


def table(rounds: Mapping[str, Sequence[Round]], clients: Sequence[int]) -> str:
    """Write a Markdown table of medians, and how byoml's relate to the others'.

    Args:
        rounds: All rounds of each server.
        clients: The numbers of clients.

    Returns:
        The table, and ratios of byoml's medians under it.
    """
    loads = [f"{number} client{'s' * (number > 1)}: req/s, p50, p99 ms" for number in clients]
    head = ["server", *loads, "first 200, s", "memory, MB"]
    lines = [_line(head), _line("---" for _ in head)]
    for name, measured in rounds.items():
        cells = [name, *(_load(measured, number) for number in clients)]
        cells += [f"{_first(measured):.1f}", f"{statistics.median(each.megabytes for each in measured):.0f}"]
        lines.append(_line(cells))
    lines += ["", "byoml against each, requests a second, and its p50 and p99 as a part of theirs:", ""]
    lines += [_line(["server", *(f"{number}: req/s, p50, p99" for number in clients)])]
    lines += [_line("---" for _ in range(len(clients) + 1))]
    others = [name for name in rounds if name != BYOML]
    lines += [_line([name, *(_ratio(rounds[BYOML], rounds[name], number) for number in clients)]) for name in others]
    return "\n".join(lines) + "\n"


def _line(cells: object) -> str:
    return f"| {' | '.join(cells)} |"  # type: ignore[arg-type]


def _median(measured: Sequence[Round], clients: int, field: str) -> float:
    return statistics.median(getattr(each.loads[clients], field) for each in measured)


def _first(measured: Sequence[Round]) -> float:
    return statistics.median(each.first_answer for each in measured)


def _load(measured: Sequence[Round], clients: int) -> str:
    rate, p50, p99 = (_median(measured, clients, field) for field in ("rate", "p50", "p99"))
    failed = sum(each.loads[clients].failed for each in measured)
    note = f" ({failed} failed)" if failed else ""
    return f"{rate:.0f}, {p50 * _MILLISECONDS:.2f}, {p99 * _MILLISECONDS:.1f}{note}"


def _ratio(ours: Sequence[Round], theirs: Sequence[Round], clients: int) -> str:
    """Compare round by round, as what else the machine does falls on neighbours alike; the median of that."""
    rate, p50, p99 = (
        statistics.median(
            getattr(our.loads[clients], field) / getattr(their.loads[clients], field)
            for our, their in zip(ours, theirs, strict=True)
        )
        for field in ("rate", "p50", "p99")
    )
    return f"{rate:.2f}x, {p50:.2f}, {p99:.2f}"


def draw(rounds: Mapping[str, Sequence[Round]], clients: Sequence[int], title: str, file: Path) -> None:
    """Draw requests a second as bars, one group a server, fastest first."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    names = sorted(rounds, key=lambda name: _median(rounds[name], clients[-1], "rate"))
    figure, axes = plt.subplots(figsize=(9, 1 + 0.55 * len(names)), layout="constrained")
    height = 0.8 / len(clients)
    for place, number in enumerate(clients):
        rates = [_median(rounds[name], number, "rate") for name in names]
        rows = [row + (len(clients) / 2 - place - 0.5) * height for row in range(len(names))]
        bars = axes.barh(rows, rates, height, label=f"{number} client{'s' * (number > 1)}")
        axes.bar_label(bars, fmt="{:,.0f}", padding=2, fontsize=7)
    axes.set_yticks(range(len(names)), [f"{name} (ceiling)" if name == CEILING else name for name in names])
    axes.set_xlabel("requests a second")
    axes.set_title(title)
    axes.margins(x=0.08)
    axes.legend(loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file)
    plt.close(figure)
