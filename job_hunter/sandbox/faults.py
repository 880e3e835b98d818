"""Faults by switch: what a board does instead of answering properly."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from threading import RLock
from typing import Any


class Fault(StrEnum):
    """The ways in which a source can fail. Options are named after the dash."""

    NOT_FOUND = "not_found"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"  # retry_after (seconds or any text, None leaves the header out)
    ERROR_ONCE = "error_once"
    ERROR = "error"
    STATUS = "status"  # status, text
    HANG = "hang"
    SLOW = "slow"  # seconds before the answer
    TRICKLE = "trickle"  # seconds between the parts of the body, parts
    CUT = "cut"  # the connection ends in the middle of the body
    TRUNCATED = "truncated"  # a whole answer that holds half the text
    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"  # a list where an object belongs, an object where a list belongs
    WRONG_TOTAL = "wrong_total"  # by (how many more than there are)
    EMPTY = "empty"
    HALF = "half"
    BAD_RECORD = "bad_record"  # count of records that lost what they must have
    GZIP_BOMB = "gzip_bomb"  # megabytes, inflated
    REDIRECT_HOST = "redirect_host"
    REDIRECT_FOREIGN = "redirect_foreign"  # target (scheme and host)
    REDIRECT_LOOP = "redirect_loop"
    EMPTY_BODY = "empty_body"  # 200 and nothing, as levels.fyi throttles
    BLOCK_PAGE = "block_page"  # a "verify you are human" page, with status 200 unless told otherwise
    AUTHWALL = "authwall"  # LinkedIn's redirect to its login


@dataclass(slots=True)
class Switch:
    """A fault that is on; `left` counts down its uses.

    `board` is a token or a company's slug, of a feed "items", "search", "detail" or an id; None stands for all.
    """

    kind: Fault
    source: str | None = None
    board: str | None = None
    left: int | None = None
    skip: int = 0
    options: dict[str, Any] = field(default_factory=dict)


class Faults:
    """The faults that are on, newest first. Safe to use from any thread."""

    def __init__(self) -> None:
        self._switches: list[Switch] = []
        self._lock = RLock()

    def set(
        self,
        kind: Fault | str,
        *,
        board: str | None = None,
        source: str | None = None,
        times: int | None = None,
        skip: int = 0,
        **options: Any,
    ) -> None:
        """Switch a fault on, for the next `times` requests (None: all) after `skip` good ones. Raises ValueError."""
        kind = Fault(kind)
        if kind is Fault.ERROR_ONCE:
            kind, times = Fault.ERROR, 1
        with self._lock:
            self._switches.insert(0, Switch(kind, source, board, times, skip, options))

    def clear(self, *, board: str | None = None, source: str | None = None) -> None:
        """Switch off the faults of a board, of a source, or all of them."""
        with self._lock:
            self._switches = [
                switch
                for switch in self._switches
                if (board is not None and switch.board != board) or (source is not None and switch.source != source)
            ]

    def listed(self) -> list[Switch]:
        """What is on at the moment."""
        with self._lock:
            return list(self._switches)

    def draw(self, source: str, names: tuple[str, ...]) -> Switch | None:
        """The fault that a request to one of a board's `names` meets; counts it as used."""
        with self._lock:
            for switch in self._switches:
                if switch.source not in (None, source) or not (switch.board is None or switch.board in names):
                    continue
                if switch.skip:
                    switch.skip -= 1
                    continue
                if switch.left is not None:
                    switch.left -= 1
                    if switch.left <= 0:
                        self._switches.remove(switch)
                return switch
        return None


@lru_cache(maxsize=4)
def gzip_bomb(megabytes: int, start: bytes) -> bytes:
    """A valid gzip stream of `start` and then blanks, a thousand times smaller than what it inflates to."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    blanks = b" " * 1_000_000
    part = packer.compress(blanks) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.crc32(start)
    for _ in range(megabytes):
        checksum = zlib.crc32(blanks, checksum)
    size = (len(start) + megabytes * len(blanks)) % 2**32
    tail = packer.flush(zlib.Z_FINISH) + struct.pack("<II", checksum, size)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + head + part * megabytes + tail
