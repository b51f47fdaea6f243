"""One file from the first of its sources that gives it whole: resumed, tried again, and checked."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cosmic_lib.catalog import Download

if TYPE_CHECKING:
    import requests

WAITS = (1, 4, 15)
"""Seconds before the second, third and fourth attempt at one source."""

LONGEST_WAIT = 60
"""Seconds that a busy server may ask us to wait; it does not get more."""

TIMEOUT = (10, 30)
"""Seconds to connect, and seconds without any byte after that; then the source has stalled."""

BLOCK = 2**16
"""Bytes that are read at a time; less than that is lost when a connection breaks off."""

Progress = Callable[[str, int, int], None]
"""Called with the name of a file, how many bytes of it are here, and how many it has."""


class DownloadError(OSError):
    """No source gave the file; the message has a line for each, with its error."""


class SourceError(OSError):
    """Why one source did not give the file.

    Args:
        reason: in words.
        passing: whether another attempt may do better.
        wait: seconds that the server wants us to wait before that.
    """

    def __init__(self, reason: str, *, passing: bool = False, wait: float | None = None):
        super().__init__(reason)
        self.passing, self.wait = passing, wait


def download(one: Download, folder: Path, *, progress: Progress | None = None) -> Path:
    """Fetch a file, or what is still missing of it.

    Args:
        one: the file, its sources, and what it has to be.
        folder: where to. What has come before an error or a kill is kept there as `FILE.partial`, and the next call
            goes on from it.
        progress: called as the file grows, about a hundred times in all.

    Returns:
        Path of the file, its size and hash checked. If it was there already, nothing is fetched.

    Raises:
        DownloadError: no source gave it.
        OSError: the folder cannot be written.
    """
    import pooch

    pooch.get_logger().setLevel("ERROR")
    failures = []
    for url in one.urls:
        try:
            return _from_source(url, one, folder, progress)
        except SourceError as error:
            failures.append(f"  {url}: {error}")
    raise DownloadError("\n".join([f"{one.file}: none of its sources gave it", *failures]))


def _from_source(url: str, one: Download, folder: Path, progress: Progress | None) -> Path:
    """From one source, in as many attempts as it is worth."""
    waits = iter(WAITS)
    while True:
        try:
            return _attempt(url, one, folder, progress)
        except SourceError as error:
            wait = next(waits, None) if error.passing else None
            if wait is None:
                raise
            time.sleep(wait if error.wait is None else min(error.wait, LONGEST_WAIT))


def _attempt(url: str, one: Download, folder: Path, progress: Progress | None) -> Path:
    """One attempt; a file that was resumed and proves wrong is fetched once more from its beginning."""
    import pooch

    while True:
        transfer = _Transfer(one, folder / f"{one.file}.partial", progress)
        try:
            # pooch fetches nothing if the right file is there, and else checks the hash before it is given its name.
            return Path(pooch.retrieve(url, known_hash=one.hash, fname=one.file, path=folder, downloader=transfer))
        except ValueError as error:
            if not transfer.resumed:
                raise SourceError(f"wrong content, not that of {one.hash}") from error


@dataclass
class _Transfer:
    """What pooch downloads with: streams a file into `partial`, from where that ends."""

    one: Download
    partial: Path
    progress: Progress | None
    resumed: bool = False

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        import requests
        import urllib3

        if not url.startswith(("http://", "https://")):
            raise SourceError("only http and https are fetched")
        try:
            self._fetch(url)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise SourceError(f"stalled after {self._so_far()}", passing=True) from error
        except requests.exceptions.SSLError as error:
            raise SourceError(f"not to be trusted ({_root(error)})") from error
        except (requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
            raise SourceError(f"the connection failed after {self._so_far()} ({_root(error)})", passing=True) from error
        except requests.RequestException as error:
            raise SourceError(str(error)) from error
        os.replace(self.partial, output_file)

    def _here(self) -> int:
        """Bytes kept from earlier attempts; none if they are too many for this file."""
        size = self.partial.stat().st_size if self.partial.exists() else 0
        return size if size <= self.one.bytes else 0

    def _so_far(self) -> str:
        return f"{self._here():,} of {self.one.bytes:,} bytes"

    def _fetch(self, url: str) -> None:
        """Ask for the rest of the file; for all of it if the server sends something else than that rest."""
        import requests

        here = self._here()
        self.resumed = here > 0
        if here == self.one.bytes:
            return
        for start in (here, 0):
            headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
            with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
                rest = response.status_code == 206 and self._is_rest(response, start)
                if start and not rest and response.status_code in (206, 416):
                    continue
                if not rest and response.status_code != 200:
                    raise _refusal(response)
                self.resumed = rest
                self._write(response, start if rest else 0)
                return

    def _is_rest(self, response: requests.Response, start: int) -> bool:
        rest, stated = f"bytes {start}-{self.one.bytes - 1}", response.headers.get("Content-Range")
        return start > 0 and stated in (f"{rest}/{self.one.bytes}", f"{rest}/*")

    def _write(self, response: requests.Response, start: int) -> None:
        """Add the body to what is there up to `start`; too much of it, or too little, is an error."""
        blocks = response.raw.stream(BLOCK, decode_content=False)  # the bytes as they are: a .gz stays one
        first = next(blocks, b"")
        if self._is_page(response, first if not start else b""):
            raise SourceError("a web page in place of the file; perhaps one has to log in there")
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and start + int(length) != self.one.bytes:
            raise SourceError(f"wrong size: {start + int(length):,} bytes, expected {self.one.bytes:,}")
        size = start
        with open(self.partial, "ab" if start else "wb") as file:
            for block in itertools.chain([first], blocks):
                size += len(block)
                if size > self.one.bytes:
                    break
                file.write(block)
                self._tell(size - len(block), size)
        if size > self.one.bytes:
            self.partial.unlink()
            raise SourceError(f"wrong size: more than {self.one.bytes:,} bytes")
        if size < self.one.bytes:
            raise SourceError(f"it ended after {self._so_far()}", passing=True)

    def _is_page(self, response: requests.Response, beginning: bytes) -> bool:
        if self.one.file.endswith((".html", ".htm")):
            return False
        stated = response.headers.get("Content-Type", "").lower().startswith("text/html")
        return stated or beginning.lstrip().lower().startswith((b"<!doctype html", b"<html"))

    def _tell(self, before: int, now: int) -> None:
        """Report progress for every hundredth of the file."""
        if self.progress and (100 * before // self.one.bytes != 100 * now // self.one.bytes):
            self.progress(self.one.file, now, self.one.bytes)


def _refusal(response: requests.Response) -> SourceError:
    """The error for a status that brings no file: too many requests and trouble on the server may pass."""
    import urllib3

    try:
        wait = urllib3.Retry().get_retry_after(response.raw)
    except urllib3.exceptions.InvalidHeader:
        wait = None
    status = response.status_code
    return SourceError(f"{status} {response.reason}", passing=status in (408, 429) or status >= 500, wait=wait)


def _root(error: BaseException) -> str:
    """What lies at the bottom of it: the libraries wrap an error three times."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return str(error) or type(error).__name__
