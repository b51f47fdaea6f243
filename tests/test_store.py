"""Files that are whole or not there, and hashes that are the same everywhere."""

import errno
import json
import os
import platform
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

from cosmic_lib import store


def test_home_is_what_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("COSMIC_HOME", str(tmp_path))
    assert store.home() == tmp_path
    monkeypatch.delenv("COSMIC_HOME")
    assert store.home().resolve() == store.Path.cwd()


def test_threads_are_capped_by_one_setting(monkeypatch):
    monkeypatch.setenv("COSMIC_THREADS", "3")
    assert store.threads() == 3
    monkeypatch.delenv("COSMIC_THREADS")
    assert 1 <= store.threads() <= os.cpu_count()


@pytest.mark.parametrize("setting", ["0", "-1", "many", "", "1.5"])
def test_a_wrong_number_of_threads_is_refused(monkeypatch, setting):
    monkeypatch.setenv("COSMIC_THREADS", setting)
    with pytest.raises(ValueError, match="COSMIC_THREADS"):
        store.threads()


def test_files_are_written_whole(tmp_path):
    path = tmp_path / "new" / "folder" / "file.bin"
    store.write_bytes(path, b"old")
    store.write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("call", ["os.replace", "Path.write_bytes"])
def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch, failure, call):
    path = tmp_path / "file.json"
    store.write_json(path, {"is": "old"})

    def fail(*args):
        raise failure

    with monkeypatch.context() as broken, pytest.raises(failure):
        broken.setattr(f"cosmic_lib.store.{call}", fail)
        store.write_json(path, {"is": "new"})
    assert store.read_json(path) == {"is": "old"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="limits are a matter of POSIX")
