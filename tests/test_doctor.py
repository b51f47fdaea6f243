"""The doctor: no failure where all is well, and for every failure its remedy and exit code 1."""

import ast
import configparser
import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

import pytest

from cosmic_lib import doctor

SCRIPT = Path(doctor.__file__)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(scope="module")
def healthy():
    return doctor.checks()


def failed(check: doctor.Check, capsys) -> str:
    """Show a check that must fail; returns the line it prints."""
    assert doctor.show([doctor.Check("other", True, "fine", ""), check]) == 1
    fine, line = capsys.readouterr().out.splitlines()
    assert fine == "[OK] other: fine"
    assert line.startswith(f"[FAIL] {check.name}: ")
    assert line.endswith(f". Remedy: {check.remedy}") and check.remedy
    return line


def test_no_failure_here(healthy, capsys):
    code = doctor.show(healthy)
    printed = capsys.readouterr().out
    assert "[FAIL]" not in printed and code == 0, printed
    assert [line.split("]")[0] for line in printed.splitlines()] == ["[OK"] * 6
    assert [check.name for check in healthy] == ["Python", "packages", "device", "disk", "write access", "learning"]


def test_packages_are_listed_with_their_versions(healthy):
    detail = healthy[1].detail
    for package in ("cosmic_lib", "keras", "numpy"):
        assert f"{package} {importlib.metadata.version(package)}" in detail


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 14, 0), (2, 7, 18)])
def test_another_python_fails(version, monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", version)
    line = failed(doctor.python(), capsys)
    assert ".".join(map(str, version)) in line and "3.11 to 3.13" in line and "make PYTHON=python3.12 setup" in line


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 9), (3, 13, 9)])
def test_the_pythons_named_are_fine(version, monkeypatch):
    monkeypatch.setattr(sys, "version_info", version)
    assert doctor.python().ok


def test_pythons_are_those_of_the_package():
    from packaging.specifiers import SpecifierSet

    configuration = configparser.ConfigParser()
    configuration.read(SCRIPT.parents[1] / "setup.cfg")
    required = SpecifierSet(configuration["options"]["python_requires"])
    allowed = [(3, minor) for minor in range(6, 20) if f"3.{minor}.5" in required]
    assert (allowed[0], allowed[-1]) == (doctor.OLDEST, doctor.NEWEST)


def requiring(monkeypatch, *lines: str) -> doctor.Check:
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: list(lines))
    return doctor.packages()


def test_a_package_out_of_range_fails(monkeypatch, capsys):
    line = failed(requiring(monkeypatch, "numpy>=1", "keras<2"), capsys)
    assert f"keras {importlib.metadata.version('keras')} is not <2" in line
    assert '-m pip install "keras<2"' in line and "numpy" not in line


def test_a_missing_package_fails(monkeypatch, capsys):
    line = failed(requiring(monkeypatch, "no-such-package>=1.2"), capsys)
    assert "no-such-package is missing" in line and 'pip install "no-such-package>=1.2"' in line


def test_packages_of_extras_and_other_systems_are_not_demanded(monkeypatch):
    optional = ("no-such-package; extra == 'dev'", "no-such-package; sys_platform == 'none'")
    assert requiring(monkeypatch, "numpy", *optional).ok


def test_metadata_without_requirements_fails(monkeypatch, capsys):
    assert "does not say what it needs" in failed(requiring(monkeypatch), capsys)


def test_a_full_disk_fails(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(10**12, 10**12, 300_000_000))
    for needed, said in ((doctor.SPACE_TO_INSTALL, "4 GB"), (doctor.SPACE_TO_RUN, "1 GB")):
        line = failed(doctor.disk(str(tmp_path), needed), capsys)
        assert "0.3 GB free" in line and f"{said} needed" in line and "COSMIC_HOME" in line


def test_disk_and_write_access_are_those_of_cosmic_home(monkeypatch, tmp_path):
    home = tmp_path / "not" / "yet"
    monkeypatch.setenv("COSMIC_HOME", str(home))
    for name in ("packages", "device", "learning"):
        monkeypatch.setattr(doctor, name, lambda **_: doctor.Check("", True, "", ""))
    _, _, _, disk, access, _ = doctor.checks()
    assert disk.ok and str(home) in disk.detail
    assert access.ok and access.detail == str(home)
    assert not any(tmp_path.iterdir())  # looking leaves no trace


