"""Compares two runs of `make bench`: python -m tests.support.measuring.comparing before.json after.json"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Run = dict[str, Any]


def compared(before: Run, after: Run) -> Iterator[str]:
    """The lines: each row with both values and their ratio, marked if it is worse; then the rows of one run alone."""
    for name, run in (("before", before), ("after", after)):
        state = " with changes" if run["changed"] else ""
        yield f"{name:7}{run['commit']}{state}, {run['at']}, Python {run['python']}, load {run['load']}"
    old, new = rows(before), rows(after)
    yield f"\n{'':74}{'before':>10}{'after':>10}{'ratio':>8}"
    yield from (ratio_line(name, old[name], new[name]) for name in old if name in new)
    yield from (f"{name}: only before" for name in old if name not in new)
    yield from (f"{name}: only after" for name in new if name not in old)


def rows(run: Run) -> dict[str, Run]:
    """The rows of a run by name."""
    return {each["name"]: each for each in run["figures"]}


def ratio_line(name: str, old: Run, new: Run) -> str:
    """A row with the ratio of after to before."""
    if not old["value"]:
        return f"{name:74}{old['value']:>10.4g}{new['value']:>10.4g}"
    ratio = new["value"] / old["value"]
    worse = ratio < 1 if new["better"] == "more" else ratio > 1
    return f"{name:74}{old['value']:>10.4g}{new['value']:>10.4g}{ratio:>8.2f}{' worse' if worse else ''}"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("Name two files: make bench-compare BEFORE=build/before.json AFTER=build/bench.json")
    for line in compared(*(json.loads(Path(each).read_text()) for each in sys.argv[1:])):
        print(line)
