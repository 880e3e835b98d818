"""`python -m job_hunter.sandbox`: the sandbox as a process of its own.

It prints one line of JSON (url, pid, env, dates) once it listens, and ends on Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path

import uvicorn

from job_hunter.sandbox.config import write_config
from job_hunter.sandbox.names import SOURCES
from job_hunter.sandbox.server import base_urls, config_for, listen
from job_hunter.sandbox.state import State
from job_hunter.sandbox.world import DEFAULT_END, World


def main(arguments: list[str] | None = None) -> int:
    """Serve a world until told to stop."""
    options = _parser().parse_args(arguments)
    world = World(
        options.seed,
        options.companies,
        options.weeks,
        options.max_openings,
        options.end,
        openings_per_company=options.openings_per_company,
        body_bytes=options.body_bytes,
        sources=tuple(options.source or SOURCES),
    )
    state = State(world)
    state.set_date(options.date or world.end)
    state.options.compress, state.options.conditional = not options.no_gzip, not options.no_validators
    if options.write_config:
        write_config(options.write_config, world)
    listener = listen(options.port)
    listener.listen(128)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    line = {"url": url, "pid": os.getpid(), "env": base_urls(url), "dates": [str(day) for day in world.dates]}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config_for(state)).run(sockets=[listener])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m job_hunter.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--companies", type=int, default=35)
    parser.add_argument("--weeks", type=int, default=12)
    parser.add_argument("--max-openings", type=int, default=80)
    parser.add_argument("--end", type=date.fromisoformat, default=DEFAULT_END, help="the last weekly day")
    parser.add_argument("--date", type=date.fromisoformat, help="the day it is at the start (the end by default)")
    parser.add_argument("--openings-per-company", type=int, help="the fixed size of every board, for benchmarks")
    parser.add_argument("--body-bytes", type=int, help="the length of every text, for benchmarks")
    parser.add_argument("--source", action="append", choices=sorted(set(SOURCES)), help="boards of these systems only")
    parser.add_argument("--no-gzip", action="store_true")
    parser.add_argument("--no-validators", action="store_true", help="no ETag, no Last-Modified, no 304")
    parser.add_argument("--write-config", type=Path, metavar="DIR", help="write a companies.yaml for this world")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