def test_a_home_that_is_a_file_fails(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert "COSMIC_HOME" in failed(doctor.write_access(str(tmp_path / "file" / "home")), capsys)


def test_a_read_only_home_fails(tmp_path, monkeypatch, capsys):
    def refuse(dir):
        raise PermissionError(13, "Permission denied", dir)

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)  # who runs the tests may write anywhere
    line = failed(doctor.write_access(str(tmp_path)), capsys)
    assert f"{tmp_path} (Permission denied)" in line and "COSMIC_HOME" in line


@pytest.mark.parametrize(("gpus", "ok_without", "ok_with"), [([], True, False), (["gpu:0"], True, True)])
def test_a_gpu_is_demanded_only_on_request(gpus, ok_without, ok_with, monkeypatch, capsys):
    import keras

    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: gpus)
    assert doctor.device().ok == ok_without
    checked = doctor.device(check_gpu=True)
    assert checked.ok == ok_with
    assert keras.backend.backend() in checked.detail
    if not ok_with:
        assert "no GPU" in checked.detail and "nvidia-smi" in failed(checked, capsys)


def test_a_network_that_does_not_learn_fails(monkeypatch, capsys):
    import keras

    monkeypatch.setattr(keras.Sequential, "fit", lambda *args, **kwargs: None)
    assert "loss from" in failed(doctor.learning(), capsys)


def test_a_broken_installation_is_a_failure_not_a_crash(monkeypatch, capsys):
    def broken(**_):
        raise OSError("libcudart.so: cannot open\nand forty more lines")

    for name in ("packages", "device", "learning"):
        monkeypatch.setattr(doctor, name, broken)
    found = doctor.checks()
    assert [check.name for check in found if not check.ok] == ["packages", "device", "learning"]
    line = failed(found[1], capsys)
    assert "OSError: libcudart.so: cannot open. Remedy" in line and "make setup" in line


def script(*before: str) -> subprocess.CompletedProcess:
    """Run the file as `make` does before anything is installed: without site-packages, without the package.

    Args:
        *before: lines of Python that change what the script finds.
    """
    start = ["import runpy, sys", f"sys.argv = [{str(SCRIPT)!r}, '--before-install']", *before]
    lines = [*start, f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"]
    return subprocess.run([sys.executable, "-I", "-S", "-c", "\n".join(lines)], capture_output=True, text=True)


def test_script_runs_on_the_standard_library_alone():
    absent = (
        "import importlib.util; assert not any(map(importlib.util.find_spec, ('cosmic_lib', 'numpy', 'packaging')))"
    )
    enough = "import shutil, types; shutil.disk_usage = lambda folder: types.SimpleNamespace(free=5 * 10**9)"
    done = script(absent, enough)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "[OK] Python",
        "[OK] pip and venv",
        "[OK] disk",
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("sys.version_info = (3, 8, 18)", "[FAIL] Python: 3.8.18"),
        (
            "import shutil, types; shutil.disk_usage = lambda folder: types.SimpleNamespace(free=10**9)",
            "[FAIL] disk: 1.0",
        ),
        (
            "import importlib.util; found = importlib.util.find_spec\n"
            "importlib.util.find_spec = lambda name: None if name == 'ensurepip' else found(name)",
            "[FAIL] pip and venv: missing: ensurepip",
        ),
    ],
)
def test_script_fails_with_remedy(change, line):
    done = script(change)
    assert done.returncode == 1, done.stdout + done.stderr
    (shown,) = [shown for shown in done.stdout.splitlines() if shown.startswith(line)]
    assert ". Remedy: " in shown and not done.stderr


def test_script_can_be_read_by_an_old_python():
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 7))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert "__future__" not in imported  # Python 3.6 does not know annotations there
    at_top = {name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names}
    at_top |= {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in at_top} <= sys.stdlib_module_names
