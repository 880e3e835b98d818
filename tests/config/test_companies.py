"""companies.yaml: the shipped file, and what is refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from job_hunter.config import BOARD_TYPES, default_config_dir, load_companies
from job_hunter.domain.company import Company, Sector, board_of
from job_hunter.errors import ConfigError

GOOD = "- {slug: acme, display_name: Acme, ats_type: greenhouse, ats_id: acme1, sector: ai}\n"


def read(tmp_path: Path, text: str) -> tuple[Company, ...]:
    """What `load_companies` makes of `text`."""
    (tmp_path / "companies.yaml").write_text(text, encoding="utf-8")
    return load_companies(tmp_path)


def test_the_shipped_companies_are_a_useful_mix() -> None:
    """
    The file that comes with the program loads, and covers sectors and all three kinds of board.
    """
    companies = load_companies(default_config_dir())
    sectors = Counter(company.sector for company in companies)
    assert 30 <= len(companies) <= 45
    assert sectors[Sector.HFT_QUANT] >= 6
    assert min(sectors[sector] for sector in (Sector.FINTECH, Sector.AI, Sector.BIG_TECH)) >= 4
    assert set(BOARD_TYPES) == {company.ats_type for company in companies}
    assert "janestreet" in {company.slug for company in companies}
    assert all(company.domains and company.careers_url for company in companies)


def test_every_shipped_board_carries_its_evidence() -> None:
    """
    A board name stands there only with the proof that it is the employer's.
    """
    lines = (default_config_dir() / "companies.yaml").read_text(encoding="utf-8").splitlines()
    bare = [line for line in lines if line.strip().startswith("ats_id:") and len(line.partition("#")[2]) < 20]
    assert bare == []


def test_a_block_becomes_a_company_and_its_board(tmp_path: Path) -> None:
    """
    Every key arrives; what is left out has its default.
    """
    text = (
        "- slug: acme-labs\n  display_name: Acme Labs\n  ats_type: ashby\n  ats_id: Acme Labs\n  sector: hft_quant\n"
        "  careers_url: https://acme.example/jobs\n  also_known_as: [Acme, ACME Ltd]\n  domains: [acme.example]\n"
        "  levels_fyi: acme\n"
    )
    expected = Company(
        slug="acme-labs",
        display_name="Acme Labs",
        ats_type="ashby",
        ats_id="Acme Labs",
        sector=Sector.HFT_QUANT,
        careers_url="https://acme.example/jobs",
        also_known_as=("Acme", "ACME Ltd"),
        domains=("acme.example",),
        levels_fyi="acme",
    )
    assert (expected,) == read(tmp_path, text)
    assert (
        (board := board_of(expected)).source,
        board.token,
        board.slug,
    ) == ("ashby", "Acme Labs", "acme-labs")


def test_an_employer_without_a_board_needs_no_board_name(tmp_path: Path) -> None:
    """
    `changedetection` stands for "known elsewhere only"; its board name is the slug.
    """
    (company,) = read(tmp_path, "- {slug: acme, display_name: Acme, ats_type: changedetection, sector: bank}\n")
    assert (company.ats_type, company.ats_id) == ("changedetection", "acme")


REFUSED = [
    (
        GOOD.replace("greenhouse", "greenhous"),
        (
            "companies.yaml[0].ats_type: 'greenhous' is not one of greenhouse, lever, "
            "ashby, changedetection; did you mean greenhouse? (line 1)"
        ),
    ),
    (
        GOOD.replace("sector: ai", "sector: fintek"),
        (
            "companies.yaml[0].sector: 'fintek' is not one of hft_quant, bank, "
            "fintech, ai, big_tech, other; did you mean fintech? (line 1)"
        ),
    ),
    (GOOD.replace(", sector: ai", ""), "companies.yaml[0].sector: is missing; give one of hft_quant, bank"),
    (GOOD.replace("ats_type", "ats_typ"), "companies.yaml[0].ats_type: is missing"),
    (GOOD.replace("ats_type", "ats_typ"), "companies.yaml[0].ats_typ: unknown key; did you mean ats_type? (line 1)"),
    (
        GOOD.replace(", ats_id: acme1", ""),
        "companies.yaml[0].ats_id: is missing; give the name of Acme's greenhouse board",
    ),
    (GOOD.replace("acme1", ""), "companies.yaml[0].ats_id: must not be empty"),
    (GOOD.replace("acme1", "jobs/acme"), "companies.yaml[0].ats_id: 'jobs/acme' is no board name"),
    (GOOD.replace("acme1", "12"), "companies.yaml[0].ats_id: must be text (put quotes around numbers"),
    (GOOD.replace("slug: acme", "slug: Acme Inc"), "companies.yaml[0].slug: 'Acme Inc' is no slug"),
    (GOOD.replace("slug: acme", "slug: a--b"), "companies.yaml[0].slug: 'a--b' is no slug"),
    (GOOD.replace("slug: acme", "slug: ../x"), "companies.yaml[0].slug: '../x' is no slug"),
    (
        GOOD.replace("Acme,", "'Acme\\nLtd ',"),
        "companies.yaml[0].display_name: 'Acme\\\\nLtd ' must be one line of text",
    ),
    (
        GOOD.replace("ai}", "ai, domains: ['https://acme.com']}"),
        "companies.yaml[0].domains[0]: 'https://acme.com' is no domain",
    ),
    (GOOD.replace("ai}", "ai, domains: acme.com}"), "companies.yaml[0].domains: must be a list, not 'acme.com'"),
    (GOOD.replace("ai}", "ai, careers_url: acme.com}"), "companies.yaml[0].careers_url: 'acme.com' is no web address"),
    (
        GOOD.replace("ai}", "ai, careers_url: 'javascript:x'}"),
        "companies.yaml[0].careers_url: 'javascript:x' is no web",
    ),
    (GOOD + GOOD, "companies.yaml[1].slug: 'acme' is already the slug of entry [0] (line 2)"),
    (
        GOOD + GOOD.replace("slug: acme", "slug: b").replace("Acme", "B").replace("acme1", "ACME1"),
        "companies.yaml[1].ats_id: 'greenhouse/acme1' is already the board of entry [0] (line 2)",
    ),
    (
        GOOD + GOOD.replace("slug: acme", "slug: b").replace("acme1", "b").replace("Acme", "ACME"),
        "companies.yaml[1].display_name: 'acme' is already a name of entry [0] (line 2)",
    ),
    ("[]", "companies.yaml: holds no company; add at least one (line 1)"),
    ("companies: []", "companies.yaml: must be a list, not a mapping (line 1)"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_a_wrong_block_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    """
    The message names file, entry, key, line and what is allowed.
    """
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert any(line.startswith(said) for line in str(caught.value).splitlines()), str(caught.value)
    assert caught.value.exit_code == 2


def test_the_same_board_name_on_two_systems_is_two_boards(tmp_path: Path) -> None:
    """
    Only the pair of system and name must be unique.
    """
    other = GOOD.replace("slug: acme", "slug: b").replace("Acme", "B").replace("greenhouse", "lever")
    assert [company.ats_type for company in read(tmp_path, GOOD + other)] == ["greenhouse", "lever"]


def test_a_missing_file_names_the_setting_to_change(tmp_path: Path) -> None:
    """
    An operator with a wrong folder learns which variable points there.
    """
    with pytest.raises(ConfigError, match=r"^companies\.yaml: there is no such file in .*JOB_HUNTER_CONFIG_DIR"):
        load_companies(tmp_path)
