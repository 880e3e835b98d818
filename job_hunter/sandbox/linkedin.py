"""LinkedIn's pages for guests: cards of a search and details of a posting, as fragments of HTML."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote

from job_hunter.sandbox import pay as pays
from job_hunter.sandbox.model import Opening, SandboxCompany, rng
from job_hunter.sandbox.postings import body_of
from job_hunter.sandbox.world import World, external_id

CARDS_A_PAGE = 10
_DAYS_SHOWN = 45
_LAST_START = 1000


@dataclass(frozen=True, slots=True)
class Card:
    """One posting on LinkedIn: a board's opening advertised again. `posted_on` is a day without a time."""

    ident: int
    company: SandboxCompany
    opening: Opening
    posted_on: date
    is_confidential: bool

    def external_id(self, world: World) -> str:
        """The id of the opening on its own board."""
        return external_id(world.seed, self.opening, self.company.source)


class LinkedIn:
    """The guest pages over a world: two thirds of what the boards hold and was posted in the last weeks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: tuple[tuple[date, int], tuple[Card, ...]] = ((date.min, -1), ())

    def cards(self, on: date, *, place: str = "", keywords: str = "", days: int = _DAYS_SHOWN) -> list[Card]:
        """Every posting there is that day, newest first: `place` is in its location, `keywords` in its title."""
        where, words = place.split(",")[0].lower(), keywords.lower().split()
        found = [
            card
            for card in self._all(on)
            if where in card.opening.location.text.lower()
            and all(word in card.opening.title.lower() for word in words)
            and 0 <= (on - card.posted_on).days <= days
        ]
        return sorted(found, key=lambda card: (card.posted_on, card.ident), reverse=True)

    def _all(self, on: date) -> tuple[Card, ...]:
        key = (on, self.world.moves)
        if self._known[0] != key:
            openings = ((c, opening) for c in self.world.companies_on(on) for opening in self.world.on_board(c, on))
            self._known = key, tuple(self._card(c, opening) for c, opening in openings if self._is_advertised(opening))
        return self._known[1]

    def _is_advertised(self, opening: Opening) -> bool:
        return opening.listed and opening.posted_at is not None and opening.number % 3 != 0

    def _card(self, company: SandboxCompany, opening: Opening) -> Card:
        ident = 4_400_000_000 + company.index * 10_000 + opening.number
        assert opening.posted_at is not None
        posted = opening.posted_at.date() + timedelta(opening.number % 2)
        return Card(ident, company, opening, max(posted, opening.spans[0][0]), opening.number % 31 == 7)

    def find(self, ident: int, on: date) -> tuple[Card, bool] | None:
        """A posting that is or was there, and whether it is still open; None for an id nobody has."""
        index, number = divmod(ident - 4_400_000_000, 10_000)
        if not 0 <= index < len(self.world.companies):
            return None
        company = self.world.companies_on(on)[index]
        for opening in self.world.openings(company):
            if opening.number == number and self._is_advertised(opening) and opening.spans[0][0] <= on:
                return self._card(company, opening), opening.is_open(on)
        return None

    def search(
        self, on: date, *, start: int, place: str = "", keywords: str = "", days: int = _DAYS_SHOWN
    ) -> str | None:
        """A page of cards; None beyond what can be asked for. Some cards come twice, as in real answers."""
        if start >= _LAST_START:
            return None
        sequence: list[Card] = []
        for card in self.cards(on, place=place, keywords=keywords, days=days):
            if len(sequence) % CARDS_A_PAGE == CARDS_A_PAGE - 1:
                sequence.append(sequence[-5])
            sequence.append(card)
        page = sequence[start : start + CARDS_A_PAGE]
        return "".join(_card(card, n + start, on) for n, card in enumerate(page))

    def detail(self, card: Card, on: date, *, is_open: bool) -> str:
        """The page of one posting; of a closed one it says so and little else."""
        opening = card.opening
        closed = "" if is_open else _CLOSED
        pay = opening.pay(on)
        shown = pay is not None and pay.style != "prose" and opening.number % 9 == 1
        salary = _salary(pays.block(pay)) if shown and pay is not None and pay.band.period == "year" else ""
        text = "".join(piece.styled for piece in body_of(self.world, opening, on).pieces())
        level = {"senior": "Mid-Senior level", "intern": "Internship", "junior": "Entry level", "director": "Director"}
        rows = (
            ("Seniority level", level.get(opening.level or "", "Not Applicable")),
            ("Employment type", "Internship" if opening.level == "intern" else "Full-time"),
            ("Job function", "Engineering and Information Technology"),
            ("Industries", "Financial Services"),
        )
        return _DETAIL.format(
            path=_path(card),
            title=html.escape(opening.title),
            company=_organisation(card, "topcard__org-name-link topcard__flavor--black-link"),
            place=html.escape(opening.location.text),
            ago=_ago((on - card.posted_on).days),
            closed=closed,
            salary=salary,
            text="" if not is_open else text,
            criteria="".join(_CRITERION.format(name=name, value=value) for name, value in rows),
        )


def _slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def _path(card: Card) -> str:
    return f"/jobs/view/{quote(_slug(card.opening.title))}-at-{_slug(card.company.display_name)}-{card.ident}"


def _organisation(card: Card, css: str) -> str:
    name = html.escape(card.company.display_name)
    if card.is_confidential:
        return f"\n            {name}\n          "
    link = f"https://uk.linkedin.com/company/{card.company.slug}?trk=public_jobs"
    return (
        f'\n          <a class="{css}" data-tracking-will-navigate href="{link}">\n            {name}\n          </a>\n'
    )


def _ago(days: int) -> str:
    if days < 1:
        return "5 hours ago"
    if days < 7:
        return f"{days} day{'s' * (days > 1)} ago"
    weeks = days // 7
    return f"{weeks} week{'s' * (weeks > 1)} ago" if weeks < 5 else f"{days // 30} month{'s' * (days >= 60)} ago"


def _card(card: Card, n: int, on: date) -> str:
    token = f"{rng('tracking', card.ident, n).getrandbits(64):016x}"
    is_new = (on - card.posted_on).days < 1
    return _CARD.format(
        ident=card.ident,
        n=n,
        token=token,
        path=_path(card),
        title=html.escape(card.opening.title),
        company=_organisation(card, "hidden-nested-link"),
        place=html.escape(card.opening.location.text),
        new="--new" if is_new else "",
        day=card.posted_on,
        ago=_ago((on - card.posted_on).days),
    )


def _salary(ends: tuple[str, str]) -> str:
    low, high = ends
    return (
        '<div class="compensation__salary-range"><h3>Base pay range</h3>'
        f'<div class="salary compensation__salary">\n          {low}/yr - {high}/yr\n        </div></div>'
    )


_CARD = """
      <li>
        <div class="base-card relative w-full base-card--link base-search-card base-search-card--link job-search-card" data-entity-urn="urn:li:jobPosting:{ident}" data-impression-id="jobs-search-result-{n}" data-reference-id="{token}==" data-tracking-id="{token}" data-column="1" data-row="{n}">
        <a class="base-card__full-link absolute top-0 right-0" href="https://uk.linkedin.com{path}?position={n}&amp;pageNum=0&amp;refId={token}%3D%3D&amp;trackingId={token}" data-tracking-control-name="public_jobs_jserp-result_search-card">
          <span class="sr-only">
        {title}
          </span>
        </a>
        <div class="base-search-card__info">
          <h3 class="base-search-card__title">

        {title}

          </h3>
            <h4 class="base-search-card__subtitle">{company}</h4>
