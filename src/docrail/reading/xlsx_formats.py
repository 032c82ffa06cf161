"""Number formats of a workbook: dates as ISO 8601, fixed decimals and per cent as the sheet shows them."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lxml import etree

from docrail.reading.colour import WHITE, looks_same, parse_colour
from docrail.reading.package import Package

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STYLES = "xl/styles.xml"
_BUILT_IN = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "yyyy-mm-dd"},
    **dict.fromkeys((15, 16, 17), "yyyy-mm-dd"),
    **dict.fromkeys((18, 19, 20, 21, 45, 46, 47), "hh:mm:ss"),
    **{22: "yyyy-mm-dd hh:mm", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 44: "0.00"},
}
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
_MOST_DAYS = 2_958_465


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """The format of each style, why text in it is not seen (if so), and whether days count from 1904."""

    by_style: tuple[str, ...]
    is_1904: bool
    unseen: dict[int, str] = field(default_factory=dict)

    def why_hidden(self, style: int) -> str | None:
        """The reason why nobody sees a cell of this style, or None."""
        return self.unseen.get(style)

    def show(self, value: str, *, style: int) -> str:
        """A stored number as the sheet shows it, without thousands separators; what is no number stays.

        >>> Formats(by_style=("General", "0.00", "dd.mm.yyyy"), is_1904=False).show("46085", style=2)
        '2026-03-04'
        """
        try:
            number = float(value)
        except ValueError:
            return value
        form = self.by_style[style] if style < len(self.by_style) else "General"
        plain = _QUOTED.sub("", form.split(";")[0])
        if re.search(r"[ymdhs]", plain, re.I) and "General" not in plain:
            return self._show_moment(number, plain.lower())
        if "%" in plain:
            return f"{number * 100:.{_decimals(plain)}f}%"
        if re.search(r"[0#]", plain) and "E" not in plain:
            return f"{number:.{_decimals(plain)}f}"
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.15g}"

    def _show_moment(self, number: float, form: str) -> str:
        if not 0 <= number < _MOST_DAYS:
            return f"{number:.15g}"
        moment = _EPOCHS[self.is_1904] + timedelta(seconds=round(number * 86400))
        if not re.search(r"[yd]", form):
            return moment.time().isoformat()
        return moment.isoformat(sep=" ") if re.search(r"[hs]", form) else moment.date().isoformat()


def read_formats(package: Package, workbook: etree._Element, related: dict[str, tuple[str, str]]) -> Formats:
    """The formats of a workbook's styles; `related` are the parts that belong to the workbook."""
    settings = workbook.find(f"{_S}workbookPr")
    is_1904 = settings is not None and settings.get("date1904") in ("1", "true")
    part = next((part for kind, part in related.values() if kind == "styles"), _STYLES)
    if part not in package.names:
        return Formats(by_style=(), is_1904=is_1904)
    styles = package.tree(part)
    named = {item.get("numFmtId", ""): item.get("formatCode", "") for item in styles.iter(f"{_S}numFmt")}
    used = list(styles.iterfind(f"{_S}cellXfs/{_S}xf"))
    numbers = [item.get("numFmtId", "0") for item in used]
    forms = tuple(named.get(item) or _built_in(item) for item in numbers)
    fonts, fills = list(styles.iterfind(f"{_S}fonts/{_S}font")), list(styles.iterfind(f"{_S}fills/{_S}fill"))
    unseen = {
        at: reason
        for at, (xf, form) in enumerate(zip(used, forms, strict=True))
        if (reason := _why_unseen(form, _at(fonts, xf.get("fontId")), _at(fills, xf.get("fillId"))))
    }
    return Formats(by_style=forms, is_1904=is_1904, unseen=unseen)


def _why_unseen(form: str, font: etree._Element | None, fill: etree._Element | None) -> str | None:
    if form.strip() and not form.replace(";", "").strip() and form.count(";") >= 2:
        return "number format that shows nothing"
    if font is None:
        return None
    size = font.find(f"{_S}sz")
    if size is not None and re.fullmatch(r"0*[01](\.\d*)?", size.get("val", "")):
        return "tiny text"
    colour = _colour(font.find(f"{_S}color"))
    pattern = fill.find(f"{_S}patternFill") if fill is not None else None
    behind: tuple[int, int, int] | None = WHITE
    if fill is not None and len(fill) and pattern is None:
        return None
    if pattern is not None and pattern.get("patternType", "none") != "none":
        behind = _colour(pattern.find(f"{_S}fgColor"))
    same = colour is not None and behind is not None and looks_same(colour, behind)
    return "text in the colour of its background" if same else None


def _colour(element: etree._Element | None) -> tuple[int, int, int] | None:
    """The colour where it is certain: given in full, or one of the theme's first (white on every usual one)."""
    if element is None or element.get("tint"):
        return None
    if said := element.get("rgb"):
        return parse_colour(said[-6:])
    return WHITE if element.get("theme") == "0" or element.get("indexed") in ("1", "9") else None


def _at(items: list[etree._Element], index: str | None) -> etree._Element | None:
    at = int(index) if index and index.isascii() and index.isdigit() and len(index) < 9 else -1
    return items[at] if 0 <= at < len(items) else None


def _built_in(number: str) -> str:
    return (
        _BUILT_IN.get(int(number), "General")
        if number.isascii() and number.isdigit() and len(number) < 9
        else "General"
    )


def _decimals(form: str) -> int:
    match = re.search(r"\.([0#?]+)", form)
    return min(len(match.group(1)), 15) if match else 0
