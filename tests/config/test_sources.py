"""sources.yaml: what the feeds are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from job_hunter.config import default_config_dir, load_sources
from job_hunter.domain.feed_settings import FeedSettings, JobSearch, PayFamily, PayPlace
from job_hunter.domain.level import Family
from job_hunter.errors import ConfigError


def read(tmp_path: Path, text: str) -> FeedSettings:
    """What `load_sources` makes of `text`."""
    (tmp_path / "sources.yaml").write_text(text, encoding="utf-8")
    return load_sources(tmp_path)


def test_the_shipped_file_is_the_default(tmp_path: Path) -> None:
    """A folder without the file gets what the shipped one says: London first, LinkedIn off."""
    assert load_sources(default_config_dir()) == load_sources(tmp_path) == FeedSettings()
    assert not FeedSettings().linkedin_enabled


def test_every_key_arrives(tmp_path: Path) -> None:
    """Places, families, and LinkedIn's searches and bounds."""
    text = (
        "levels_fyi:\n  places: [{slug: london-metro-area, bucket: london}, {slug: united-kingdom, bucket: uk}]\n"
        "  families: [{slug: quantitative-researcher, family: research}]\n"
        "linkedin_guest:\n  enabled: true\n  pages: 2\n  details: 9\n"
        "  searches: [{slug: x, keywords: c++, location: 'London, UK'}]\n"
    )
    assert read(tmp_path, text) == FeedSettings(
        places=(PayPlace("london-metro-area", "london"), PayPlace("united-kingdom", "uk")),
        families=(PayFamily("quantitative-researcher", Family.RESEARCH),),
        linkedin_enabled=True,
        searches=(JobSearch("x", "c++", "London, UK"),),
        pages=2,
        details=9,
    )


def test_what_is_left_out_is_as_shipped(tmp_path: Path) -> None:
    """A part alone leaves the others as they are; an empty list means none."""
    assert read(tmp_path, "linkedin_guest: {enabled: true}") == FeedSettings(linkedin_enabled=True)
    assert read(tmp_path, "levels_fyi: {places: []}") == FeedSettings(places=())


WRONG = [
    ("levels_fyi: {places: [{slug: a, bucket: london}, {slug: a, bucket: uk}]}", "levels_fyi.places[1].slug"),
    ("levels_fyi: {families: [{slug: a, family: enginering}]}", "levels_fyi.families[0].family"),
    ("linkedin_guest: {enabled: 'yes'}", "linkedin_guest.enabled"),
    ("linkedin_guest: {pages: 0}", "linkedin_guest.pages"),
    ("linkedin_guest: {page: 3}", "linkedin_guest.page"),
    ("linkedin: {}", "linkedin"),
    ("linkedin_guest: {searches: [{slug: a, keywords: x}]}", "linkedin_guest.searches[0].location"),
]


@pytest.mark.parametrize(("text", "where"), WRONG)
def test_a_wrong_entry_is_named(tmp_path: Path, text: str, where: str) -> None:
    """The path of the key stands in the one sentence."""
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, text)
    assert "sources.yaml" in str(raised.value)
    assert where in str(raised.value)
