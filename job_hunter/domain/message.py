"""What is sent to the analyst: a message, and what became of sending it."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A message as plain text, with a page to attach when `html` is given. `attachment` is the page's file name."""

    subject: str
    text: str
    html: str | None = None
    attachment: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that one address did not take: which, since when it waits, and what was said last."""

    subject: str
    address: str
    tries: int
    error: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one run of the outbox came to: messages that reached every address, and those that wait."""

    sent: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()

    def sentence(self) -> str:
        """One sentence for a person; the reasons are in `waiting`."""
        sent = f"{len(self.sent)} message{'s' * (len(self.sent) != 1)} sent"
        if not self.waiting:
            return sent
        reasons = "; ".join(f"{one.address}: {one.error} ({one.tries} tries)" for one in self.waiting)
        return f"{sent}, {len(self.waiting)} not delivered and kept for the next run: {reasons}"


# What chat services act on inside plain text: a broadcast to a room, a mention of a person or a channel.
_MENTION = re.compile(r"(@)(?=everyone\b|here\b|channel\b|all\b|room\b)|(<)(?=\s*[!@#])", re.IGNORECASE)
_NOT_A_MENTION = "\N{WORD JOINER}"


def harmless(text: str) -> str:
    """`text`, from others, on one line without control characters, and without what makes a chat service call people.

    It reads the same: a broadcast is broken by an invisible character.
    """
    line = " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())
    return _MENTION.sub(lambda found: found.group() + _NOT_A_MENTION, line)
