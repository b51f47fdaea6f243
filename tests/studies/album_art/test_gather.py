"""Covers are gathered once each, politely and resumably, whatever Spotify does; and no credential is to be seen."""

from __future__ import annotations

import importlib.util
import logging
import traceback
from functools import partial
from types import SimpleNamespace

import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from cosmic_lib import catalog, cli, folders, studies
from cosmic_lib.studies.album_art.gather import TRIES, gather
from cosmic_lib.studies.album_art.spotify import CREDENTIALS, LONGEST_WAIT, WAITS, SpotifyError

from ...http_server import broken, status, whole
from .spotify_server import BASIC, NAME, SECRET, Spotify, document, picture


@pytest.fixture(autouse=True)
def _credentials(monkeypatch, tmp_path):
    for variable, value in zip(CREDENTIALS, (NAME, SECRET), strict=True):
        monkeypatch.setenv(variable, value)
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "127.0.0.1")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")  # where spotipy would write its token


@pytest.fixture
def spotify(server) -> Spotify:
    """Two genres: metal with two artists and five albums, country with one artist and three."""
    made = Spotify(server)
    made.add("metal", "Anvil", "Forged", "Struck", "Cooled")
    made.add("metal", "Bolt", "Thread", "Nut")
    made.add("country", "Cart", "Oats", "Hay", "Straw")
    return made


@pytest.fixture
def fill(spotify, tmp_path):
    """`fill(genre, ..., per_genre=500)` gathers from the stand-in."""

    def fill(*genres: str, **settings) -> pd.DataFrame:
        genres = genres or ("metal", "country")
        return gather(tmp_path / "covers", genres, **{"service": spotify.service, **settings})

    return fill


@pytest.fixture
def covers(tmp_path):
    """`covers()` is the files that there are, `covers("excluded")` is why others are not: file -> reason."""

    def covers(table: str = "") -> dict | list:
        folder = tmp_path / "covers"
        if not table:
            return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.suffix != ".csv")
        rows = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
        return dict(zip(rows["file"], rows[rows.columns[-1]], strict=True))

    return covers


def test_every_album_becomes_a_cover_in_the_folder_of_its_artist(fill, covers, spotify, tmp_path):
    summary = fill()
    assert summary.to_dict("list") == {
        "genre": ["metal", "country"],
        "covers": [5, 3],
        "artists": [2, 1],
        "excluded": [0, 0],
    }
    assert set(covers()) == set(covers("gathered"))
    for file, address in covers("gathered").items():
        with Image.open(tmp_path / "covers" / file) as image:
            assert (image.format, image.size) == ("JPEG", (640, 640))
        content = spotify.pictures[address.removeprefix(spotify.server.url(""))]
        assert (tmp_path / "covers" / file).read_bytes() == content
    tree = folders.find(tmp_path / "covers", (".jpg",))
    assert set(tree.files["group"]) == {"metal/Anvil", "metal/Bolt", "country/Cart"}
    table = pd.read_csv(tmp_path / "covers" / "gathered.csv")
    assert list(table.columns) == ["genre", "artist", "album", "file", "address"]
    assert set(table["album"]) == {"Forged", "Struck", "Cooled", "Thread", "Nut", "Oats", "Hay", "Straw"}
    assert {authorization for path, authorization in spotify.asked if path.startswith("/image/")} == {None}


def test_no_more_is_asked_for_than_is_wanted(fill, covers, spotify):
    for number in range(13):
        spotify.add("rap", f"Artist {number}", *(f"Album {number} {one}" for one in range(12)))
    assert list(fill("rap", per_genre=25)["artists"]) == [3]  # ten albums of each at most
    assert len(spotify.paths("/image/")) == 25 and len(spotify.paths("/v1/search")) == 1
    assert list(fill("rap", per_genre=120)["covers"]) == [120]
    assert len(spotify.paths("/image/")) == 120 and len(spotify.paths("/v1/search")) == 1 + 2
    before = len(spotify.asked)
    fill("rap", per_genre=100)
    assert len(spotify.asked) == before


def test_requests_come_one_after_another(fill, spotify):
    fill()
    pauses = len(spotify.asked) - 1
    assert len(spotify.slept) == pauses and 0.15 * pauses < sum(spotify.slept) <= 0.25 * pauses


def test_a_token_that_expires_is_renewed(fill, spotify):
    spotify.lifetime = 30  # spotipy renews one that has less than a minute left
    fill()
    assert len(spotify.tokens) == len(spotify.paths("/v1/")) == 5


