"""A page in part by hand: what stands between a pair of markers is replaced, all else stays.

<!-- make compare: NAME -->
whatever was measured
<!-- end -->
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_PART: Final = re.compile(
    r"^(<!-- make compare: (?P<name>[a-z ]+) -->\n).*?^(<!-- end -->)$", re.MULTILINE | re.DOTALL
)


class NoSuchPart(Exception):
    """Figures have no place on the page."""


def replaced(page: str, parts: Mapping[str, str]) -> str:
    """Return the page with these parts anew; others stay as they are.

    Raises:
        NoSuchPart: the page has no markers for one of them.
    """
    found = {match["name"] for match in _PART.finditer(page)}
    if missing := sorted(set(parts) - found):
        raise NoSuchPart(
            f"no place for {missing[0]!r}: "
            f"add the lines `<!-- make compare: {missing[0]} -->` and `<!-- end -->`"
        )

    def anew(match: re.Match[str]) -> str:
        body = parts.get(match["name"])
        return match[0] if body is None else f"{match[1]}\n{body}\n\n{match[3]}"

    return _PART.sub(anew, page)
