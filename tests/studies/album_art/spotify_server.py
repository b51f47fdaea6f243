"""A stand-in of Spotify on 127.0.0.1: tokens, searches by genre, albums, pictures; and trouble when asked."""

from __future__ import annotations

import base64
import contextlib
import io
import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from cosmic_lib.studies.album_art.spotify import Service

from ...http_server import Answer, Handler, Server, status, whole

NAME, SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "96b1f0d3a2874c5e8d1b7a3f60e2c94d"
BASIC = base64.b64encode(f"{NAME}:{SECRET}".encode()).decode()


def picture(colour: int, *, size: int = 640, kind: str = "JPEG") -> bytes:
    """The content of a picture file, another one for each colour."""
    file = io.BytesIO()
    Image.new("RGB", (size, size), (colour % 256, colour * 7 % 256, 90)).save(file, kind)
    return file.getvalue()


def document(value: object, code: int = 200) -> Answer:
    """An answer in JSON."""
    content = json.dumps(value).encode()
    return lambda handler: (
        handler.begin(code, Content_Type="application/json", Content_Length=len(content)),
        handler.send(content),
    )


class SpotifyHandler(Handler):
    """Answers as `Spotify` says."""

    def begin(self, status: int, **headers: object) -> None:
        super().begin(status, Connection="close", **headers)

    def do_GET(self):
        with contextlib.suppress(OSError):  # whoever asked may hang up at any time
            self.server.spotify.answer(self)(self)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()


@dataclass
class Spotify:
    """What there is, and how it is given.

    Args:
        server: of `http_server`, which from now on answers as Spotify.
        lifetime: seconds that a token is said to be good for.
        uses: how often a token is accepted; without end by default.
        troubles: path without its query -> answers that are given, one by one, before the usual ones.
        tokens: those that were given; only the last one is good.
        asked: path and `Authorization` of each request.
        slept: seconds that were waited, as far as the client is told to use `service`.
    """

    server: Server
    lifetime: int = 3600
    uses: int | None = None
    troubles: defaultdict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    tokens: list[str] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    genres: defaultdict[str, list[dict]] = field(default_factory=lambda: defaultdict(list))
    albums: defaultdict[str, list[dict]] = field(default_factory=lambda: defaultdict(list))
    pictures: dict[str, bytes] = field(default_factory=dict)
    numbers: count = field(default_factory=count)
    used: int = 0

    def __post_init__(self):
        self.server.RequestHandlerClass = SpotifyHandler
        self.server.spotify = self

    @property
    def service(self) -> Service:
        """Where it is, for the client; waits take no time."""
        return Service(self.server.url("/v1/"), self.server.url("/api/token"), sleep=self.slept.append)

    def paths(self, beginning: str) -> list[str]:
        """Those that were asked for."""
        return [path for path, _ in self.asked if path.startswith(beginning)]

    def add(self, genre: str, artist: str, *albums: str) -> None:
        """An artist with albums, each with a picture of its own; ids are the names without what is no letter."""
        self.genres[genre].append({"id": ident(artist), "name": artist, "type": "artist"})
        for album in albums:
            self.albums[ident(artist)].append(self.album(album))

    def album(self, name: str) -> dict:
        """An album with its picture in three sizes, the largest first, as Spotify has it."""
        images = []
        for size in (640, 300, 64):
            path = f"/image/{ident(name)}-{size}"
            images.append({"url": self.server.url(path), "width": size, "height": size})
        self.pictures[f"/image/{ident(name)}-640"] = picture(next(self.numbers))
        return {"id": ident(name), "name": name, "album_type": "album", "images": images}

    def answer(self, handler: Handler) -> Answer:
        """What is given to one request."""
        authorization = handler.headers.get("Authorization")
        self.asked.append((handler.path, authorization))
        path, query = urlsplit(handler.path).path, parse_qs(urlsplit(handler.path).query)
        if self.troubles[path]:
            return self.troubles[path].pop(0)
        if path == "/api/token":
            return self._token(authorization)
        if path.startswith("/image/"):
            return whole(self.pictures[path], kind="image/jpeg") if path in self.pictures else status(404)
        if not self._accepts(authorization):  # Spotify itself does not tell the token back, but some proxy may
            return document({"error": {"status": 401, "message": f"The token expired: {authorization}"}}, 401)
        offset, limit = (int(query[name][0]) for name in ("offset", "limit"))
        if limit > 10 or offset + limit > 1000:
            return document({"error": {"status": 400, "message": "Invalid limit"}}, 400)
        if path == "/v1/search":
            assert query["type"] == ["artist"]
            return document({"artists": self._page(self.genres[query["q"][0][7:-1]], offset, limit)})
        return document(self._page(self.albums[path.split("/")[3]], offset, limit))

    def _token(self, authorization: str | None) -> Answer:
        if authorization != f"Basic {BASIC}":
            return document({"error": "invalid_client", "error_description": f"Invalid {authorization}"}, 400)
        self.tokens.append(f"BQ{len(self.tokens):04d}secretToken")
        self.used = 0
        return document({"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": self.lifetime})

    def _accepts(self, authorization: str | None) -> bool:
        self.used += 1
        known = bool(self.tokens) and authorization == f"Bearer {self.tokens[-1]}"
        return known and (self.uses is None or self.used <= self.uses)

    def _page(self, items: list[dict], offset: int, limit: int) -> dict:
        following = self.server.url("/elsewhere") if offset + limit < len(items) else None
        return {"items": items[offset : offset + limit], "next": following, "total": len(items)}


def ident(name: str) -> str:
    """An id of letters and digits."""
    return "".join(letter for letter in name if letter.isalnum())