def test_a_token_that_is_refused_before_its_time_is_renewed(fill, spotify, covers):
    spotify.uses = 2
    fill()
    assert len(spotify.tokens) == 3 and len(covers()) == 8
    spotify.uses = 0
    with pytest.raises(SpotifyError, match="401, .*SPOTIPY_CLIENT_SECRET"):
        fill("rap")
    assert len(spotify.tokens) == 3 + 2


@pytest.mark.parametrize("path", ["/api/token", "/v1/search", "/v1/artists/Bolt/albums", "/image/Nut-640"])
def test_a_busy_server_gets_the_time_it_asks_for(fill, spotify, covers, path):
    spotify.troubles[path] = [status(429, Retry_After=7), status(429, Retry_After=9)]
    told = []
    fill(say=told.append)
    assert [wait for wait in spotify.slept if wait >= 1] == [7, 9]
    assert told == ["Spotify asks to wait 7 s", "Spotify asks to wait 9 s"]
    assert len(covers()) == 8 and not covers("excluded")


@pytest.mark.parametrize("path", ["/v1/artists/Bolt/albums", "/image/Nut-640"])
def test_a_server_that_wants_too_much_time_ends_it_and_the_same_call_goes_on(fill, spotify, covers, path):
    spotify.troubles[path] = [status(429, Retry_After=81654)]
    with pytest.raises(SpotifyError, match="wait 81,654 s .* what has been gathered stays"):
        fill()
    assert max(spotify.slept) < LONGEST_WAIT
    assert len(covers()) >= 3 and set(covers()) == set(covers("gathered"))
    fill()
    assert len(covers()) == 8


def test_what_may_pass_is_tried_again(fill, spotify, covers):
    spotify.troubles["/v1/search"] = [status(503), status(429, Retry_After="soon"), broken(b"x" * 100, 50)]
    fill("metal")
    assert [wait for wait in spotify.slept if wait >= 1] == list(WAITS)
    assert len(covers()) == 5


def test_pictures_that_are_missing_or_of_another_kind_are_listed(fill, spotify, covers):
    names = ("Bare", "Small", "Null", "Wrong", "Other", "Gone")
    bare, small, null, *_ = spotify.albums["Anvil"] = [spotify.album(name) for name in names]
    bare["images"] = None
    small["images"] = small["images"][1:]
    null["images"] = [None, {**null["images"][0], "width": None, "height": None}]
    spotify.pictures["/image/Wrong-640"] = picture(1, size=600)
    spotify.pictures["/image/Other-640"] = picture(1, kind="PNG")
    del spotify.pictures["/image/Gone-640"]
    spotify.albums["Anvil"] += [None, {**bare, "id": None}, {**bare, "id": "../../up"}]
    fill("metal")
    reasons = covers("excluded")
    expected = {
        "Bare": "no picture of 640 x 640 pixels; there are: none",
        "Small": "there are: 300 x 300, 64 x 64",
        "Wrong": "600 x 600",
        "Other": "not a JPEG",
        "Gone": "404",
    }
    assert set(reasons) == {f"metal/Anvil/{name}.jpg" for name in expected}
    for name, words in expected.items():
        assert words in reasons[f"metal/Anvil/{name}.jpg"]
    assert covers() == ["metal/Anvil/Null.jpg", "metal/Bolt/Nut.jpg", "metal/Bolt/Thread.jpg"]


def test_no_album_is_taken_twice(fill, spotify, covers):
    forged, struck, _ = spotify.albums["Anvil"]
    spotify.albums["Cart"] += [forged]
    spotify.albums["Bolt"] += [struck, {**spotify.album("Reissue"), "images": forged["images"]}]
    spotify.albums["Anvil"] += [{**spotify.album("Forged2"), "name": "FORGED"}, forged]
    for _ in range(2):
        fill()
        assert len(covers()) == 8
        assert covers("excluded") == {
            "metal/Anvil/Forged2.jpg": "an album of that name by that artist is there already: metal/Anvil/Forged.jpg",
            "metal/Bolt/Struck.jpg": "this album is there already: metal/Anvil/Struck.jpg",
            "metal/Bolt/Reissue.jpg": "this picture is there already: metal/Anvil/Forged.jpg",
            "country/Cart/Forged.jpg": "this album is there already: metal/Anvil/Forged.jpg",
        }
    assert not set(spotify.paths("/image/")) & {"/image/Forged2-640", "/image/Reissue-640"}


