"""What the content security policy and the static storage demand of every template and script."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*="),
    "a style element": re.compile(r"<style\b"),
    "an event handler": re.compile(r"<[^>{]*\son[a-z]+\s*="),
    "htmx code": re.compile(r"\shx-on\b|\shx-vals=['\"]js:"),
}
SCRIPT = re.compile(r"<script\b([^>]*)>")
STATIC = re.compile(r"""{% static ["']([^"']+)["'] %}""")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_a_template_has_no_inline_style_or_script(path):
    text = path.read_text()
    assert [name for name, pattern in INLINE.items() if pattern.search(text)] == []
    for attributes in SCRIPT.findall(text):
        assert "src=" in attributes or 'type="application/json"' in attributes


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_every_static_file_of_ours_that_a_template_names_exists(path):
    names = [name for name in STATIC.findall(path.read_text()) if not name.startswith("npm/")]
    own = [name for name in names if name.startswith("js/") or "/" not in name]
    assert [name for name in own if not (ROOT / "static" / name).is_file()] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_a_script_stays_small_and_imports_no_other(path):
    text = path.read_text()
    assert len(text.splitlines()) < 200
    assert not re.search(r"^\s*import\s.*from", text, re.MULTILINE)


def test_there_are_templates_and_scripts_to_look_at():
    assert len(TEMPLATES) > 30
    assert len(SCRIPTS) > 5


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_a_text_area_holds_what_was_written_and_no_white_space_of_the_template(path):
    assert re.findall(r"<textarea\b(?:[^>{]|{[^}]*}}?|%})*>\s", path.read_text()) == []


def test_a_job_that_is_polled_replaces_itself_and_not_what_it_stands_in():
    # An hx-target of an element around it would be inherited.
    polled = (ROOT / "templates" / "_job.html").read_text().splitlines()[1]
    assert 'hx-trigger="every 1s" hx-target="this"' in polled
