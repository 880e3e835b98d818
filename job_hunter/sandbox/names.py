"""Invented employers: any number of them, each from the seed and its index alone."""

from __future__ import annotations

from functools import lru_cache

from job_hunter.sandbox.model import SandboxCompany, rng

STEMS = [
    "Quillmere",
    "Tarnbrook",
    "Velorin",
    "Brackwater",
    "Orlimont",
    "Pendrake",
    "Sablewick",
    "Thornquay",
    "Umberlyn",
    "Wexcombe",
    "Yarrowgate",
    "Calderfen",
    "Dovemarsh",
    "Elmsward",
    "Garrowby",
    "Hollinmere",
    "Inglethorn",
    "Jessamyre",
    "Kestrelby",
    "Larkhollow",
    "Merrowdale",
    "Nettlecombe",
    "Piperstow",
    "Quenbury",
    "Rookhallow",
    "Silverfen",
    "Tamberlow",
    "Ulverdane",
    "Vantermere",
    "Wychling",
    "Yewbarrow",
    "Zinnigrove",
    "Ashquill",
    "Birchmoor",
    "Cindermere",
    "Drakesholt",
    "Emberlow",
    "Foxcombe",
    "Gloamford",
    "Heronswick",
    "Ivelstone",
    "Junipere",
    "Kelderby",
    "Lanternmoor",
    "Mosswater",
    "Northquill",
    "Osierbeck",
    "Plovermere",
    "Quarrenby",
    "Ravelston",
    "Sedgewater",
    "Tolverne",
    "Underquay",
    "Violetfen",
    "Westerquill",
    "Yarnbeck",
    "Zephyrmoor",
    "Aldermarch",
    "Brindlecote",
    "Copperfen",
    "Dunlarrow",
    "Eskermere",
    "Farrowick",
    "Grayleaf",
    "Hazelquay",
    "Ironmarsh",
    "Jackdawe",
    "Kingsfennel",
    "Loomwater",
    "Marlowick",
    "Nightjarre",
    "Oxlip",
    "Petrelmoor",
    "Quillhaven",
    "Reedmarsh",
    "Starlingby",
    "Thistlecombe",
    "Umbrafen",
    "Vetchley",
    "Wrenmarsh",
    "Yellowquay",
    "Zelkova",
    "Applemoor",
    "Bramblequay",
    "Curlewby",
    "Dapplemere",
    "Everfen",
    "Finchmarsh",
    "Gannetby",
    "Hawthornby",
    "Isingfen",
    "Jasperquay",
    "Knotgrass",
    "Lapwingby",
    "Meadowfen",
    "Newtquay",
    "Ottermarsh",
    "Puffinby",
    "Quaylark",
    "Redstartle",
]

_SUFFIXES = {
    "hft_quant": ("Trading", "Capital", "Quant", "Markets"),
    "bank": ("Bank", "Bank & Trust"),
    "fintech": ("Pay", "Ledger", "Cards", "Finance"),
    "ai": ("AI", "Intelligence", "Labs"),
    "big_tech": ("", "Cloud", "Systems"),
    "other": ("Health", "Energy", "Games", "Logistics"),
}
_SECTORS = ("hft_quant", "fintech", "ai", "big_tech", "hft_quant", "bank", "fintech", "other", "ai", "hft_quant")
SOURCES = ("greenhouse", "ashby", "greenhouse", "lever", "greenhouse", "ashby", "lever_eu", "ashby", "lever")

MOST = len(STEMS) ** 2


@lru_cache(maxsize=8)
def _stems(seed: int) -> tuple[str, ...]:
    stems = list(STEMS)
    rng(seed, "names").shuffle(stems)
    return tuple(stems)


def company_at(seed: int, index: int, sources: tuple[str, ...] = SOURCES) -> SandboxCompany:
    """The company number `index` (0 to MOST - 1) of the world with this seed, on one of `sources` in turn."""
    stems = _stems(seed)
    first, round_ = index % len(stems), index // len(stems)
    sector = _SECTORS[index % len(_SECTORS)]
    suffixes = _SUFFIXES[sector]
    words = [stems[first]]
    if round_:
        words.append(stems[(first + round_) % len(stems)])
    suffix = suffixes[(index // len(_SECTORS)) % len(suffixes)]
    name = " ".join([*words, suffix]).strip()
    slug = name.lower().replace(" & ", "-and-").replace(" ", "-")
    source = sources[index % len(sources)]
    joined = name.replace(" & ", "And").replace(" ", "")
    token = joined if source == "ashby" else joined.lower()
    if index % 6 == 4 and source == "greenhouse":
        token += "london"
    return SandboxCompany(
        index=index,
        slug=slug,
        display_name=name,
        source=source.removesuffix("_eu"),
        token=token,
        sector=sector,
        domain=f"{joined.lower()}.example",
        region="eu" if source == "lever_eu" else "us",
        levels_fyi=None if index % 5 == 4 else slug,
        also_known_as=(f"{name} Ltd",) if index % 5 == 2 else (),
    )
