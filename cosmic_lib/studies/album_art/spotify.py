"""Spotify's Web API: artists of a genre, their albums, pictures; polite to its limits, silent about the credentials."""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests
import spotipy

CREDENTIALS = ("SPOTIPY_CLIENT_ID", "SPOTIPY_CLIENT_SECRET")
"""Variables of the environment that hold them; nothing else does."""

WHERE = "https://developer.spotify.com/dashboard shows both for an app of yours"
CHECK = f"check {' and '.join(CREDENTIALS)}: {WHERE}"
AGAIN = "run the same line again later; what has been gathered stays"

PAGE = 10
"""Results per request: the most that an app in development mode is given since February 2026."""

LAST = 1000
"""Results of a search that can be had at all."""

WAITS = (1, 4, 15)
"""Seconds before the second, third and fourth attempt, where the server does not say how long to wait."""

LONGEST_WAIT = 300
"""Seconds that a busy server may ask us to wait; if it wants more, we stop and say so."""

TIMEOUT = (10, 30)
"""Seconds to connect, and seconds without any byte after that."""

PASSING = (408, 429, 500, 502, 503, 504)
"""Answers that another attempt may better."""


class SpotifyError(OSError):
    """Why Spotify did not give something, in words and with a remedy; never with a credential.

    Args:
        reason: in words.
        alone: whether it is about what was asked for and nothing else, so that the next request may fare better.
    """

    def __init__(self, reason: str, *, alone: bool = False):
        super().__init__(reason)
        self.alone = alone


@dataclass(frozen=True)
class Service:
    """Where Spotify is, and how it is asked.

    Args:
        api: address that those of the Web API begin with.
        accounts: address that gives tokens.
        pause: seconds between the beginnings of two requests.
        sleep: waits that many seconds.
    """

    api: str = "https://api.spotify.com/v1/"
    accounts: str = "https://accounts.spotify.com/api/token"
    pause: float = 0.25
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Artist:
    """One that a search found."""

    id: str
    name: str


@dataclass(frozen=True)
class Album:
    """One of an artist; `pictures` are address, width and height in pixels, both None where Spotify does not say."""

    id: str
    name: str
    pictures: tuple[tuple[str, int | None, int | None], ...]


class _Secrets(logging.Filter):
    """Blots out the credentials, and each token they get: spotipy logs the headers of its requests."""

    def __init__(self, *texts: str):
        super().__init__()
        self.texts = set(texts)

    def blot(self, text: object) -> str:
        shown = str(text)
        for secret in sorted(self.texts, key=len, reverse=True):
            shown = shown.replace(secret, "***")
        return shown

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.blot(record.getMessage()), None
        return True


class _Memory(spotipy.MemoryCacheHandler):
    """Keeps the token in this process alone; spotipy would write it to a file."""

    def __init__(self, secrets: _Secrets):
        super().__init__()
        self.secrets = secrets

    def save_token_to_cache(self, token_info: dict[str, Any]) -> None:
        self.secrets.texts.add(token_info["access_token"])
        super().save_token_to_cache(token_info)


class _Session(requests.Session):
    """One request at a time, with pauses; what may pass is tried again, as late as the server wants."""

    def __init__(self, service: Service, say: Callable[[str], None]):
        super().__init__()
        self.service, self.say = service, say
        self.earliest = time.monotonic()

    def request(self, method, url, *arguments, **settings):  # type: ignore[override]
        settings["timeout"] = TIMEOUT
        wait: float | None
        for wait in (*WAITS, None):
            self._pause()
            try:
                answer = super().request(method, url, *arguments, **settings)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                if wait is None:
                    raise
            else:
                if wait is None or answer.status_code not in PASSING:
                    return answer
                wait = self._asked(answer, wait)
            self.service.sleep(wait)

    def _pause(self) -> None:
        """Let no request begin too soon after the one before."""
        if (early := self.earliest - time.monotonic()) > 0:
            self.service.sleep(early)
        self.earliest = time.monotonic() + self.service.pause

    def _asked(self, answer: requests.Response, usual: float) -> float:
        """Seconds to wait, as the server asks for; the usual ones if it does not."""
        header = answer.headers.get("Retry-After", "")
        if not header.isdecimal():
            return usual
        wait = float(header)
        if wait > LONGEST_WAIT:
            raise SpotifyError(f"Spotify asks to wait {wait:,.0f} s before the next request; after that, {AGAIN}")
        self.say(f"Spotify asks to wait {wait:.0f} s")
        return wait


