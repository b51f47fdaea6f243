"""Sources that misbehave: the file comes whole from the first that has it, and every reason is told."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from cosmic_lib import download
from cosmic_lib.catalog import Download
from cosmic_lib.download import BLOCK, DownloadError

from .http_server import broken, reset, running, stall, status, whole, without_length

pytestmark = pytest.mark.usefixtures("slept")
CONTENT = np.random.default_rng(0).bytes(4 * BLOCK + 1000)
PAGE = b"\n<!DOCTYPE html><html><body>Please log in.</body></html>"


def make(*urls: str, file: str = "clips.bin", content: bytes = CONTENT) -> Download:
    return Download(file=file, bytes=len(content), urls=urls, sha256=hashlib.sha256(content).hexdigest())


@pytest.fixture
def served(server):
    """`served(answer, ...)` is a file at one address that gives these answers in turn."""

    def _served(*answers, content: bytes = CONTENT) -> Download:
        server.answers["/clips"] = list(answers)
        return make(server.url("/clips"), content=content)

    return _served


def assert_whole(path: Path, folder: Path) -> None:
    """The file is there, all of it, and nothing else."""
    assert path == folder / "clips.bin" and path.read_bytes() == CONTENT
    assert list(folder.iterdir()) == [path]


def test_a_file_is_fetched_once(served, server, tmp_path):
    one = served(whole(CONTENT))
    assert_whole(download.download(one, tmp_path / "new"), tmp_path / "new")
    assert_whole(download.download(one, tmp_path / "new"), tmp_path / "new")
    assert server.ranges["/clips"] == [None]


def test_a_file_that_is_no_longer_right_is_fetched_again(served, tmp_path):
    (tmp_path / "clips.bin").write_bytes(CONTENT[::-1])
    assert_whole(download.download(served(whole(CONTENT)), tmp_path), tmp_path)


LASTING = {
    "404": (status(404), "404 Not Found"),
    "404 that tells a busy tale": (status(404, Retry_After="soon"), "404 Not Found"),
    "403": (status(403), "403 Forbidden"),
    "410": (status(410), "410 Gone"),
    "a part that nobody asked for": (status(206), "206 Partial Content"),
    "a web page": (whole(PAGE, kind="text/html; charset=utf-8"), "a web page in place of the file"),
    "a page that says it is a file": (whole(PAGE.ljust(len(CONTENT))), "a web page in place of the file"),
    "a file that says it is a page": (whole(CONTENT, kind="text/html"), "a web page in place of the file"),
    "wrong content": (whole(bytes(len(CONTENT))), "wrong content"),
    "a larger file": (whole(CONTENT + b"1"), f"wrong size: {len(CONTENT) + 1:,} bytes, expected {len(CONTENT):,}"),
    "a larger file of unknown length": (
        without_length(CONTENT + b"1"),
        f"wrong size: more than {len(CONTENT):,} bytes",
    ),
    "a smaller file": (whole(CONTENT[:-1]), "wrong size"),
}
PASSING = {
    "500": (status(500), "500 Internal Server Error"),
    "503": (status(503), "503 Service Unavailable"),
    "429": (status(429), "429 Too Many Requests"),
    "408": (status(408), "408 Request Timeout"),
    "a truncated body": (broken(CONTENT, BLOCK), f"failed after {BLOCK:,} of {len(CONTENT):,} bytes"),
    "a truncated body of unknown length": (without_length(CONTENT[:-1]), f"ended after {len(CONTENT) - 1:,} of"),
    "a reset": (broken(CONTENT, 1000, reset()), f"of {len(CONTENT):,} bytes"),
    "no answer": (lambda handler: None, "failed after 0 of"),
}


@pytest.mark.parametrize("name", LASTING)
def test_what_will_not_pass_makes_for_the_next_source_at_once(server, slept, tmp_path, name):
    server.answers |= {"/bad": [LASTING[name][0]], "/good": [whole(CONTENT)]}
    assert_whole(download.download(make(server.url("/bad"), server.url("/good")), tmp_path), tmp_path)
    assert server.ranges == {"/bad": [None], "/good": [None]}
    assert slept == []


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_tried_again(served, server, slept, tmp_path, name):
    one = served(PASSING[name][0], whole(CONTENT))
    assert_whole(download.download(one, tmp_path), tmp_path)
    assert len(server.ranges["/clips"]) == 2
    assert slept == [download.WAITS[0]]


@pytest.mark.parametrize("name", [*LASTING, *PASSING])
def test_when_all_sources_fail_each_is_named_with_its_error(server, slept, tmp_path, name):
    answer, reason = (LASTING | PASSING)[name]
    server.answers |= {"/one": [answer], "/two": [status(404)]}
    with pytest.raises(DownloadError) as caught:
        download.download(make(server.url("/one"), server.url("/two"), "ftp://example.org/clips"), tmp_path)
    first, one, two, three = str(caught.value).splitlines()
    assert "clips.bin" in first
    assert server.url("/one") in one and reason in one
    assert server.url("/two") in two and "404" in two
    assert "ftp://example.org/clips: only http and https" in three
    attempts = 1 if name in LASTING else len(download.WAITS) + 1
    assert len(server.ranges["/one"]) == attempts and len(server.ranges["/two"]) == 1
    assert slept == list(download.WAITS)[: attempts - 1]
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == ({"clips.bin.partial"} if name.startswith(("a truncated", "a reset")) and kept else set())


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7),
        ("3600", 60),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2999 07:28:00 GMT", 60),
        ("soon", None),
    ],
)
def test_a_busy_server_is_given_the_time_it_asks_for(served, slept, tmp_path, asked, seconds):
    one = served(status(429, Retry_After=asked), status(503, Retry_After=asked), whole(CONTENT))
    download.download(one, tmp_path)
    assert slept == ([seconds] * 2 if seconds is not None else list(download.WAITS[:2]))


@pytest.mark.parametrize("answer", [stall, broken(CONTENT, BLOCK, stall)], ids=["at once", "later"])
def test_a_stall_is_an_error_and_may_pass(served, server, monkeypatch, slept, tmp_path, answer):
    monkeypatch.setattr(download, "TIMEOUT", (10, 0.3))
    start = 0 if answer is stall else BLOCK
    one = served(answer, answer, whole(CONTENT))
    with monkeypatch.context() as patch, pytest.raises(DownloadError, match=f"stalled after {start:,} of"):
        patch.setattr(download, "WAITS", ())
        download.download(one, tmp_path)
    assert_whole(download.download(one, tmp_path), tmp_path)
    assert server.ranges["/clips"] == [None, *[f"bytes={start}-" if start else None] * 2]
    assert slept == [download.WAITS[0]]


def test_a_source_that_cannot_be_reached_is_reported(slept, tmp_path):
    with running() as gone:
        url = gone.url("/clips")
    with pytest.raises(DownloadError, match=r"failed after 0 of .*refused"):
        download.download(make(url), tmp_path)
    assert slept == list(download.WAITS)


def test_after_a_reset_only_the_rest_is_asked_for(served, server, tmp_path):
    partial = tmp_path / "clips.bin.partial"

    def reset_at(size):
        return broken(CONTENT, size, reset(lambda: partial.exists() and partial.stat().st_size == size))

    one = served(reset_at(BLOCK), reset_at(3 * BLOCK), whole(CONTENT))
    assert_whole(download.download(one, tmp_path), tmp_path)
    assert server.ranges["/clips"] == [None, f"bytes={BLOCK}-", f"bytes={3 * BLOCK}-"]


def test_what_a_killed_process_left_is_gone_on_with(served, server, tmp_path):
    (tmp_path / "clips.bin.partial").write_bytes(CONTENT[:1234])
    assert_whole(download.download(served(whole(CONTENT)), tmp_path), tmp_path)
    assert server.ranges["/clips"] == ["bytes=1234-"]


def test_a_process_killed_at_the_very_end_left_all_there_is(served, server, tmp_path):
    (tmp_path / "clips.bin.partial").write_bytes(CONTENT)
    assert_whole(download.download(served(status(500)), tmp_path), tmp_path)
    assert server.ranges == {}


def another_part(handler):
    handler.begin(206, Content_Range=f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}", Content_Length=len(CONTENT))
    handler.send(CONTENT)


def of_another_file(handler):
    handler.begin(
        206, Content_Range=f"bytes 1234-{len(CONTENT) - 1}/{len(CONTENT) + 1}", Content_Length=len(CONTENT) - 1234
    )
    handler.send(CONTENT[1234:])


AGAIN = {
    "ranges are ignored": (CONTENT[:1234], [whole(CONTENT, ranges=False)], ["bytes=1234-"]),
    "another part is sent": (CONTENT[:1234], [another_part, whole(CONTENT)], ["bytes=1234-", None]),
    "a part of another file is sent": (CONTENT[:1234], [of_another_file, whole(CONTENT)], ["bytes=1234-", None]),
    "there is no such part": (CONTENT[:1234], [status(416), whole(CONTENT)], ["bytes=1234-", None]),
    "what came was of another file": (b"other" * 10, [whole(CONTENT)], ["bytes=50-", None]),
    "all that came was of another file": (bytes(len(CONTENT)), [whole(CONTENT)], [None]),
    "more came than the file has": (CONTENT + b"1", [whole(CONTENT)], [None]),
}


@pytest.mark.parametrize("name", AGAIN)
def test_where_going_on_fails_the_file_is_fetched_from_its_beginning(served, server, slept, tmp_path, name):
    before, answers, ranges = AGAIN[name]
    (tmp_path / "clips.bin.partial").write_bytes(before)
    assert_whole(download.download(served(*answers), tmp_path), tmp_path)
    assert server.ranges["/clips"] == ranges
    assert slept == []


def test_what_was_fetched_from_its_beginning_is_not_fetched_twice(served, server, tmp_path):
    (tmp_path / "clips.bin.partial").write_bytes(CONTENT[:1234])
    with pytest.raises(DownloadError, match="wrong content"):
        download.download(served(whole(bytes(len(CONTENT)), ranges=False)), tmp_path)
    assert server.ranges["/clips"] == ["bytes=1234-"]


def test_the_next_source_goes_on_where_the_last_one_broke_off(server, monkeypatch, tmp_path):
    monkeypatch.setattr(download, "WAITS", ())
    server.answers |= {"/one": [broken(CONTENT, BLOCK)], "/two": [whole(CONTENT)]}
    assert_whole(download.download(make(server.url("/one"), server.url("/two")), tmp_path), tmp_path)
    assert server.ranges["/two"] == [f"bytes={BLOCK}-"]


def test_a_file_that_is_compressed_stays_so(server, tmp_path):
    """Servers like to say that a .gz is a text compressed for the journey, which a browser would then unpack."""
    content = b"\x1f\x8b\x08" + CONTENT[:2000]

    def answer(handler):
        handler.begin(200, Content_Encoding="gzip", Content_Length=len(content))
        handler.send(content)

    server.answers["/a"] = [answer]
    assert download.download(make(server.url("/a"), content=content), tmp_path).read_bytes() == content


def test_servers_are_not_to_compress_what_they_send(served, tmp_path):
    def answer(handler):
        if "gzip" in handler.headers["Accept-Encoding"]:
            handler.begin(200, Content_Encoding="gzip", Content_Length=10)
        whole(CONTENT)(handler)

    assert_whole(download.download(served(answer), tmp_path), tmp_path)


def test_an_endless_file_is_not_read_to_its_end(served, tmp_path):
    read = []

    def answer(handler):
        without_length(CONTENT + bytes(64 * 2**20))(handler)
        read.append("all of it")

    with pytest.raises(DownloadError, match=f"more than {len(CONTENT):,} bytes"):
        download.download(served(answer), tmp_path)
    assert read == []


def test_a_web_page_may_be_what_is_wanted(server, tmp_path):
    server.answers["/a"] = [whole(PAGE, kind="text/html")]
    one = make(server.url("/a"), file="about.html", content=PAGE)
    assert download.download(one, tmp_path).read_bytes() == PAGE


def test_md5_will_do_where_there_is_nothing_better(server, tmp_path):
    server.answers |= {"/bad": [whole(bytes(len(CONTENT)))], "/good": [whole(CONTENT)]}
    urls = (server.url("/bad"), server.url("/good"))
    one = Download("clips.bin", len(CONTENT), urls, md5=hashlib.md5(CONTENT).hexdigest())
    assert_whole(download.download(one, tmp_path), tmp_path)
    assert len(server.ranges["/good"]) == 1


def test_progress_is_told_a_hundred_times_at_most(served, tmp_path):
    content = np.random.default_rng(0).bytes(200 * BLOCK)
    (tmp_path / "clips.bin.partial").write_bytes(content[: 100 * BLOCK])
    told = []
    download.download(served(whole(content), content=content), tmp_path, progress=lambda *values: told.append(values))
    assert {(name, total) for name, _, total in told} == {("clips.bin", len(content))}
    done = [here for _, here, _ in told]
    assert done == sorted(done) and 40 < len(done) <= 50
    assert done[0] > 100 * BLOCK and done[-1] == len(content)


def test_a_disk_that_is_full_is_no_reason_to_try_again(served, server, monkeypatch, slept, tmp_path):
    def full(path, mode):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "open", full, raising=False)
    with pytest.raises(OSError, match="No space left") as caught:
        download.download(served(whole(CONTENT)), tmp_path)
    assert not isinstance(caught.value, DownloadError)
    assert len(server.ranges["/clips"]) == 1 and slept == []
