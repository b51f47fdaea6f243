"""A data set is there whole or not at all, whoever is killed or in the way."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from cosmic_lib import archive, download, fetch
from cosmic_lib.archive import ArchiveError
from cosmic_lib.catalog import Record
from cosmic_lib.fetch import FetchError

from .archives import make_zip
from .http_server import broken, stall, status, whole
from .tiny_data_set import CLIPS, LABELS, assert_whole, left, make_download, make_record

pytestmark = pytest.mark.usefixtures("slept")
BLOCK = download.BLOCK
PAGE = b"<!DOCTYPE html><html><body>Please log in.</body></html>"


@pytest.fixture
def served(server):
    """`served(answer, ...)` is the record of a data set at one address that gives these answers in turn."""

    def _served(*answers, content: bytes = CLIPS) -> Record:
        server.answers["/clips.zip"] = list(answers)
        return make_record(make_download(server.url("/clips.zip"), content=content))

    return _served


def test_a_data_set_is_fetched_once(served, server):
    record = served(whole(CLIPS))
    assert fetch.get(record) == record.folder
    assert_whole(record)
    assert fetch.get(record) == record.folder
    assert server.ranges["/clips.zip"] == [None]


def test_a_folder_that_exists_is_never_touched(served, server, monkeypatch):
    record = served(whole(CLIPS))
    record.folder.mkdir(parents=True)
    (record.folder / "mine.wav").write_bytes(b"mine")
    monkeypatch.delattr("filelock.FileLock")  # nor is anything locked: the place may be read-only
    assert fetch.get(record) == record.folder
    assert [path.name for path in record.folder.iterdir()] == ["mine.wav"]
    assert server.ranges == {}


def partial(record: Record) -> Path:
    """What an unfinished download is kept in."""
    return record.folder.parent / ".tiny.unfinished" / "clips.zip.partial"


def leave(record: Record, content: bytes) -> None:
    """Leave what a killed download would."""
    partial(record).parent.mkdir(parents=True)
    partial(record).write_bytes(content)


@pytest.mark.parametrize(
    "answer", [status(404), status(503), whole(PAGE), whole(bytes(len(CLIPS))), whole(CLIPS + b"1")]
)
def test_when_all_sources_fail_the_way_by_hand_is_told_and_nothing_stays(server, home, answer):
    server.answers |= {"/one": [answer], "/two": [status(404)]}
    record = make_record(make_download(server.url("/one"), server.url("/two")))
    partial(record).parent.mkdir(parents=True)
    partial(record).with_name("tmp123").write_bytes(b"of a process that was killed")
    with pytest.raises(FetchError) as caught:
        fetch.get(record)
    text = str(caught.value)
    assert text.startswith("clips.zip: none of its sources gave it") and server.url("/one") in text
    assert f"{server.url('/two')}: 404 Not Found\n{fetch.manual_route(record)}" in text
    assert left(home) == set()


def test_what_came_before_a_failure_is_all_that_stays_and_the_next_call_goes_on_with_it(served, server, home):
    attempts = len(download.WAITS) + 1
    record = served(*[broken(CLIPS, BLOCK)] * attempts, whole(CLIPS))
    with pytest.raises(FetchError, match=f"failed after {BLOCK:,} of"):
        fetch.get(record)
    assert left(home) == {".tiny.unfinished", ".tiny.unfinished/clips.zip.partial"}
    told = []
    fetch.get(record, progress=lambda *values: told.append(values))
    assert_whole(record)
    assert server.ranges["/clips.zip"] == [None, *[f"bytes={BLOCK}-"] * attempts]
    assert told[-1] == ("clips.zip", len(CLIPS), len(CLIPS))


CALL = """
import sys, logging
logging.basicConfig(stream=sys.stdout, level="DEBUG", format="%(message)s")
from cosmic_lib import fetch
from tests.tiny_data_set import make_download, make_record
fetch.get(make_record(make_download(sys.argv[1])))
"""


@pytest.fixture
def start(server):
    """`start()` gets the data set in a process of its own."""
    processes = []

    def _start() -> subprocess.Popen:
        command = [sys.executable, "-c", CALL, server.url("/clips.zip")]
        clone = Path(__file__).parents[1]
        process = subprocess.Popen(
            command, cwd=clone, env=os.environ | {"PYTHONPATH": str(clone)}, stdout=subprocess.PIPE
        )
        processes.append(process)
        return process

    yield _start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_download_that_is_killed_is_resumed(served, server, start, home):
    record = served(broken(CLIPS, 2 * BLOCK, stall), whole(CLIPS))
    process = start()
    while not partial(record).exists() or partial(record).stat().st_size < 2 * BLOCK:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not record.folder.exists() and ".tiny.lock" in left(home)
    fetch.get(record)
    assert_whole(record)
    assert server.ranges["/clips.zip"] == [None, f"bytes={2 * BLOCK}-"]


def test_of_two_processes_one_fetches_and_the_other_waits(served, server, start):
    waiting = []

    def answer(handler):
        second = start()
        waiting.append(second)
        while b"not acquired" not in second.stdout.readline():
            assert second.poll() is None
        whole(CLIPS)(handler)

    record = served(answer)
    first = start()
    assert first.wait() == 0
    assert waiting[0].wait() == 0
    assert_whole(record)
    assert server.ranges["/clips.zip"] == [None]


@pytest.mark.parametrize("call", ["unpack", "rename"])
def test_what_is_killed_after_the_download_is_not_fetched_again(served, server, monkeypatch, home, call):
    record = served(whole(CLIPS))

    def killed(*args):
        if call == "unpack":
            (args[1] / "half").write_bytes(b"half a file")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(*{"unpack": (archive, "unpack"), "rename": (Path, "rename")}[call], killed)
        fetch.get(record)
    assert left(home) == {".tiny.unfinished", ".tiny.unfinished/clips.zip"}
    (home / "data" / ".tiny.unfinished" / "whole" / "half").mkdir(parents=True)
    fetch.get(record)
    assert_whole(record)
    assert server.ranges["/clips.zip"] == [None]


def test_what_is_killed_when_all_is_done_but_tidying_is_tidied(served, home):
    record = served(whole(CLIPS))
    fetch.get(record)
    leave(record, b"1")
    (home / "data" / ".tiny.lock").touch()
    fetch.get(record)
    assert_whole(record)


def test_a_folder_that_is_there_is_given_even_if_nobody_may_tidy_beside_it(served, home, monkeypatch):
    record = served(whole(CLIPS))
    fetch.get(record)
    leave(record, b"1")

    def denied(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", denied)
    assert fetch.get(record) == record.folder


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), PermissionError(errno.EACCES, "no")]
)
@pytest.mark.parametrize("call", ["copyfile", "mkdir", "rename"])
def test_a_disk_that_is_full_or_read_only_is_reported(server, monkeypatch, slept, home, call, error):
    server.answers["/labels.csv"] = [whole(LABELS)]
    record = make_record(make_download(server.url("/labels.csv"), file="labels.csv", content=LABELS))

    def fail(*args, **kwargs):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(fetch.shutil if call == "copyfile" else Path, call, fail)
        with pytest.raises(FetchError, match=f"tiny: cannot be made .*{error.strerror}.*COSMIC_HOME"):
            fetch.get(record)
    assert not record.folder.exists() and slept == []
    assert not (home / "data").exists() or not {name for name in left(home) if "whole" in name or "lock" in name}
    fetch.get(record)
    assert len(server.ranges["/labels.csv"]) == 1


def test_too_small_a_disk_is_noticed_before_anything_is_fetched(served, server, monkeypatch, home):
    record = served(whole(CLIPS))
    needed = (1 + fetch.UNPACKED) * len(CLIPS)
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda folder: SimpleNamespace(free=needed - 1))
    with pytest.raises(FetchError, match=f"needs about {needed:,} bytes, and {needed - 1:,} are free; make room"):
        fetch.get(record)
    assert server.ranges == {} and left(home) == set()
    leave(record, CLIPS[:1])
    fetch.get(record)
    assert_whole(record)


def test_an_archive_that_is_not_to_be_trusted_is_not_used(served, home):
    content = make_zip([("../evil", b"1")])
    with pytest.raises(ArchiveError, match="out of the folder"):
        fetch.get(served(whole(content), content=content))
    assert left(home) == {".tiny.unfinished", ".tiny.unfinished/clips.zip"}
