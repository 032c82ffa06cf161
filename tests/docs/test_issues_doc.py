"""Every issue code of the source is explained in docs/reference/issues.md, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from docrail.reading import package

ROOT = Path(__file__).parents[2]
MADE_BY = {"Issue", "cut_short"}


def codes_of(tree: ast.AST) -> Iterator[str]:
    """The codes that calls which make issues name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MADE_BY:
            for keyword in node.keywords:
                if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                    yield keyword.value.value


def documented() -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/reference/issues.md").read_text(), re.M))


def test_every_code_is_explained() -> None:
    made = {
        code
        for path in (ROOT / "src/docrail").rglob("*.py")
        for code in codes_of(ast.parse(path.read_text()))
    } | {code for _, code, _ in package._UNREAD}
    assert len(made) > 15
    assert made - documented() == set()


def test_every_explained_code_is_in_the_source() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "src/docrail").rglob("*.py"))
    assert [code for code in documented() if f'"{code}"' not in source] == []
