"""Plain tables that fit a terminal of 100 columns, with colour only where somebody looks and did not refuse it."""

import os
import sys
import textwrap

WIDTH = 100
GREEN, RED, BOLD, PLAIN = "\033[32m", "\033[31m", "\033[1m", "\033[0m"


def coloured():
    """https://no-color.org: a NO_COLOR that is not empty refuses it."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text, colour):
    return f"{colour}{text}{PLAIN}" if coloured() else text


def table(titles, rows, widths, mark=None):
    """Rows of cells, wrapped to `widths`; `mark(row_number, text)` may colour the first cell."""
    def lines(cells, painter):
        wrapped = [textwrap.wrap(str(cell), width, break_on_hyphens=False) or [""] for cell, width in zip(cells, widths)]
        for number in range(max(map(len, wrapped))):
            parts = [(column[number] if number < len(column) else "").ljust(width)
                     for column, width in zip(wrapped, widths)]
            parts[0] = painter(parts[0])
            yield "  ".join(parts).rstrip()
    out = list(lines(titles, lambda text: text))
    out.append("  ".join("-" * width for width in widths))
    for index, row in enumerate(rows):
        out += lines(row, (lambda text, index=index: mark(index, text)) if mark else lambda text: text)
    return "\n".join(out)
