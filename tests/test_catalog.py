"""datasets.yaml: one contract for every record; and what is said of a catalogue that is none."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from cosmic_lib import catalog, studies
from cosmic_lib.catalog import Download

RECORDS = catalog.records()


def is_web(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).netloc)


def check_download(one: Download) -> None:
    assert re.fullmatch(r"\w[\w.-]*", one.file), "a name without separators"
    assert isinstance(one.bytes, int) and one.bytes > 0
    assert one.urls and all(is_web(url) for url in one.urls)
    assert one.sha256 or one.md5
    assert re.fullmatch(r"[0-9a-f]{64}", one.sha256 or 64 * "0")
    assert re.fullmatch(r"[0-9a-f]{32}", one.md5 or 32 * "0")


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_record_keeps_the_contract(name):
    record = RECORDS[name]
    for field in ("title", "licence", "citation", "layout", "group", "items"):
        text = getattr(record, field)
        assert isinstance(text, str) and text.strip(), field
    assert is_web(record.homepage)
    assert re.search(r"\b(19|20)\d\d\b", record.citation), "a citation has a year"
    for one in record.downloads:
        check_download(one)
    living = [url for one in record.downloads for url in one.urls]
    assert len(set(living)) == len(living)
    assert all(is_web(url) for url in record.dead_urls)
    assert not set(living) & set(record.dead_urls)
    assert len({one.file for one in record.downloads}) == len(record.downloads)
    assert all(isinstance(count, int) and count > 0 for count in record.contents.values())
    assert not any(pattern.startswith("/") or ".." in pattern for pattern in record.contents)
    assert record.contents or not record.downloads, "what is fetched can be counted"
    assert len(record.manual) >= 2 and all(isinstance(step, str) and step.strip() for step in record.manual)
    assert any(re.search(r"\bcosmic |https?://", step) for step in record.manual)
    assert record.known_faults
    for fault in record.known_faults:
        assert set(fault) <= {"what", "items", "source"}
        assert fault["what"].strip() and (fault.get("items") or fault.get("source"))
        assert isinstance(fault.get("items", []), list) and isinstance(fault.get("source", ""), str)


def test_records_and_studies_stand_for_each_other():
    keys = re.findall(r"^(\w+):", catalog.path().read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert keys == list(RECORDS), "a key that is there twice"
    uses = [record.study for record in RECORDS.values()]
    assert len(set(uses)) == len(uses)
    assert not set(uses) & set(RECORDS), "a name says either the data set or the study"
    assert set(uses) >= {*studies.names(), "genre", "cifar", "composers", "galaxies", "album_art"}


@pytest.mark.parametrize("name", studies.names())
def test_study_agrees_with_its_record(name):
    study, record = studies.get(name), catalog.record(name)
    assert (study.data_set, study.group) == (record.name, record.group)


@pytest.mark.parametrize(
    ("name", "counted", "left_out"),
    [
        (
            "gtzan",
            ["genres/jazz/jazz.00054.wav", "genres/pop/pop.00001.au", "Data/genres_original/rock/rock.00099.wav"],
            ["genres/jazz/._jazz.00054.wav", "Data/images_original/jazz/jazz00054.png", "genres/jazz/list.mf"],
        ),
        (
            "cifar10",
            ["cifar-10-batches-py/data_batch_5", "cifar-10-batches-py/test_batch", "cifar-10-batches-py/batches.meta"],
            ["cifar-10-batches-py/readme.html", "cifar-10-batches-py/data_batch_6"],
        ),
        (
            "midi_classic_music",
            ["midiclassics/Bach/Bwv001- 400 Chorales/000106b_.mid", "midiclassics/Beethoven/137.MID"],
            [
                "midiclassics/C.P.E.Bach/Solfeggieto.mid",
                "midiclassics/Beethoven/sonata.zip",
                "midiclassics/Liszt x.mid",
            ],
        ),
        (
            "galaxy_zoo2",
            ["images/100097.jpg", "gz2_hart16.csv", "gz2_filename_mapping.csv"],
            ["__MACOSX/images/._100097.jpg", "README.txt"],
        ),
    ],
)
def test_contents_count_what_belongs_to_the_data_set(tmp_path, name, counted, left_out):
    for file in (*counted, *left_out):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    found = [
        path.relative_to(tmp_path).as_posix() for pattern in RECORDS[name].contents for path in tmp_path.glob(pattern)
    ]
    assert sorted(found) == sorted(counted)


def test_record_is_found_by_its_name_and_by_its_study():
    for record in RECORDS.values():
        assert catalog.record(record.name) is catalog.record(record.study) is record


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="'nothing'") as error:
        catalog.record("nothing")
    assert all(name in str(error.value) for name in RECORDS)


def test_hash_is_sha256_where_there_is_one():
    both = {"file": "a.zip", "bytes": 1, "urls": ("https://example.org/a.zip",), "sha256": "5" * 64, "md5": "a" * 32}
    assert Download(**both).hash == f"sha256:{'5' * 64}"
    assert Download(**{**both, "sha256": None}).hash == f"md5:{'a' * 32}"


@pytest.fixture
def own(tmp_path, monkeypatch):
    """`own(text)` makes a catalogue of it, and the one that is used."""

    def make(text: str) -> Path:
        file = tmp_path / "our catalogue.yaml"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setenv("COSMIC_CATALOGUE", str(file))
        return file

    return make


def entry(**changes) -> dict:
    """The entry of GTZAN as it stands in the file, with changes; None takes a field out."""
    fields = yaml.safe_load(catalog.path().read_text(encoding="utf-8"))["gtzan"] | changes
    return {field: value for field, value in fields.items() if value is not None}


def test_catalogue_of_ones_own_takes_the_place_of_ours(own, home):
    mirror = {"file": "clips.zip", "bytes": 7, "md5": "a" * 32, "urls": ["http://localhost/clips.zip"]}
    file = own(yaml.safe_dump({"clips": entry(study="course", downloads=[mirror], dead_urls=None)}))
    assert catalog.path() == file
    assert list(catalog.records()) == ["clips"]
    record = catalog.record("course")
    assert record.folder == home / "data" / "clips"
    assert record.downloads == (Download(**{**mirror, "urls": ("http://localhost/clips.zip",)}),)
    assert record.dead_urls == ()
    with pytest.raises(ValueError, match="there are: clips"):
        catalog.record("gtzan")


@pytest.mark.parametrize("text", ["gtzan: [", "", "just a sentence", "- gtzan\n- cifar10\n"])
def test_file_that_is_no_catalogue_is_named(own, text):
    file = own(text)
    with pytest.raises(ValueError, match=re.escape(str(file))):
        catalog.records()


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"licence": None},
        {"contents": None},
        {"downloads": [{"file": "a.zip", "urls": ["http://localhost/a.zip"], "md5": "a" * 32}]},
        {"downloads": [{"file": "a.zip", "bytes": 1, "md5": "a" * 32}]},
        {"downloads": ["http://localhost/a.zip"]},
    ],
    ids=["unknown field", "no licence", "no contents", "no size", "no urls", "not a download"],
)
def test_entry_that_is_no_record_is_named(own, changes):
    file = own(yaml.safe_dump({"good": entry(), "broken": entry(**changes)}, sort_keys=False))
    with pytest.raises(ValueError, match=rf"{re.escape(str(file))}.* broken"):
        catalog.records()


def test_catalogue_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("COSMIC_CATALOGUE", str(tmp_path / "nowhere.yaml"))
    with pytest.raises(FileNotFoundError, match=r"nowhere\.yaml"):
        catalog.records()
