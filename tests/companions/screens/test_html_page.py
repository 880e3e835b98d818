"""The report's page as a reader sees it: on a phone and a desk, in light and dark, with the hardest contents."""

from __future__ import annotations

from pathlib import Path

import pytest

from job_hunter.report import render_html
from job_hunter.report.charts import bars, pay_scale
from tests.companions.screens.browser import CHROMIUM, browser
from tests.companions.screens.stress import stress_report, stress_roles

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (tests/companions/screens/setup.sh)"),
]
TEXT, GRAPHICS = 4.5, 3.0
SIZES = {"phone": 390, "small-phone": 320, "paper": 718, "tablet": 820, "small-desk": 1106, "desktop": 1280}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("size", "width"), SIZES.items(), ids=SIZES)
async def test_the_page_can_be_read(tmp_path: Path, size: str, width: int, scheme: str) -> None:
    """Nothing sticks out or is cut, every text has a contrast of 4.5 and every line of 3, no request is made."""
    html = render_html(stress_report(), new_roles=stress_roles(), new_roles_title="The week's new roles (12)")
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    async with browser(tmp_path) as page:
        await page.open(path.as_uri(), width=width, scheme=scheme)
        assert page.requests == [path.as_uri()]
        found = await page.measure()
        await page.picture(f"report-{size}-{scheme}")
    assert found["scrollWidth"] <= found["width"] == width
    assert (found["sticksOut"], found["isCut"]) == ([], [])
    assert [text for text in found["texts"] if text["ratio"] < TEXT] == []
    assert len(found["lines"]) > 20
    assert [line for line in found["lines"] if line["ratio"] < GRAPHICS] == []
    assert min(text["size"] for text in found["texts"]) >= 12


BOXES = """[...document.querySelectorAll("svg text")].map((text) => {
    const box = text.getBBox();
    return [box.x, box.x + box.width, text.textContent];
})"""


async def test_the_chart_holds_its_labels(tmp_path: Path) -> None:
    """Drawn as XML, which forgives nothing: every label and figure lies within the picture."""
    path = tmp_path / "chart.svg"
    path.write_text(bars(stress_report()), encoding="utf-8")
    async with browser(tmp_path) as page:
        await page.open(path.as_uri(), width=900)
        boxes = await page.evaluate(BOXES)
        width = await page.evaluate("document.documentElement.viewBox.baseVal.width")
    report = stress_report()
    assert len(boxes) == 2 * (len(report.leaders) + len(report.you)) + len(pay_scale(report).ticks) + 1
    assert [box for box in boxes if box[0] < 0 or box[1] > width] == []
