"""The page of settings says what the table of settings says."""

from dataclasses import fields
from pathlib import Path

from docrail.config import Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_the_page_lists_every_setting_with_its_default():
    expected = [
        f"| `{each.name}` | `DOCRAIL_{each.name.upper()}` | {f'`{each.default}`' if each.default != '' else ''} "
        f"| {each.metadata['help']} |"
        for each in fields(Settings)
    ]
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert rows == expected
