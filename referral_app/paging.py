"""Where a page of a long list begins."""

from __future__ import annotations


def place(asked: int, total: int, size: int) -> tuple[int, int, int]:
    """(page, pages, how many rows stand before it); a page beyond either end is the nearest one."""
    pages = max(1, -(-total // size))
    page = min(max(asked, 1), pages)
    return page, pages, (page - 1) * size
