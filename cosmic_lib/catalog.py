"""datasets.yaml as records: where a data set comes from, under which licence, and what is wrong with it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any


@functools.cache
def records() -> dict[str, dict[str, Any]]:
    """All records by name; from the installed package, or from the top of the clone.

    Raises:
        FileNotFoundError: the file is in neither place.
    """
    import yaml

    package = Path(__file__).parent
    for place in (package, package.parent):
        if (place / "datasets.yaml").exists():
            return yaml.safe_load((place / "datasets.yaml").read_text())
    raise FileNotFoundError(f"datasets.yaml is neither in {package} nor beside it; install the package again")


def record(name: str) -> dict[str, Any]:
    """The record of one data set.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    if name not in records():
        raise ValueError(f"no data set named {name!r}; there are: {', '.join(sorted(records()))}")
    return records()[name]
