"""The table of all rows that have been run."""

import json
from pathlib import Path
from typing import Any

# Ratios of the mean KL divergence that are aimed at (typed rows by type; sizes have one).
AIMS = {"IQ1_S": 0.6, "IQ1_M": 0.6, "IQ2_XXS": 0.6, "Q2_K": 0.6, "IQ3_XXS": 0.75, "Q3_K_M": 0.75}
AIM_OF_SIZES = 0.5


def read(results: Path) -> list[dict[str, Any]]:
    """All rows of a folder, the smallest file first."""
    paths = (path for tool in ("lathe", "llama") for path in results.glob(f"{tool}-*.json"))
    rows = [json.loads(path.read_text()) for path in paths]
    return sorted(rows, key=lambda row: (row["bytes"], row["tool"]))


def peer_of(row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """llama.cpp's row that one of Lathe's is held to.

    For a type, that of the same type. For a size, the closest to the original of all files that
    are at most as large as the size that was asked for.
    """
    peers = [other for other in rows if other["tool"] == "llama"]
    if row["target"] in AIMS or not row["target"][0].isdigit():
        return next((peer for peer in peers if peer["target"] == row["target"]), None)
    fitting = [peer for peer in peers if peer["bytes"] <= bytes_of(row["target"])]
    return min(fitting, key=lambda peer: peer["kl"]["mean"], default=None)


def bytes_of(size: str) -> int:
    """Bytes of a size such as 650m, or 513186816."""
    units = {"k": 10**3, "m": 10**6, "g": 10**9}
    return int(float(size[:-1]) * units[size[-1]]) if size[-1] in units else int(size)


def markdown(results: Path) -> str:
    """The table: one line for each row of Lathe's."""
    rows = read(results)
    lines = [
        "| asked for | Lathe: size, KL | llama.cpp: type, size, KL | ratio | aim |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        if row["tool"] != "lathe":
            continue
        target = row["target"]
        typed = not target[0].isdigit()
        aim = AIMS.get(target) if typed else AIM_OF_SIZES
        peer = peer_of(row, rows)
        asked = target if typed else f"{bytes_of(target) / 1e6:.0f} MB"
        theirs = f"{peer['target']}, {measured(peer)}" if peer else "not run"
        ratio = f"{row['kl']['mean'] / peer['kl']['mean']:.2f}" if peer else ""
        lines.append(f"| {asked} | {measured(row)} | {theirs} | {ratio} | {aim or ''} |")
    return "\n".join(lines)


def measured(row: dict[str, Any]) -> str:
    """Size and divergence of a row."""
    kl = row["kl"]
    return f"{row['bytes'] / 1e6:.0f} MB, {kl['mean']:.3f} ± {kl['standard_error']:.3f}"