<!---->
            <div class="base-search-card__metadata">
          <span class="job-search-card__location">
            {place}
          </span>
          <time class="job-search-card__listdate{new}" datetime="{day}">

      {ago}

          </time>
            </div>
        </div>
      </div>
      </li>"""  # noqa: E501 - the fragment's own lines are that long

_CRITERION = """
        <li class="description__job-criteria-item">
          <h3 class="description__job-criteria-subheader">
            {name}
          </h3>
          <span class="description__job-criteria-text description__job-criteria-text--criteria">
            {value}
          </span>
        </li>"""

_CLOSED = """
      <figure class="closed-job closed-job__flavor topcard__flavor-row">
        <span class="closed-job__icon closed-job__icon--error-pebble lazy-load"></span>
        <figcaption class="closed-job__flavor--closed">No longer accepting applications</figcaption>
      </figure>"""

_DETAIL = """
    <section class="top-card-layout container-lined overflow-hidden">
          <a href="https://www.linkedin.com{path}?trk=public_jobs_topcard-title" class="topcard__link">
            <h2 class="top-card-layout__title font-sans text-lg topcard__title">{title}</h2>
          </a>
                <h4 class="top-card-layout__second-subline font-sans text-sm">
        <div class="topcard__flavor-row">
          <span class="topcard__flavor">{company}</span>
            <span class="topcard__flavor topcard__flavor--bullet">
              {place}
            </span>
        </div>
        <div class="topcard__flavor-row">
        <span class="posted-time-ago__text topcard__flavor--metadata">

      {ago}

        </span>
          <figcaption class="num-applicants__caption">
            Over 200 applicants
          </figcaption>
        </div>{closed}
                </h4>
    </section>
    {salary}
      <div class="description__text description__text--rich">
    <section class="show-more-less-html" data-max-lines="5">
        <div class="show-more-less-html__markup show-more-less-html__markup--clamp-after-5
            relative overflow-hidden">
          {text}
        </div>
    </section>
      </div>
      <ul class="description__job-criteria-list">{criteria}
      </ul>
"""
