"""cdio_watches.yaml: the shipped file, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from job_hunter.config import default_config_dir, load_companies, load_employers, load_watches
from job_hunter.domain.company import Sector
from job_hunter.domain.watch import Watch, company_of
from job_hunter.errors import ConfigError

GOOD = "- {slug: acme, display_name: Acme, sector: ai, url: 'https://acme.example/jobs', css: 'a.job'}\n"
OTHER = "- {slug: b, display_name: B, sector: ai, url: 'https://b.example/jobs', css: 'a.job'}\n"
COMPANY = "- {slug: acme, display_name: Acme, ats_type: lever, ats_id: acme, sector: ai}\n"


def read(tmp_path: Path, text: str) -> tuple[Watch, ...]:
    """What `load_watches` makes of `text`."""
    (tmp_path / "cdio_watches.yaml").write_text(text, encoding="utf-8")
    return load_watches(tmp_path)


def test_the_shipped_watches_are_employers_without_a_board() -> None:
    """
    About fifteen pages, each with a filter, none of an employer whose board we already read.
    """
    watches = load_watches(default_config_dir())
    assert 12 <= len(watches) <= 20
    assert {"citadel", "two-sigma", "g-research", "revolut", "wise"} <= {watch.slug for watch in watches}
    assert all(watch.include_filter and watch.tags and watch.domains for watch in watches)
    followed = {company.slug for company in load_companies(default_config_dir())}
    assert followed.isdisjoint(watch.slug for watch in watches)


def test_a_block_becomes_a_watch_and_its_employer(tmp_path: Path) -> None:
    """
    Every key arrives, the interval as a duration, the filter as changedetection.io spells it.
    """
    text = (
        "- slug: acme\n  display_name: Acme\n  sector: bank\n  url: https://acme.example/jobs\n"
        "  xpath: //a[contains(@href, '/jobs/')]\n  check_every: 90m\n  browser: true\n  tags: [bank]\n"
        "  also_known_as: [ACME Ltd]\n  domains: [acme.example]\n  levels_fyi: acme\n"
    )
    (watch,) = read(tmp_path, text)
    assert (timedelta(minutes=90), True, ("bank",)) == (watch.check_every, watch.browser, watch.tags)
    assert watch.include_filter == "xpath://a[contains(@href, '/jobs/')]"
    company = company_of(watch)
    assert (
        company.slug,
        company.ats_type,
        company.ats_id,
        company.sector,
    ) == ("acme", "changedetection", "acme", Sector.BANK)
    assert (
        company.also_known_as,
        company.domains,
        company.levels_fyi,
        company.careers_url,
    ) == (("ACME Ltd",), ("acme.example",), "acme", "https://acme.example/jobs")


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    """
    Six hours, no browser, and CSS goes to changedetection.io as it is.
    """
    (watch,) = read(tmp_path, GOOD)
    assert (timedelta(hours=6), False, "a.job") == (watch.check_every, watch.browser, watch.include_filter)


INTERVALS = [("15m", 15), ("2h", 120), ("1d", 1440), ("7d", 10080), ("168h", 10080)]


@pytest.mark.parametrize(("text", "minutes"), INTERVALS)
def test_intervals(tmp_path: Path, text: str, minutes: int) -> None:
    """
    Minutes, hours and days, from a quarter of an hour to a week.
    """
    (watch,) = read(tmp_path, GOOD.replace("}", f", check_every: {text}}}"))
    assert timedelta(minutes=minutes) == watch.check_every


REFUSED = [
    *(
        (GOOD.replace("}", f", check_every: {text}}}"), "cdio_watches.yaml[0].check_every: ")
        for text in ("14m", "8d", "0h", "6", "6 hours", "-1h", "99999d", "''", "[1h]")
    ),
    (GOOD.replace(", css: 'a.job'", ""), "cdio_watches.yaml[0]: has no filter; give css or xpath"),
    (GOOD.replace("}", ", xpath: //a}"), "cdio_watches.yaml[0].xpath: stands beside css; keep one of them (line 1)"),
    (GOOD.replace("css: 'a.job'", "xpath: '//a[contains('"), "cdio_watches.yaml[0].xpath: '//a[contains(' is no XPath"),
    (GOOD.replace("a.job", "//a"), "cdio_watches.yaml[0].css: '//a' is XPath; give it under the key xpath"),
    (GOOD.replace("a.job", "a[href"), "cdio_watches.yaml[0].css: 'a[href' is no CSS selector"),
    (GOOD.replace("css", "ccs"), "cdio_watches.yaml[0].ccs: unknown key; did you mean css? (line 1)"),
    (
        GOOD.replace("https://acme.example/jobs", "acme.example"),
        "cdio_watches.yaml[0].url: 'acme.example' is no web address",
    ),
    (GOOD.replace("}", ", browser: 'true'}"), "cdio_watches.yaml[0].browser: must be true or false, not 'true'"),
    (GOOD.replace("sector: ai", "sector: quant"), "cdio_watches.yaml[0].sector: 'quant' is not one of hft_quant, bank"),
    (
        GOOD + OTHER.replace("slug: b", "slug: acme"),
        "cdio_watches.yaml[1].slug: 'acme' is already the slug of entry [0]",
    ),
    (
        GOOD + OTHER.replace("b.example/jobs", "acme.example/jobs/"),
        "cdio_watches.yaml[1].url: 'https://acme.example/jobs' is already the page of entry [0] (line 2)",
    ),
]


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_a_wrong_block_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    """
    The message names file, entry, key and what is allowed.
    """
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert any(line.startswith(said) for line in str(caught.value).splitlines()), str(caught.value)


def test_employers_are_the_companies_and_those_only_watched(tmp_path: Path) -> None:
    """
    An employer with a board keeps it; a watched page alone makes an employer of its own.
    """
    (tmp_path / "companies.yaml").write_text(COMPANY)
    read(tmp_path, GOOD + OTHER)
    assert [(c.slug, c.ats_type) for c in load_employers(tmp_path)] == [("acme", "lever"), ("b", "changedetection")]


def test_two_slugs_for_one_name_are_refused(tmp_path: Path) -> None:
    """
    One employer under two slugs would be counted twice.
    """
    (tmp_path / "companies.yaml").write_text(COMPANY)
    read(tmp_path, OTHER.replace("display_name: B", "display_name: ACME"))
    with pytest.raises(ConfigError, match=r"^cdio_watches\.yaml: b and acme of companies\.yaml both claim 'acme'"):
        load_employers(tmp_path)


def test_the_shipped_employers_do_not_clash() -> None:
    """
    The two files that come with the program agree.
    """
    slugs = [company.slug for company in load_employers(default_config_dir())]
    assert len(slugs) == len(set(slugs))
