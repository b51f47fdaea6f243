"""datasets.yaml as records: where a data set comes from, under which licence, and what is wrong with it."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmic_lib import store


@dataclass(frozen=True)
class Download:
    """A file that can be fetched, and what it has to be.

    Args:
        file: its name; archives (.zip, .tar, .tar.gz, .tgz, .gz) are unpacked.
        bytes: its size.
        urls: where it is, in the order in which they are tried.
        sha256: of its content.
        md5: of its content, where the publisher states no other.
    """

    file: str
    bytes: int
    urls: tuple[str, ...]
    sha256: str | None = None
    md5: str | None = None

    @property
    def hash(self) -> str:
        """Checksum as pooch takes it: `sha256:...` or `md5:...`."""
        return f"sha256:{self.sha256}" if self.sha256 else f"md5:{self.md5}"


@dataclass(frozen=True)
class Record:
    """One data set.

    Args:
        name: its key in datasets.yaml.
        title: as its publisher calls it.
        study: folder of the study that uses it.
        homepage: of its publisher.
        licence: as stated by the publisher.
        citation: whom to cite.
        layout: paths inside the data set, in words.
        contents: pattern of paths -> how many files it matches when the data set is whole.
        group: what must not be split.
        items: how many of what, in words.
        downloads: files to fetch; none where the data set has to be got by hand.
        manual: steps to get it by hand, in order.
        dead_urls: links that used to work, so that nobody goes looking for them.
        known_faults: `what` is wrong, with which `items`, by which `source`.
    """

    name: str
    title: str
    study: str
    homepage: str
    licence: str
    citation: str
    layout: str
    contents: dict[str, int]
    group: str
    items: str
    manual: tuple[str, ...]
    known_faults: tuple[dict[str, Any], ...]
    downloads: tuple[Download, ...] = ()
    dead_urls: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where `cosmic data get` puts it: `data/<name>` in COSMIC_HOME."""
        return store.home() / "data" / self.name

    def rows(self) -> list[tuple[str, str]]:
        """What it says, in words: field and text."""
        faults = [
            "; ".join(
                [fault["what"], *map(str, fault.get("items", ())), *([fault["source"]] if "source" in fault else [])]
            )
            for fault in self.known_faults
        ]
        texts = {"title": self.title, "study": self.study, "items": self.items, "group": self.group}
        texts |= {"licence": self.licence, "citation": self.citation, "homepage": self.homepage}
        texts |= {"layout": self.layout, "folder": str(self.folder)}
        texts |= {"download": "\n".join(url for one in self.downloads for url in one.urls) or "none"}
        texts |= {"by hand": "\n".join(self.manual), "known faults": "\n".join(faults)}
        return list(texts.items())


def path() -> Path:
    """The catalogue: `COSMIC_CATALOGUE` if that is set, such as that of a course with mirrors of its own.

    Else the one in the installed package, or at the top of the clone.

    Raises:
        FileNotFoundError: there is none.
    """
    if named := os.environ.get("COSMIC_CATALOGUE"):
        return Path(named)
    package = Path(__file__).parent
    for place in (package, package.parent):
        if (place / "datasets.yaml").exists():
            return place / "datasets.yaml"
    raise FileNotFoundError(f"datasets.yaml is neither in {package} nor beside it; install the package again")


def records() -> dict[str, Record]:
    """All records by name.

    Raises:
        FileNotFoundError: there is no catalogue.
        ValueError: it is not one; the message names the file and the entry.
    """
    return _read(path())


@functools.cache
def _read(file: Path) -> dict[str, Record]:
    import yaml

    entry = "the whole file"
    try:
        entries = yaml.safe_load(file.read_text(encoding="utf-8"))
        found = {}
        for entry in entries:
            found[entry] = _record(entry, entries[entry])
        return found
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError, KeyError) as error:
        raise ValueError(
            f"{file}: not a catalogue of data sets, in {entry}: {error}; the one that comes with this package shows how"
        ) from error


def _record(name: str, entry: dict[str, Any]) -> Record:
    lists = {field: tuple(entry.get(field, ())) for field in ("manual", "known_faults", "dead_urls")}
    for field in lists:
        if isinstance(entry.get(field), str):
            raise TypeError(f"{field} is a text; make it a list")
    downloads = tuple(Download(**{**one, "urls": tuple(one["urls"])}) for one in entry.get("downloads", ()))
    return Record(**{**entry, **lists, "name": name, "downloads": downloads})


def record(name: str) -> Record:
    """The record of one data set.

    Args:
        name: of the data set, or of the study that uses it; a hyphen stands for an underscore.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    for one in records().values():
        if name.replace("-", "_") in (one.name, one.study):
            return one
    raise ValueError(f"no data set named {name!r}; there are: {', '.join(sorted(records()))}")
