"""Pictures worth another look: they are what they are called, out of fold, and never from the sealed test set."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from cosmic_lib import cli, corrections, experiment, review, splits, store, studies

from . import leaves, stand_in


@pytest.fixture(scope="module", autouse=True)
def trained():
    """What was trained, as (column, seed); in no time, see `leaves`."""
    done = []

    def train(row, prepared, *, seed, **settings):
        done.append(seed)
        return leaves.train(row, prepared)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "train", train)
        yield done


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def asked(runs):
    return review.Asked.of(review.settings_of(leaves.STUDY, "smoke", runs), leaves.leaves())


@pytest.fixture(scope="module")
def frame(asked):
    return review.answers(asked)


def test_every_open_picture_is_asked_about_once_and_no_sealed_one(asked, frame):
    sealed = asked.table["item"][asked.table["honest"] == splits.TEST]
    assert len(sealed) > 20 and frame["item"].is_unique
    assert set(frame["item"]) == set(asked.table["item"]) - set(sealed)
    assert 0.5 < (frame["answer"] == frame["label"]).mean() < 0.95


def test_answers_are_those_of_the_network_that_did_not_see_the_picture(asked, frame, runs):
    by_item = frame.set_index("item")["probabilities"]
    compared = 0
    for path in runs.glob("[0-9a-f]" * 16 + ".json"):
        result = store.read_json(path)
        held_out = result["predictions"]["held_out"]
        compared += len(held_out["items"])
        assert result["column"] == f"honest_fold{result['seed']}"
        np.testing.assert_allclose(np.stack(by_item[held_out["items"]]), held_out["probabilities"], atol=1e-5)
    assert compared == len(frame)


def test_answers_stand_beside_their_own_picture(asked, frame):
    items = asked.data.items.iloc[frame["row"]]
    for column in ("item", "file", "label", "group"):
        assert items[column].tolist() == frame[column].tolist()


def test_stored_runs_are_read(asked, frame, trained):
    before = list(trained)
    assert before == [0, 1, 2, 3, 4]
    assert review.answers(asked).drop(columns="probabilities").equals(frame.drop(columns="probabilities"))
    assert trained == before


@pytest.mark.parametrize("number", [1, 7, 1000])
def test_the_least_certain_and_the_confidently_wrong_are_what_they_are_called(number, frame):
    chosen = review.doubtful(frame, number=number)
    least, wrong = (chosen[chosen["reason"] == reason] for reason in (review.LEAST_CERTAIN, review.WRONG))
    assert chosen["item"].is_unique and len(least) == min(number, len(frame)) and len(wrong) <= number
    ordered = np.sort(np.stack(least["probabilities"]))
    leads = ordered[:, -1] - ordered[:, -2]
    assert (np.diff(leads) >= 0).all()
    others = frame[~frame["item"].isin(least["item"])]
    assert (others["lead"] >= leads.max()).all()
    assert (wrong["answer"] != wrong["label"]).all()
    assert wrong["probability"].is_monotonic_decreasing
    left = others[(others["answer"] != others["label"]) & ~others["item"].isin(wrong["item"])]
    assert left.empty or left["probability"].max() <= wrong["probability"].min()
    assert number != 7 or len(wrong) == 7


def test_page_and_table_show_the_same_pictures(asked, frame, tmp_path):
    page, listed = review.write(asked, frame, tmp_path / "review", command="cosmic review leaves", number=5)
    text, chosen = page.read_text(), review.doubtful(frame, number=5)
    assert text.count("<img") == text.count('alt="') == len(chosen) == 10
    shown = re.findall(r'src="data:image/png;base64,([^"]+)" alt="([^"]+)"', text)
    for (picture, alt), row in zip(shown, chosen.itertuples(), strict=True):
        drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))))
        pixels = asked.data.arrays["pictures"][row.row]
        times = len(drawn) // len(pixels)
        assert times > 10 and (drawn == pixels.repeat(times, axis=0).repeat(times, axis=1)).all()
        for said in (row.item, row.file, f"label {row.label}", f"answer {row.answer} ({row.probability:.2f})"):
            assert said in alt
    lines = listed.read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == chosen["item"].tolist()
    assert all(line.endswith(",,") for line in lines[1:])
    for said in ("Made-up sample", "corrections.csv", "cosmic review leaves", "none about the sealed test set"):
        assert said in text, said


def test_grey_pictures_and_hostile_names_are_shown(runs, tmp_path):
    data = leaves.leaves(channels=1)
    data = replace(data, items=data.items.assign(file="=<script>alert(1)</script>"))
    grey = review.Asked.of(review.settings_of(leaves.STUDY, "smoke", runs), data)
    page, listed = review.write(grey, review.answers(grey), tmp_path, command="a <b>", number=2)
    assert page.read_text().count("<img") == 4 and "<script>" not in page.read_text() and "<b>" not in page.read_text()
    assert ",'=<script>" in listed.read_text()


def test_the_page_of_something_else_and_a_table_with_entries_stay(asked, frame, tmp_path):
    page, listed = review.write(asked, frame, tmp_path, command="again")
    listed.write_text(listed.read_text().replace(",,", ",ash,a note", 1))
    typed = listed.read_bytes()
    assert review.write(asked, frame, tmp_path, command="again") == (page, tmp_path / "corrections-2.csv")
    assert listed.read_bytes() == typed and "corrections-2.csv" in page.read_text()
    page.write_text("<h1>My home page</h1>")
    with pytest.raises(FileExistsError, match=r"index\.html: a page of something else, which stays; .*--out"):
        review.write(asked, frame, tmp_path, command="again")
    assert page.read_text() == "<h1>My home page</h1>"


def test_with_official_parts_networks_are_asked_together_about_validation(runs):
    data = leaves.leaves(official=True)
    asked = review.Asked.of(review.settings_of(leaves.STUDY, "smoke", runs), data)
    frame = review.answers(asked)
    assert asked.plan == [("honest", 0), ("honest", 1)]
    assert set(frame["item"]) == set(asked.table["item"][asked.table["honest"] == splits.VALIDATION])
    results = [experiment.run(asked.row, asked.data, asked.table, *plan[:1], seed=plan[1], runs=runs, mode="smoke")
               for plan in asked.plan]  # fmt: skip
    means = np.mean([one["predictions"]["validation"]["probabilities"] for one in results], axis=0)
    np.testing.assert_allclose(np.stack(frame["probabilities"]), means)


def test_what_is_no_picture_is_refused(runs):
    with pytest.raises(ValueError, match=r"leaves: leaf_2 is fed numbers, which are no pictures .*see --experiment: l"):
        review.settings_of(leaves.STUDY, "smoke", runs, experiment="leaf_2")
    with pytest.raises(ValueError, match=r"genre: net5_adam is fed segment_features, which are no pictures"):
        review.settings_of(studies.get("genre"), "smoke", runs)
    with pytest.raises(ValueError, match=r"names no experiment to ask; choose one with --experiment"):
        review.settings_of(replace(leaves.STUDY, asked=""), "smoke", runs)
    with pytest.raises(ValueError, match=r"no experiment named leaf_9 in leaves; there are: leaf_1, leaf_2"):
        review.settings_of(leaves.STUDY, "smoke", runs, experiment="leaf_9")
    data = leaves.leaves()
    scaled = replace(data, arrays={"pictures": data.arrays["pictures"] / np.float32(255)})
    with pytest.raises(ValueError, match=r"leaf_1 is fed pictures, which are no pictures to look at; no experiment"):
        review.Asked.of(review.settings_of(leaves.STUDY, "smoke", runs), scaled)


def do(*arguments: str):
    done = CliRunner().invoke(cli.app, ["review", "cifar", "--mode", "smoke", "--experiment", "cnn_1", *arguments])
    return done, " ".join(done.output.split())


def test_the_command_writes_reads_and_compares(home, monkeypatch):
    monkeypatch.setattr(experiment, "train", stand_in.train)
    done, printed = do("--number", "6")
    assert done.exit_code == 0, done.output
    folder = home / "reports" / "cifar" / "review"
    listed = folder / "corrections.csv"
    assert f"see {listed}" in printed and (folder / "index.html").read_text().count("<img") == 12
    header, *lines = listed.read_text(encoding="utf-8-sig").splitlines()
    answers = [line.removesuffix(",,") + f",{line.split(',')[3].upper()}," for line in lines[:-1]]
    listed.write_text("\n".join([header, *answers, lines[-1].removesuffix(",,") + ",exclude,blurred"]))
    typed = listed.read_bytes()
    done, printed = do("--corrections", str(listed))
    assert done.exit_code == 0, done.output
    for said in ("1 left out", "What the corrections change", "no folds", "not what is learned", "confirmed"):
        assert said in printed, said
    done, printed = do("--number", "6")
    assert f"{listed}: somebody wrote into it, so it stays" in printed and "corrections-2.csv" in printed
    assert listed.read_bytes() == typed and not list((home / "runs").rglob("test_openings.json"))


def test_errors_come_before_anything_is_loaded(monkeypatch):
    monkeypatch.setattr(cli, "load", lambda *settings: pytest.fail("loaded"))
    for arguments, message in {
        ("--corrections", "gone.csv"): "gone.csv: no such file; cosmic review cifar writes one",
        ("--experiment", "cnn_99"): "no experiment named cnn_99 in cifar",
    }.items():
        assert message in str(do(*arguments)[0].exception)
    assert corrections.LISTED == "corrections.csv"
