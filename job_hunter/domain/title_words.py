"""Words looked for in titles: a person types "sre", and nineteen boards of twenty write "Site Reliability Engineer"."""

from __future__ import annotations

import re

_WRITTEN_OUT = {"sre": "site reliability", "swe": "software engineer", "ml": "machine learning"}
_SHORT = re.compile(rf"\b({'|'.join(_WRITTEN_OUT)})\b", re.IGNORECASE)


def title_forms(words: str) -> tuple[str, ...]:
    """`words` as they are and, when an abbreviation is among them, with it written out."""
    return tuple(dict.fromkeys((words, _SHORT.sub(lambda found: _WRITTEN_OUT[found.group().lower()], words))))