class Client:
    """Asks Spotify; see `client`."""

    def __init__(self, service: Service, say: Callable[[str], None]):
        name, secret = _credentials()
        both = base64.b64encode(f"{name}:{secret}".encode()).decode()  # as a request for a token carries them
        self.secrets = _Secrets(name, secret, both)
        self.session = _Session(service, say)
        self.accounts = spotipy.SpotifyClientCredentials(
            name, secret, requests_session=self.session, cache_handler=_Memory(self.secrets)
        )
        self.accounts.OAUTH_TOKEN_URL = service.accounts
        self.api = spotipy.Spotify(auth_manager=self.accounts, requests_session=self.session)
        self.api.prefix = service.api

    def artists(self, genre: str) -> Iterator[Artist]:
        """Artists of a genre, in the order of the search; the genre is one that Spotify gives artists, not albums."""
        for offset in range(0, LAST, PAGE):
            asked = {"q": f'genre:"{genre}"', "type": "artist", "limit": PAGE, "offset": offset}
            items, more = self._page(partial(self.api.search, **asked), "artists")
            yield from (Artist(one["id"], str(one.get("name") or "")) for one in items)
            if not more:
                return

    def albums(self, artist: Artist) -> list[Album]:
        """The newest ten albums of an artist, or as many as there are: one request."""
        items, _ = self._page(partial(self.api.artist_albums, artist.id, include_groups="album", limit=PAGE))
        return [Album(one["id"], str(one.get("name") or ""), _pictures(one)) for one in items]

    def picture(self, address: str) -> bytes:
        """The content of a picture's file.

        Raises:
            SpotifyError: it was not given.
        """
        try:
            answer = self.session.get(address)
        except requests.RequestException as error:
            problem = SpotifyError(self._told(f"no answer from {address} ({type(error).__name__})"), alone=True)
        else:
            if answer.status_code == 200:
                return answer.content
            told = self._told(f"{answer.status_code}, {address}")
            problem = SpotifyError(told, alone=answer.status_code != 429)
        raise problem

    def _page(self, ask: Callable[[], Any], under: str = "") -> tuple[list[dict[str, Any]], bool]:
        """The items of one page, which an answer may have under a name, and whether there is another one."""
        try:
            answer = self._renewing(ask)
            page = answer[under] if under else answer
            items = [one for one in page["items"] if one and re.fullmatch("[0-9A-Za-z]+", one.get("id") or "")]
            return items, bool(page["next"])
        except spotipy.SpotifyOauthError as error:
            problem = SpotifyError(self._told(f"{error}; {CHECK}"))
        except spotipy.SpotifyException as error:
            status = error.http_status
            remedy = CHECK if status in (401, 403) else AGAIN
            told = self._told(f"{status}, {error.msg}; {remedy}")
            problem = SpotifyError(told, alone=status == 404 or status >= 500)
        except requests.RequestException as error:
            problem = SpotifyError(self._told(f"no answer ({error}); check the connection, and {AGAIN}"))
        except (KeyError, TypeError, AttributeError) as error:
            problem = SpotifyError(self._told(f"an answer of an unknown form ({error}); {AGAIN}"))
        raise problem  # here and not above: it is to take along nothing of what spotipy's error knows

    def _renewing(self, ask: Callable[[], Any]) -> Any:
        """An answer; spotipy renews a token that has had its time, and here one goes that is refused before that."""
        try:
            return ask()
        except spotipy.SpotifyException as error:
            if error.http_status != 401:
                raise
        self.accounts.get_access_token(as_dict=False, check_cache=False)
        return ask()

    def _told(self, text: str) -> str:
        return self.secrets.blot(f"Spotify: {' '.join(text.split())}")


@contextlib.contextmanager
def client(service: Service, say: Callable[[str], None]) -> Iterator[Client]:
    """A client with the credentials from the environment; while it is open, spotipy logs without them.

    Args:
        service: whom to ask.
        say: told of each wait that a busy server asks for.

    Raises:
        ValueError: there are no credentials, or they cannot be any.
    """
    made = Client(service, say)
    loggers = [logging.getLogger(f"spotipy.{name}") for name in ("client", "oauth2", "util", "cache_handler")]
    for logger in loggers:
        logger.addFilter(made.secrets)
    try:
        yield made
    finally:
        for logger in loggers:
            logger.removeFilter(made.secrets)
        made.session.close()


def _credentials() -> tuple[str, str]:
    name, secret = (os.environ.get(variable, "").strip() for variable in CREDENTIALS)
    both = " and ".join(CREDENTIALS)
    if not name or not secret:
        raise ValueError(f"Spotify wants credentials: set {both} in the environment; {WHERE}")
    if not re.fullmatch(r"[!-~]+", name + secret):  # anything else is a slip, and an error of spotipy's would show it
        raise ValueError(f"{both} have to be letters and digits alone; copy them again: {WHERE}")
    return name, secret


def _pictures(item: dict[str, Any]) -> tuple[tuple[str, int | None, int | None], ...]:
    images = item.get("images") or ()
    return tuple((one["url"], one.get("width"), one.get("height")) for one in images if one and one.get("url"))
