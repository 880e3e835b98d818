"""A change of a careers page: the lines that came and went, and the openings that came and went with them.

What is no change (a notice that a filter is missing, an empty diff, a reordering) and what is too wide to trust (a
redesign of the page) gives no openings, and says why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from job_hunter.domain.company import Board
from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.page_diff import Line, PageChange, line_key, split_lines
from job_hunter.domain.phrases import words_of
from job_hunter.domain.posting import Posting
from job_hunter.domain.role_lines import Card, read_cards

SOURCE = "changedetection"
WIDE, WIDE_KEPT = 8, 0.25
"""With the page known: so many lines came and went, and less than this share of the page stayed."""
WIDE_BLIND = 15
"""Without the page: so many lines came and as many went."""


class Kind(StrEnum):
    """What a message of changedetection.io is about."""

    CHANGE = "change"
    NOTICE = "notice"
    TEST = "test"
    HARVEST = "harvest"


class Outcome(StrEnum):
    """What became of a change."""

    INGESTED = "ingested"
    NOTHING = "nothing"
    NOTICE = "notice"
    REDESIGN = "redesign"
    HELD = "held"
    UNKNOWN_WATCH = "unknown_watch"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Notification:
    """One message as received. `texts` holds its diffs and snapshots by the name of changedetection.io's token."""

    kind: Kind
    texts: Mapping[str, str]
    watch_uuid: str | None = None
    watch_url: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChangeReading:
    """The openings that came and went, by key. `page` holds all openings of the page when the whole page is known."""

    outcome: Outcome
    came: Mapping[str, Card]
    went: Mapping[str, Card]
    page: Mapping[str, Card] | None
    reason: str | None = None


def card_key(card: Card) -> str:
    """What identifies an opening on its page: the words of title and place, not their case or punctuation."""
    words = (" ".join(word.key for word in words_of(text)) for text in (card.title, card.place))
    return hashlib.blake2b("\x1f".join(words).encode(), digest_size=8).hexdigest()


def posting_of(card: Card, board: Board, *, apply_url: str | None) -> Posting:
    """`card` as a posting of `board`; its lines, verbatim, are its text."""
    content = "\n".join(card.evidence)
    raw = "\n".join((card.title, card.place, content)).encode("utf-8", "replace")
    return Posting(
        source=SOURCE,
        external_id=f"{board.token}:{card_key(card)}",
        board=board.token,
        title=card.title,
        location=card.place,
        content=content,
        payload_hash=hashlib.blake2b(raw, digest_size=16).digest(),
        raw=raw,
        apply_url=apply_url,
    )


def read_change(change: PageChange, gazetteer: Gazetteer) -> ChangeReading:
    """The openings that came and went with `change`, unless it is none or too wide to trust."""
    came, went = change.came, change.went
    if not came and not went:
        return ChangeReading(Outcome.NOTHING, {}, {}, None, "no line came or went")
    after = _cards(change.after, gazetteer)
    page = {card_key(card): card for card, _ in after} if change.is_whole else None
    if wide := _too_wide(change, came, went):
        return ChangeReading(Outcome.REDESIGN, {}, {}, page, wide)
    before = _cards(change.before, gazetteer)
    stood = {(card_key(card), _words(card)) for card, _ in before}
    new = {card_key(card): card for card, is_touched in after if is_touched}
    new = {key: card for key, card in new.items() if (key, _words(card)) not in stood}
    standing = {card_key(card) for card, _ in after}
    gone = {card_key(card): card for card, is_touched in before if is_touched}
    gone = {key: card for key, card in gone.items() if key not in standing}
    if not new and not gone:
        reason = f"{len(came)} lines came and {len(went)} went, none of them an opening"
        return ChangeReading(Outcome.NOTHING, {}, {}, page, reason)
    return ChangeReading(Outcome.INGESTED, new, gone, page)


def read_page(text: str, gazetteer: Gazetteer) -> dict[str, Card]:
    """All openings of a page, by key."""
    return {card_key(card): card for card in read_cards(split_lines(text), gazetteer)}


def _cards(lines: Sequence[Line], gazetteer: Gazetteer) -> list[tuple[Card, bool]]:
    found = read_cards([line.text for line in lines], gazetteer)
    return [(card, any(lines[at].is_changed for at in card.at)) for card in found]


def _words(card: Card) -> tuple[str, ...]:
    return tuple(line_key(line) for line in card.evidence)


def _too_wide(change: PageChange, came: Sequence[str], went: Sequence[str]) -> str | None:
    if not change.is_whole:
        if len(came) >= WIDE_BLIND and len(went) >= WIDE_BLIND:
            return f"page-wide redesign: {len(came)} lines came and {len(went)} went"
        return None
    total = sum(1 for line in change.after if line.text.strip())
    kept = total - len(came)
    if len(came) >= WIDE and len(went) >= WIDE and kept < WIDE_KEPT * max(total, kept + len(went)):
        return f"page-wide redesign: {kept} lines of {total} stayed, {len(went)} went"
    return None
