"""The rates of the engines as a picture: bars on a logarithmic scale."""

import math
from collections.abc import Sequence
from html import escape

WIDTH, LEFT, LINE = 900, 330, 30


def draw(bars: Sequence[tuple[str, float]]) -> str:
    """An SVG with a bar for each (name, documents a second)."""
    top = max(math.log10(max(rate, 1)) for _, rate in bars) or 1
    height = LINE * (len(bars) + 2)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        'font-size="14">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        '<text x="10" y="22">Documents a second, four empty steps each (logarithmic)</text>',
    ]
    for number, (name, rate) in enumerate(bars):
        y = LINE * (number + 1) + 10
        length = max(2, (WIDTH - LEFT - 80) * math.log10(max(rate, 1)) / top)
        colour = "#2f6f4f" if name.startswith("docrail") else "#9aa5b1"
        lines += [
            f'<text x="{LEFT - 10}" y="{y + 15}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{length:.0f}" height="20" fill="{colour}"/>',
            f'<text x="{LEFT + length + 8:.0f}" y="{y + 15}">{rate:,.0f}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])
