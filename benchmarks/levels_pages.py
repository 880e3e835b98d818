"""What 200 levels.fyi pages of 3 MB cost: fetched from loopback, gzipped, and parsed as a refresh does, in a process.

Half the pages are mostly markup and half mostly data, so that both the page's and the data's size are bounded.
`python -m benchmarks.levels_pages` prints the figures; `levels_pages()` gives them.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.measure import Meter
from job_hunter.sources.http import Http
from job_hunter.sources.levels_fyi import fetch_page

PAGES, PAGE_BYTES, RUNGS = 200, 3_000_000, 6
PEAK_MB = 150.0


def page_of(number: int) -> bytes:
    """Page `number` of the site: about London, six rungs, 3 MB of markup (even numbers) or of data (odd ones)."""
    row = {"location": "London, EN, United Kingdom", "yearsOfExperience": "5-10", "baseSalaryCurrency": "GBP"}
    rungs = [
        {
            "primaryLevelName": f"L{n}",
            "secondaryLevelName": f"Software Engineer {n}",
            "count": 20 + n,
            "rawValues": {
                "total": 90_000 + 10_000 * n + number,
                "base": 70_000 + 5_000 * n,
                "stock": 9_000,
                "bonus": 0,
            },
            "samples": [{**row, "uuid": f"{number}-{n}-{k}", "baseSalary": 70_000 + k} for k in range(20)],
        }
        for n in range(RUNGS)
    ]
    props = {
        "averages": rungs,
        "percentiles": {"locationName": "London Metro Area", "tc": {"p50": 100_000}},
        "locationCurrency": "GBP",
        "locationExchangeRate": 0.79,
        "similar": [],
    }
    other = {"slug": "elsewhere", "name": "Elsewhere", "median": 123_456, "faq": "What is paid at Elsewhere? " * 4}
    filler = "<div class='similar'><a href='/companies/elsewhere'>Elsewhere</a></div>\n"
    if number % 2:
        props["similar"] = [{**other, "id": n} for n in range(PAGE_BYTES // len(json.dumps(other)))]
        filler = ""
    data = json.dumps({"props": {"pageProps": props}})
    padding = filler * (PAGE_BYTES // len(filler)) if filler else ""
    script = f'<script id="__NEXT_DATA__" type="application/json">{data}</script>'
    return f"<!DOCTYPE html><html><body><h1>Salaries</h1>{padding}{script}</body></html>".encode()


class _Site(BaseHTTPRequestHandler):
    """Markdown without levels, and then the page: a company's number is its slug."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer one request."""
        is_markdown = self.path.endswith(".md")
        body = b"# Salaries\n" if is_markdown else gzip.compress(page_of(int(self.path.split("/")[2])), 1)
        self.send_response(200)
        if not is_markdown:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


async def read_pages(url: str) -> dict[str, float]:
    """Fetch and parse every page from the site at `url`, measured."""
    meter, levels = Meter(), 0
    async with Http({"levels_fyi": url}) as http:
        for number in range(PAGES):
            fetched = await fetch_page(
                http, company=str(number), family="software-engineer", place="london-metro-area", validators=None
            )
            if fetched.page is None or len(fetched.page.levels) != RUNGS:
                raise RuntimeError(f"page {number} was not read")
            levels += len(fetched.page.levels)
    return {**meter.cost(), "levels": levels}


def levels_pages() -> dict[str, float]:
    """The figures: `pages`, `megabytes` (of one page), `levels` read, `cpu` and `wall` in seconds, `peak_mb` of the
    reading process as a whole, and the `bound_mb` it must stay under."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.levels_pages", url],
            env={**os.environ},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    figures: dict[str, float] = json.loads(done.stdout)
    return {"pages": PAGES, "megabytes": len(page_of(1)) / 1e6, **figures, "bound_mb": PEAK_MB}


if __name__ == "__main__":
    found = asyncio.run(read_pages(sys.argv[1])) if len(sys.argv) > 1 else levels_pages()
    sys.stdout.write(json.dumps(found) + "\n")