def test_a_disk_that_fills_up_leaves_the_old_file_and_names_the_remedy(tmp_path):
    """The system cuts the write off half-way, as it does on a full disk."""
    code = (
        "import resource; from pathlib import Path; from cosmic_lib import store;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        f"store.write_bytes(Path({str(tmp_path / 'file.bin')!r}), bytes(9999))"
    )
    store.write_bytes(tmp_path / "file.bin", b"old")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "OSError" in done.stderr and "file.bin" in done.stderr and "free some space" in done.stderr
    assert (tmp_path / "file.bin").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "file.bin"]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some space"),
        (errno.EROFS, "let COSMIC_HOME name a folder that you may write to"),
        (errno.EACCES, "let COSMIC_HOME name a folder that you may write to"),
    ],
)
def test_what_keeps_a_file_from_being_written_is_named_with_its_remedy(tmp_path, monkeypatch, number, remedy):
    def fail(*args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("cosmic_lib.store.Path.write_bytes", fail)
    with pytest.raises(OSError, match=remedy) as error:
        store.write_bytes(tmp_path / "file.bin", b"new")
    assert error.value.errno == number and "file.bin" in str(error.value)


def part_of(process: int, folder, host: str | None = None):
    """An unfinished file that a process left in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{host or platform.node()}-{process}-0.part"
    part.write_bytes(b"half")
    return part


@pytest.fixture
def gone() -> int:
    """Number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.skipif(os.name != "posix", reason="elsewhere age alone tells")
def test_sweep_removes_what_dead_processes_left_and_nothing_else(tmp_path, gone):
    dead = [part_of(gone, tmp_path / folder) for folder in (".", "a", "a/b")]
    (dead[0].with_name(f".{platform.node()}-{gone}-7.part") / "half").mkdir(parents=True)
    kept = [
        part_of(os.getpid(), tmp_path),  # somebody is writing it
        part_of(gone, tmp_path, host="another-host"),  # whose processes cannot be asked for
        tmp_path / "a" / "result.json",
        tmp_path / ".notes.part",  # somebody else's idea of a part
    ]
    for path in kept[2:]:
        path.write_bytes(b"whole")
    store.sweep(tmp_path)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(kept)
    assert not list(tmp_path.glob(".*-7.part"))
    store.sweep(tmp_path / "not there")


def test_sweep_removes_parts_of_other_machines_after_a_day(tmp_path, gone):
    part = part_of(gone, tmp_path, host="another-host")
    yesterday = time.time() - 25 * 60 * 60
    os.utime(part, (yesterday, yesterday))
    store.sweep(tmp_path)
    assert not part.exists()


def test_a_killed_write_is_swept(tmp_path):
    """A process is killed while it writes; the part it leaves is what `sweep` looks for."""
    code = (
        "import os, signal; from pathlib import Path; from cosmic_lib import store\n"
        f"with store.unfinished(Path({str(tmp_path / 'file')!r})) as part:\n"
        "    part.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code])
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".part")
    store.sweep(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
def test_files_can_be_read_by_others_as_far_as_the_umask_says(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    store.write_bytes(tmp_path / "ours", b"")
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_json_of_equal_values_is_equal(tmp_path):
    store.write_json(tmp_path / "a.json", {"b": [1, 2.5], "a": None})
    store.write_json(tmp_path / "b.json", {"a": None, "b": [1, 2.5]})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert store.read_json(tmp_path / "a.json") == json.loads((tmp_path / "a.json").read_text())


def test_what_is_not_json_is_named(tmp_path):
    path = tmp_path / "result.json"
    path.write_text('{"half": ')
    with pytest.raises(ValueError, match=r"result\.json.*move it away"):
        store.read_json(path)


def test_arrays_come_back(tmp_path):
    array = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    store.write_array(tmp_path / "array.npy", array)
    back = np.load(tmp_path / "array.npy")
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype


ARRAY = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    "other",
    [
        (ARRAY + np.eye(2, 3) * 1e-15, "text", {"a": 1}),
        (ARRAY.astype(np.float32), "text", {"a": 1}),
        (ARRAY.reshape(3, 2), "text", {"a": 1}),
        (ARRAY, "texu", {"a": 1}),
        (ARRAY, "text", {"a": 2}),
        ("text", ARRAY, {"a": 1}),
        (ARRAY, "text"),
    ],
    ids=["value", "dtype", "shape", "text", "setting", "order", "fewer"],
)
def test_fingerprint_changes_with_what_it_is_of(other):
    assert store.fingerprint(*other) != store.fingerprint(ARRAY, "text", {"a": 1})


def test_fingerprint_does_not_change_with_what_does_not_matter():
    expected = store.fingerprint(ARRAY, {"a": 1, "b": [2, 3]})
    assert store.fingerprint(np.asfortranarray(ARRAY), {"b": (2, 3), "a": 1}) == expected
    assert len(expected) == 16 and int(expected, 16) >= 0
    code = (
        "import numpy as np; from cosmic_lib import store;"
        "print(store.fingerprint(np.arange(6.0).reshape(2, 3), {'a': 1, 'b': [2, 3]}))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert run.stdout.strip() == expected


def test_source_fingerprint_is_of_the_text(tmp_path, monkeypatch):
    module = tmp_path / "module_under_edit.py"
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for text in ("a = 1\n", "a = 2\n", "a = 1\n"):
        module.write_text(text)
        store.source_fingerprint.cache_clear()
        found.append(store.source_fingerprint("module_under_edit"))
    store.source_fingerprint.cache_clear()
    assert found[0] == found[2] != found[1]
    with pytest.raises(ValueError, match="no_such_module"):
        store.source_fingerprint("no_such_module")


def filled(part):
    part.mkdir()
    (part / "numbers.bin").write_bytes(bytes(range(200)))


def test_a_folder_is_made_once(tmp_path):
    calls = []
    for _ in range(2):
        folder = store.once(tmp_path / "cache" / "key", lambda part: (calls.append(part), filled(part)))
    assert folder == tmp_path / "cache" / "key" and len(calls) == 1
    assert [path.name for path in tmp_path.glob("cache/*")] == ["key"]


def test_a_folder_that_could_not_be_filled_is_not_there(tmp_path):
    def fails(part):
        filled(part)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.once(tmp_path / "cache" / "key", fails)
    assert list((tmp_path / "cache").iterdir()) == []


def test_two_processes_that_fill_one_folder_both_get_it(tmp_path):
    def fills(part):
        filled(part)
        filled(tmp_path / "key")  # the other process was faster

    assert (store.once(tmp_path / "key", fills) / "numbers.bin").stat().st_size == 200


def stacked(folder, numbers):
    folder.mkdir()
    with store.ArrayFile(folder, "numbers") as file:
        for part in np.split(np.asarray(numbers, dtype=np.uint8), 4):
            file.write(part.tobytes())
    return store.open_array(folder, "numbers", (len(numbers) // 10, 10))


def test_an_array_on_disk_is_what_was_written(tmp_path):
    array = stacked(tmp_path / "one", range(200))
    np.testing.assert_array_equal(array, np.arange(200).reshape(20, 10))
    assert isinstance(array, np.memmap)
    assert len(list((tmp_path / "one").iterdir())) == 1


def test_an_array_on_disk_is_known_by_its_content_wherever_it_lies(tmp_path):
    one, same, other = (
        stacked(tmp_path / name, numbers)
        for name, numbers in (("one", range(200)), ("same", range(200)), ("other", range(200)[::-1]))
    )
    assert store.fingerprint(one) == store.fingerprint(same) != store.fingerprint(other)
    assert store.fingerprint(one[:5]) != store.fingerprint(one[5:10])
    plain = np.memmap(tmp_path / "plain", np.uint8, "w+", shape=(20, 10))
    before = store.fingerprint(plain)
    plain[0] = 1
    assert store.fingerprint(plain) != before


def test_what_was_let_go_can_be_read_again(tmp_path):
    array = stacked(tmp_path / "one", range(200))
    before = array.sum()
    store.let_go(array)
    assert array.sum() == before
    store.let_go(np.zeros(3))  # nothing to do
