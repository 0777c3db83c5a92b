"""The set-up: what is skipped, what is found, what is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.local import chromium, install
from config.local.errors import CannotStart

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_set_up_needs_nothing_but_the_standard_library():
    """-I -S: no site-packages, no folder of ours on the path."""
    code = f"import runpy; runpy.run_path({str(ROOT / 'config/local/install.py')!r})"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, cwd="/")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(install, "ROOT", tmp_path)
    (tmp_path / "wanted.txt").write_text("Django==5.2.19\n")
    return tmp_path


def test_a_step_is_skipped_until_what_it_read_changes(root):
    stamp = install.Stamp(root / "stamp", ["wanted.txt"])
    assert not stamp.is_current()
    stamp.write()
    assert install.Stamp(root / "stamp", ["wanted.txt"]).is_current()
    (root / "wanted.txt").write_text("Django==5.2.20\n")
    assert not install.Stamp(root / "stamp", ["wanted.txt"]).is_current()


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **outputs: str) -> None:
    """A PATH with these programs alone, each printing one line."""
    for name, output in outputs.items():
        (folder / name).write_text(f"#!/bin/sh\necho {output}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_the_npm_of_a_new_enough_node_is_taken(root, monkeypatch):
    programs(root, monkeypatch, node="v18.19.0", npm="9.2.0")
    assert install.find_npm() == ([str(root / "npm")], str(root))


@pytest.mark.parametrize("found", [{}, {"node": "v12.22.12", "npm": "7.5.2"}, {"node": "v24.0.0"}])
def test_the_npm_of_our_packages_runs_where_the_machine_has_none(root, monkeypatch, found):
    programs(root, monkeypatch, **found)
    command, folder = install.find_npm()
    monkeypatch.setenv("PATH", folder)
    assert install.works([*command, "--version"])


def test_the_chromium_that_is_named_comes_first(root, monkeypatch):
    programs(root, monkeypatch, chromium="1", mine="2")
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert chromium.find() == str(root / "chromium")
    monkeypatch.setenv("CHROMIUM", str(root / "mine"))
    assert chromium.find() == str(root / "mine")


def test_a_chromium_named_wrongly_gets_a_sentence(root, monkeypatch):
    monkeypatch.setenv("CHROMIUM", str(root / "missing"))
    with pytest.raises(CannotStart, match="missing, which is not a program"):
        chromium.find()


def test_what_fails_is_shown_with_its_own_words(capsys):
    with pytest.raises(SystemExit):
        install.run(["sh", "-c", "echo no network; exit 1"], "Installing the Python packages")
    error = capsys.readouterr().err
    assert "no network" in error
    assert "Installing the Python packages failed" in error


def test_every_requirement_is_pinned():
    pins = (ROOT / "constraints.txt").read_text().lower().replace("_", "-")
    for name in install.REQUIREMENTS["test"]:
        for line in (ROOT / name).read_text().lower().splitlines():
            wanted = line.split("#")[0].split(";")[0].strip()
            package, _, version = wanted.partition("==")
            plain = package.split("[")[0].replace("_", "-")
            assert not wanted or f"\n{plain}=={version}\n" in pins, wanted
