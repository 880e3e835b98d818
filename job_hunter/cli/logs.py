"""Our warnings on stderr, one plain line each."""

from __future__ import annotations

import logging
import sys


def set_up_logging(*, verbose: bool) -> None:
    """Send our warnings (with `verbose` everything) to stderr, one plain line each."""
    logging.basicConfig(
        stream=sys.stderr, format="%(message)s", level=logging.INFO if verbose else logging.WARNING, force=True
    )
    for name in ("httpx", "httpcore", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Whoever used a connection says that it broke; asyncio says it again of futures that nobody waits for any more.
    logging.getLogger("asyncio").addFilter(
        lambda record: not (record.exc_info and isinstance(record.exc_info[1], ConnectionError))
    )
