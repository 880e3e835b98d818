"""Who may post: one bearer token, or the one before it while it is being rotated."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Sequence

FAILURES_A_MINUTE = 30
MOST_CLIENTS = 4096
_SCHEME = b"Bearer "


def is_allowed(headers: Sequence[bytes], tokens: Sequence[bytes]) -> bool:
    """Whether exactly one Authorization header came, and it holds one of `tokens`.

    Digests are compared, each of them, in constant time: neither the length of a token nor which one matched shows.
    """
    given = headers[0] if len(headers) == 1 and headers[0].startswith(_SCHEME) else b""
    digest = hashlib.sha256(given[len(_SCHEME) :]).digest()
    matches = [hmac.compare_digest(digest, hashlib.sha256(token).digest()) for token in tokens]
    return bool(given) and any(matches)


class FailureLimit:
    """Failed logins by client and minute. A good token is never turned away: changedetection.io sends only once."""

    def __init__(self, allowed: int = FAILURES_A_MINUTE) -> None:
        self._allowed = allowed
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def count(self, client: str, *, minute: int) -> bool:
        """Count a failed login of `client`; True when it is one too many. At most 4,096 clients are remembered."""
        since, failures = self._counts.pop(client, (minute, 0))
        failures = failures + 1 if since == minute else 1
        self._counts[client] = (minute, failures)
        if len(self._counts) > MOST_CLIENTS:
            self._counts.popitem(last=False)
        return failures > self._allowed
