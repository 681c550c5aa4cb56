"""The coverage map says of every statement of the contract where it stands, and says nothing untrue."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from blackbox import case_files
from statements import PAGES, contract_dir, statements

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_MAP = Path(__file__).with_name("coverage.toml")
_REPOSITORY = Path(__file__).resolve().parents[2]
_STATUS = re.compile(r"platform|aws-only|issue-[2-7]")
_TEST = re.compile(r"(?P<path>[\w/.-]+\.py)::(?P<name>\w+(?:::\w+)*)(?:\[(?P<case>.+)\])?")
_CASE_FILES = {"test_train_cases.py": "train", "test_serve_cases.py": "serve", "test_process_cases.py": "process"}


def rows(page: str) -> dict[str, Any]:
    """Read the rows of one page."""
    table: dict[str, Any] = tomllib.loads(_MAP.read_text("utf-8"))[page]
    return table


def named_tests(value: Any) -> list[str]:
    """List the tests that a row names, none where it holds a status."""
    if not isinstance(value, dict):
        return []
    tests = value["test"]
    return [tests] if isinstance(tests, str) else list(tests)


def is_allowed(value: Any) -> bool:
    """Say whether a row's value has one of the forms that the head of the map lists."""
    if isinstance(value, str):
        return _STATUS.fullmatch(value) is not None
    if not isinstance(value, dict) or value.keys() != {"test"}:
        return False
    tests = value["test"]
    names = [tests] if isinstance(tests, str) else tests
    return isinstance(names, list) and bool(names) and all(_TEST.fullmatch(str(name)) for name in names)


@cache
def definitions(path: Path) -> frozenset[str]:
    """List the functions and classes of a file, those inside a class as ``Class::name``."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

    def inside(body: list[ast.stmt], prefix: str) -> set[str]:
        found = set()
        for node in body:
            if isinstance(node, kinds):
                found |= {prefix + node.name}
            if isinstance(node, ast.ClassDef):
                found |= inside(node.body, f"{prefix}{node.name}::")
        return found

    return frozenset(inside(ast.parse(path.read_text("utf-8")).body, ""))


@cache
def case_ids(kind: str) -> frozenset[str]:
    """List the ids of the black-box cases of one kind."""
    return frozenset(case["id"] for content in case_files(kind).values() for case in content["cases"])


def is_defined(test: str) -> bool:
    """Say whether a test exists: its file, its function or class, and the case it is run with."""
    match = _TEST.fullmatch(test)
    if match is None or not (_REPOSITORY / match["path"]).is_file():
        return False
    path = _REPOSITORY / match["path"]
    kind = _CASE_FILES.get(path.name)
    known_case = match["case"] is None or kind is None or match["case"] in case_ids(kind)
    return match["name"] in definitions(path) and known_case


@pytest.mark.parametrize("page", PAGES)
def test_every_statement_of_the_contract_has_one_row_and_every_row_a_statement(page: str) -> None:
    """The map's keys are the page's statements: none is forgotten, none is made up, none stands twice."""
    source = contract_dir() / f"{page}.md"
    if not source.is_file():
        pytest.skip(f"the contract page {page}.md is not here; set BYOML_SHARED_DATA to find it")
    ids = [statement.id for statement in statements(page, source.read_text("utf-8"))]

    assert len(ids) == len(set(ids))
    assert list(rows(page)) == ids


@pytest.mark.parametrize("page", PAGES)
def test_every_row_has_a_value_of_an_allowed_form(page: str) -> None:
    """A row names tests, or says in one of the known words why there is none."""
    assert [key for key, value in rows(page).items() if not is_allowed(value)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_row_names_exists(page: str) -> None:
    """Renaming or removing a test cannot leave a row behind that claims it."""
    named = {test for value in rows(page).values() for test in named_tests(value)}
    assert sorted(test for test in named if not is_defined(test)) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_row_waits_for_the_issue_that_built_the_house(page: str) -> None:
    """What the first building issue promised is held by tests, not by intentions."""
    assert [key for key, value in rows(page).items() if value == "issue-2"] == []
