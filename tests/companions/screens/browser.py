"""A headless Chromium over its DevTools protocol: show a page, measure it, keep a picture of it."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.client import WebSocketClientProtocol, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
MEASURE = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
OUTPUT = Path(__file__).with_name("output")


@dataclass
class Page:
    """One tab. `requests` are the addresses it asked for since the last `open`, data addresses left out."""

    socket: WebSocketClientProtocol
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    events: list[dict[str, Any]] = field(default_factory=list)

    async def call(self, method: str, **values: Any) -> dict[str, Any]:
        """Call a method of the protocol; events that come first are kept."""
        number = next(self.numbers)
        await self.socket.send(json.dumps({"id": number, "method": method, "params": values}))
        while True:
            message = json.loads(await self.socket.recv())
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]  # type: ignore[no-any-return]
            self.events.append(message)

    async def open(self, url: str, *, width: int, height: int = 900, scheme: str = "light") -> None:
        """Show `url` on a screen of `width` by `height` in a colour scheme, and wait until it is loaded."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        await self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events.clear()
        await self.call("Page.navigate", url=url)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(json.loads(await self.socket.recv()))

    @property
    def requests(self) -> list[str]:
        """What the page asked for."""
        asked = [
            event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.startswith("data:")]

    async def evaluate(self, script: str) -> Any:
        """The value of a script, which may be a promise."""
        answer = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def wait_for(self, condition: str, *, seconds: int = 60) -> None:
        """Return when the script `condition` becomes true; the page itself looks at each of its changes."""
        script = f"""new Promise((done, fail) => {{
            const look = () => {{ if ({condition}) {{ watch.disconnect(); done(true); }} }};
            const watch = new MutationObserver(look);
            watch.observe(document, {{subtree: true, childList: true, characterData: true, attributes: true}});
            const late = () => fail("not within {seconds} s: " + document.body.innerText.slice(0, 500));
            setTimeout(late, {seconds * 1000});
            look();
        }})"""
        await self.evaluate(script)

    async def measure(self, scope: str = "body") -> dict[str, Any]:
        """What sticks out, what is cut, and how well each text can be read, within the element `scope`."""
        found = await self.evaluate(MEASURE.replace("SCOPE", json.dumps(scope)))
        assert found["texts"], "nothing to read on the page"
        return found  # type: ignore[no-any-return]

    async def picture(self, name: str, *, height: int | None = None) -> Path:
        """Keep a picture of the whole page under `output`."""
        size = await self.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": height or min(size[1], 6000), "scale": 1}
        shot = await self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        OUTPUT.mkdir(exist_ok=True)
        path = OUTPUT / f"{name}.png"
        path.write_bytes(base64.b64decode(shot["data"]))
        return path


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    """A tab of a Chromium of its own, with its profile in `folder`."""
    assert CHROMIUM is not None
    process = subprocess.Popen(  # noqa: ASYNC220 started once, and quick
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if line.startswith("DevTools listening on"))
        port = line.rpartition(":")[2].partition("/")[0]
        async with httpx.AsyncClient() as client:
            tabs = (await client.get(f"http://127.0.0.1:{port}/json/list")).json()
        address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
        async with connect(address, max_size=None, compression=None) as socket:
            page = Page(socket)
            for domain in ("Page", "Network", "Runtime"):
                await page.call(f"{domain}.enable")
            yield page
    finally:
        process.terminate()
        await asyncio.to_thread(process.communicate)
