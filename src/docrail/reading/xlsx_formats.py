"""Number formats of a workbook: dates as ISO 8601, fixed decimals and per cent as the sheet shows them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

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
    """The format of each style, and whether days count from 1904."""

    by_style: tuple[str, ...]
    is_1904: bool

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


def read_formats(package: Package, workbook: etree._Element) -> Formats:
    """The formats of a workbook's styles."""
    settings = workbook.find(f"{_S}workbookPr")
    is_1904 = settings is not None and settings.get("date1904") in ("1", "true")
    if _STYLES not in package.names:
        return Formats(by_style=(), is_1904=is_1904)
    styles = package.tree(_STYLES)
    named = {item.get("numFmtId", ""): item.get("formatCode", "") for item in styles.iter(f"{_S}numFmt")}
    used = [item.get("numFmtId", "0") for item in styles.iterfind(f"{_S}cellXfs/{_S}xf")]
    return Formats(by_style=tuple(named.get(item) or _built_in(item) for item in used), is_1904=is_1904)


def _built_in(number: str) -> str:
    return _BUILT_IN.get(int(number), "General") if number.isdigit() else "General"


def _decimals(form: str) -> int:
    match = re.search(r"\.([0#?]+)", form)
    return min(len(match.group(1)), 15) if match else 0