def test_broken_downloads_are_tried_again_and_then_listed(fill, spotify, covers):
    content = spotify.pictures["/image/Nut-640"]
    spotify.troubles["/image/Nut-640"] = [broken(content, 100), whole(content[:-500]), whole(b"<html>")]
    spotify.troubles["/image/Hay-640"] = [whole(content[:-500])] * TRIES
    spotify.troubles["/image/Oats-640"] = [broken(content, 100)] * (len(WAITS) + 1)
    fill()
    assert "metal/Bolt/Nut.jpg" in covers()
    reasons = covers("excluded")
    assert set(reasons) == {"country/Cart/Hay.jpg", "country/Cart/Oats.jpg"}
    assert "damaged" in reasons["country/Cart/Hay.jpg"] and "no answer" in reasons["country/Cart/Oats.jpg"]
    fill()  # both may do better now
    assert len(covers()) == 8 and not covers("excluded")


def test_an_artist_who_cannot_be_had_is_listed(fill, spotify, covers):
    spotify.troubles["/v1/artists/Anvil/albums"] = [status(404)]
    spotify.troubles["/v1/artists/Bolt/albums"] = [status(500)] * (len(WAITS) + 1)
    fill()
    assert covers() == ["country/Cart/Hay.jpg", "country/Cart/Oats.jpg", "country/Cart/Straw.jpg"]
    assert set(covers("excluded")) == {"metal/Anvil/", "metal/Bolt/"}


@pytest.mark.parametrize("lost", [None, "gathered.csv", "country/Cart/Oats.jpg"])
def test_an_interrupted_call_is_gone_on_with(fill, spotify, covers, tmp_path, lost):
    def kill(steps, title):
        for step in steps:
            if step == 2 and "country" in title:
                raise KeyboardInterrupt
            yield step

    with pytest.raises(KeyboardInterrupt):
        fill(progress=kill)
    assert len(covers()) == 7 and set(covers("gathered")) == set(covers())
    if lost:
        (tmp_path / "covers" / lost).unlink()
    fetched = spotify.paths("/image/")
    assert list(fill()["covers"]) == [5, 3]
    again = spotify.paths("/image/")[len(fetched) :]
    assert again == (["/image/Oats-640"] if lost and "Oats" in lost else []) + ["/image/Straw-640"]
    assert len(covers()) == 8 and set(covers("gathered")) == set(covers())


def shown(error: BaseException) -> str:
    """All that a traceback would print, and what is behind it."""
    texts = traceback.format_exception(error)
    while error := error.__cause__ or error.__context__:
        texts += [str(error), repr(error)]
    return "".join(texts)


@pytest.mark.parametrize("trouble", ["none", "refused", "wrong", "search", "down", "album", "form", "text"])
def test_credentials_are_nowhere_to_be_seen(fill, spotify, tmp_path, caplog, capsys, monkeypatch, trouble):
    caplog.set_level(logging.DEBUG)
    for name in ("spotipy.client", "spotipy.oauth2", "urllib3"):
        caplog.set_level(logging.DEBUG, name)
    echo = {"error": {"status": 403, "message": f"{NAME} {SECRET} {BASIC} BQ0000secretToken"}}
    if trouble == "refused":
        spotify.uses = 0
    elif trouble == "wrong":
        monkeypatch.setenv(CREDENTIALS[1], SECRET[::-1])
    elif trouble == "search":
        spotify.troubles["/v1/search"] = [document(echo, 403)]
    elif trouble == "down":
        spotify.troubles["/api/token"] = [status(503)] * 9
    elif trouble == "album":
        spotify.troubles["/v1/artists/Anvil/albums"] = [document(echo, 404)]
    elif trouble == "form":
        spotify.troubles["/v1/search"] = [document({"artists": {"odd": SECRET}})]
    elif trouble == "text":
        spotify.troubles["/v1/search"] = [document({"error": SECRET}, 400)]
    told = ""
    if trouble in ("none", "album"):
        fill()
    else:
        with pytest.raises(SpotifyError) as caught:
            fill()
        told = shown(caught.value)
    assert "Sending POST request" in caplog.text and "***" in caplog.text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files and all(path.is_relative_to(tmp_path / "covers") for path in files)
    seen = [told, caplog.text, *capsys.readouterr(), *(path.read_bytes().decode("latin-1") for path in files)]
    for secret in (NAME, SECRET, SECRET[::-1], BASIC, "secretToken"):
        assert not [text for text in seen if secret in text]


