"""The docstrings of the statistics say what is given, what is held and what is raised."""

import ast
import re
from pathlib import Path

import pytest

import analysis

MODULES = sorted(Path(analysis.__file__).parent.glob("*.py"))


def public(node, prefix=""):
    """Yield the public functions and classes of a module or a class, methods included."""
    for child in node.body:
        named = isinstance(child, ast.FunctionDef | ast.ClassDef)
        if named and not child.name.startswith("_"):
            yield prefix + child.name, child
            if isinstance(child, ast.ClassDef) and not is_protocol(child):
                yield from public(child, f"{child.name}.")


def is_protocol(node):
    return any(ast.unparse(base) == "Protocol" for base in node.bases)


def says(text, word):
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)


def names_of(node):
    """Return what a docstring must name: parameters and errors, or attributes."""
    if isinstance(node, ast.ClassDef):
        return [
            each.target.id
            for each in node.body
            if isinstance(each, ast.AnnAssign) and not each.target.id.startswith("_")
        ]
    given = [each.arg for each in node.args.args + node.args.kwonlyargs]
    raised = [each.exc for each in ast.walk(node) if isinstance(each, ast.Raise) and each.exc]
    errors = [ast.unparse(exc.func if isinstance(exc, ast.Call) else exc) for exc in raised]
    return [name for name in given if name not in ("self", "cls")] + errors


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_public_docstring_names_what_it_must(path):
    missing = []
    for name, node in public(ast.parse(path.read_text())):
        text = ast.get_docstring(node) or ""
        if not text:
            missing.append(f"{name} has no docstring")
        missing += [f"{name}: {word}" for word in names_of(node) if not says(text, word)]
    assert missing == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_functions_of_several_parameters_have_numpydoc_sections(path):
    bare = []
    for name, node in public(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and "." not in name and len(names_of(node)) > 1:
            text = ast.get_docstring(node) or ""
            returns = ast.unparse(node.returns) != "None"
            wanted = ["Parameters", *(["Returns"] if returns else [])]
            bare += [f"{name}: {title}" for title in wanted if f"{title}\n---" not in text]
    assert bare == []
