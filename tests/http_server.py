"""A web server on 127.0.0.1 that misbehaves as a test tells it to."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Gives the answers that `Server.answers` lists for a path one by one, and then the last one again and again."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self):
        self.close_connection = True
        answers = self.server.answers[self.path]
        number = len(self.server.ranges[self.path])
        self.server.ranges[self.path].append(self.headers.get("Range"))
        with contextlib.suppress(OSError):  # whoever asked may hang up at any time
            answers[min(number, len(answers) - 1)](self)

    @property
    def start(self) -> int:
        """First byte asked for."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(found[1]) if found else 0

    def begin(self, status: int, **headers: object) -> None:
        """Send the status line and headers; underscores in their names stand for hyphens."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def send(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    """Answers per path, and the Range header (or None) of every request that came for it."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.ranges: defaultdict[str, list[str | None]] = defaultdict(list)
        self.closing = threading.Event()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, request, client_address):
        """Say nothing: connections are broken off on purpose."""


@contextlib.contextmanager
def running() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


def whole(content: bytes, *, kind: str = "application/octet-stream", ranges: bool = True) -> Answer:
    """The file, or the part of it that was asked for, as a good server sends it."""

    def answer(handler: Handler) -> None:
        start = handler.start if ranges else 0
        if start >= len(content):
            handler.begin(416, Content_Range=f"bytes */{len(content)}", Content_Length=0)
            return
        span = {"Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        handler.begin(206 if start else 200, Content_Type=kind, Content_Length=len(content) - start, **span)
        handler.send(content[start:])

    return answer


def status(code: int, **headers: object) -> Answer:
    """An error, with a page that describes it."""
    page = b"<html><body>something went wrong</body></html>"
    return lambda handler: (
        handler.begin(code, Content_Type="text/html", Content_Length=len(page), **headers),
        handler.send(page),
    )


def without_length(content: bytes) -> Answer:
    """The file, in chunks, so that nobody knows how long it will be."""

    def answer(handler: Handler) -> None:
        handler.begin(200, Transfer_Encoding="chunked")
        for piece in (content[start : start + 1000] for start in range(0, len(content), 1000)):
            handler.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.send(b"0\r\n\r\n")

    return answer


def broken(content: bytes, at: int, end: Callable[[Handler], None] = lambda handler: None) -> Answer:
    """A file of which byte `at` and what follows never comes; `end` is how it ends, a closed connection by default."""

    def answer(handler: Handler) -> None:
        start = handler.start
        span = {"Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        handler.begin(206 if start else 200, Content_Length=len(content) - start, **span)
        handler.send(content[start:at])
        end(handler)

    return answer


def stall(handler: Handler) -> None:
    """Send nothing more, and keep the connection."""
    handler.server.closing.wait(60)


def reset(when: Callable[[], bool] = lambda: True) -> Callable[[Handler], None]:
    """Break the connection off with an RST, as a failing network does, as soon as the condition holds."""

    def end(handler: Handler) -> None:
        while not when() and not handler.server.closing.wait(0.002):
            pass
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(handler.connection.detach())

    return end