@pytest.mark.parametrize("value", [None, "", "two words", "naïve"])
def test_missing_credentials_are_named_with_where_to_get_them(fill, spotify, monkeypatch, value):
    if value is None:
        monkeypatch.delenv(CREDENTIALS[1])
    else:
        monkeypatch.setenv(CREDENTIALS[1], value)
    with pytest.raises(
        ValueError, match=r"SPOTIPY_CLIENT_ID and SPOTIPY_CLIENT_SECRET.* https://developer\."
    ) as caught:
        fill()
    assert not value or value not in shown(caught.value)
    assert not spotify.asked


@pytest.mark.parametrize("genre", ["", "..", ".hidden", 'a" OR "b', "a/b", "a\\b", "ends."])
def test_a_genre_that_can_be_no_folder_is_refused(fill, spotify, genre):
    with pytest.raises(ValueError, match="cannot be a genre"):
        fill("metal", genre)
    assert not spotify.asked


def test_genres_of_several_words_are_asked_for_as_they_are(fill, spotify, covers):
    spotify.add("r&b + hip-hop's", "Dune", "Sand")
    fill("r&b + hip-hop's")
    assert covers() == ["r&b + hip-hop's/Dune/Sand.jpg"]


def test_what_cannot_begin_says_why(fill, spotify, tmp_path, monkeypatch):
    for message, settings in (("1 up", {"per_genre": 0}), ("no genres", {"service": None})):
        with pytest.raises(ValueError, match=message):
            gather(tmp_path, [] if "genres" in message else ["metal"], **settings)
    (tmp_path / "covers").mkdir()
    (tmp_path / "covers" / "gathered.csv").write_text("some,thing\n1,2\n")
    with pytest.raises(ValueError, match="gathered.csv: not a table of genre, artist"):
        fill()
    with monkeypatch.context() as patch:
        patch.setenv("COSMIC_OFFLINE", "1")
        with pytest.raises(OSError, match="COSMIC_OFFLINE"):
            fill()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'cosmic_lib\[gather\]'"):
        fill()
    assert not spotify.asked


@pytest.fixture
def at_hand(spotify, monkeypatch):
    """The study as the command line finds it, and with the stand-in in place of Spotify."""
    rooms = {"album_art": SimpleNamespace(gather=partial(gather, service=spotify.service))}
    monkeypatch.setattr(studies, "get", (rooms | {"genre": SimpleNamespace(gather=None)}).get)


@pytest.mark.parametrize("name", ["album-art", "album_art", "album-covers"])
@pytest.mark.parametrize("genres", ["--genres metal rap country", "--genres metal --genres rap --genres country"])
def test_the_command_line_takes_genres_in_a_row(at_hand, spotify, home, name, genres):
    done = CliRunner().invoke(cli.app, ["data", "gather", name, *genres.split(), "--per-genre", "2"])
    assert done.exit_code == 0, done.output
    assert "Developer Policy" in done.output.split("gathering")[0] and "forbids training" in done.output
    found = sorted(path.relative_to(home).as_posix() for path in home.rglob("*.jpg"))
    assert [file.rsplit("/", 1)[0] for file in found] == [
        *2 * ["data/album_covers/country/Cart"],
        *2 * ["data/album_covers/metal/Anvil"],
    ]
    assert [query.split("genre%3A%22")[1].split("%22")[0] for query in spotify.paths("/v1/search")] == [
        "metal",
        "rap",
        "country",
    ]


def test_the_command_line_gathers_where_it_is_told_to(at_hand, tmp_path):
    done = CliRunner().invoke(
        cli.app, ["data", "gather", "album-art", "--root", str(tmp_path / "mine"), "--genres", "metal"]
    )
    assert done.exit_code == 0 and len(list(tmp_path.glob("mine/metal/*/*.jpg"))) == 5
    for secret in (NAME, SECRET, BASIC, "secretToken"):
        assert secret not in done.output


def test_a_study_whose_data_need_not_be_gathered_says_so(at_hand):
    done = CliRunner().invoke(cli.app, ["data", "gather", "gtzan", "--genres", "metal"])
    assert isinstance(done.exception, ValueError) and "cosmic data get gtzan" in str(done.exception)


def test_a_hyphen_stands_for_an_underscore(monkeypatch):
    assert catalog.record("album-art") == catalog.record("album_art") == catalog.record("album-covers")
    monkeypatch.setattr(studies, "names", lambda: ["genre", "two_words"])
    modules = {"cosmic_lib.studies.two_words": TwoWords}
    monkeypatch.setattr(studies.importlib, "import_module", modules.get)
    assert studies.get("two-words") == studies.get("two_words") == "the study"
    with pytest.raises(ValueError, match="no study named 'two-word'"):
        studies.get("two-word")


class TwoWords:
    """Stands in for the module of a study."""

    STUDY = "the study"
