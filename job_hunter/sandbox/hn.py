"""Who is hiring, as people write it: monthly threads, their comments, and the truth about each advertisement."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random

from job_hunter.sandbox import places
from job_hunter.sandbox.model import Band, Location, SandboxCompany, rng
from job_hunter.sandbox.names import MOST, company_at
from job_hunter.sandbox.pay import draw_pay
from job_hunter.sandbox.titles import Job, draw_job
from job_hunter.sandbox.world import World, external_id

_MONTHS_BEFORE = 4
_IDS_A_MONTH = 100_000
_OUTSIDERS = 5000  # companies from this index on have no board in any usual world

_BLURBS = (
    "We build tools that other people's businesses depend on & we take that seriously.",
    "We raised £8m Series A last year and process £100m annually for small shops.",
    "Small team, real customers, no drama. We're profitable and our customers' churn is low.",
    "Our stack: Python, Postgres, Kubernetes, some Rust. You'll talk to users every week.",
    "We've got 400k users and a waiting list; we don't do take-home tests longer than two hours.",
    "You'd join a team of nine engineers. Pension, 28 days' holiday, a learning budget of £1,000.",
)
_CHATTER = (
    "Is anybody else seeing fewer junior positions this month? It seems to me that the market has dried up.",
    "Meta: could we please have salary ranges in all of these posts? It'd save everybody time.",
    "I made a search page for this thread, feedback is welcome. It indexes comments every ten minutes.",
)
REPLIES = ("Do you sponsor visas?", "Applied two weeks ago, no answer yet.", "Is this open to people in the EU?")
_PEOPLE = ("mwatts", "quietlake", "ferrous_fox", "tj_harper", "opsandcats", "lena_k", "bytegarden", "northwind22")


@dataclass(frozen=True, slots=True)
class Ad:
    """One top-level comment and what is true of it.

    `kind` is job, chatter or dead (flagged or deleted from the start). `opening` is the external id of the board
    opening it advertises again, `slug` that of our company if it has a board. `edited_on` changes the pay to
    `new_band`; from `gone_on` on the comment is deleted.
    """

    comment: int
    thread: int
    author: str
    created_at: datetime
    kind: str
    company: SandboxCompany
    jobs: tuple[Job, ...]
    location: Location
    band: Band | None
    form: int
    slug: str | None = None
    opening: str | None = None
    edited_on: date | None = None
    new_band: Band | None = None
    gone_on: date | None = None
    replies: int = 0

    def is_live(self, on: date) -> bool:
        """Whether the comment is there, readable and not deleted that day."""
        return self.kind != "dead" and self.created_at.date() <= on and (self.gone_on is None or on < self.gone_on)

    def pay(self, on: date) -> Band | None:
        """The pay it states that day."""
        return self.new_band if self.edited_on is not None and self.edited_on <= on else self.band

    def text(self, on: date) -> str | None:
        """The comment as HTML that day; None once deleted."""
        if self.created_at.date() > on or (self.gone_on is not None and on >= self.gone_on):
            return None
        if self.kind == "dead":
            return "[flagged]" if self.form % 2 else None
        if self.kind == "chatter":
            return _escape(_CHATTER[self.form % len(_CHATTER)])
        return _advertisement(self, self.pay(on))


@dataclass(frozen=True, slots=True)
class Thread:
    """One story by whoishiring. `is_hiring` tells the thread of the month from its siblings by the same author."""

    ident: int
    title: str
    created_at: datetime
    is_hiring: bool


class HackerNews:
    """The threads of a world, `per_thread` top-level comments in each."""

    def __init__(self, world: World, per_thread: int = 40) -> None:
        self.world, self.per_thread = world, per_thread
        self._ads = lru_cache(maxsize=32)(self._make_ads)

    def threads(self, on: date) -> tuple[Thread, ...]:
        """Every story of the author up to a day, newest first."""
        found = []
        month = _month(self.world.dates[0], -_MONTHS_BEFORE)
        while month <= on:
            number = month.year * 12 + month.month - 24_000
            day = month + timedelta({5: 2, 6: 1}.get(month.weekday(), 0))
            at = datetime(day.year, day.month, day.day, 15, 1, 21, tzinfo=UTC)
            name = f"({month:%B %Y})"
            for n, title in enumerate(("Who is hiring?", "Who wants to be hired?", "Freelancer? Seeking freelancer?")):
                ident = 40_000_000 + number * _IDS_A_MONTH + n
                found.append(Thread(ident, f"Ask HN: {title} {name}", at + timedelta(seconds=n), n == 0))
            month = _month(month, 1)
        odd = datetime(2020, 3, 23, 16, 13, 49, tzinfo=UTC)
        found.append(Thread(22_665_001, "Ask HN: Who is hiring right now?", odd, False))
        return tuple(sorted((t for t in found if t.created_at.date() <= on), key=lambda t: t.created_at, reverse=True))

    def ads(self, thread: int) -> tuple[Ad, ...]:
        """All top-level comments a thread ever gets, in order of appearance."""
        return self._ads(thread)

    def live(self, on: date, threads: int = 3) -> tuple[Ad, ...]:
        """The job advertisements that are there that day in the newest `threads` threads: what a reader should find."""
        newest = [thread for thread in self.threads(on) if thread.is_hiring][:threads]
        return tuple(ad for t in newest for ad in self.ads(t.ident) if ad.kind == "job" and ad.is_live(on))

    def _make_ads(self, thread: int) -> tuple[Ad, ...]:
        story = next(t for t in self.threads(date.max.replace(year=2100)) if t.ident == thread)
        if not story.is_hiring:
            return ()
        r = rng(self.world.seed, "hn", thread)
        # Most of a thread is written within days, the rest all month long.
        hours = (r.uniform(0, 600) if r.random() < 0.2 else r.expovariate(1 / 60) for _ in range(self.per_thread))
        moments = sorted(story.created_at + timedelta(hours=each) for each in hours)
        outsiders = r.sample(range(_OUTSIDERS, MOST), self.per_thread)
        taken: set[str] = set()
        return tuple(
            self._ad(r, thread, n, moment, company_at(self.world.seed, outsiders[n]), taken)
            for n, moment in enumerate(moments)
        )

    def _ad(self, r: Random, thread: int, n: int, at: datetime, outsider: SandboxCompany, taken: set[str]) -> Ad:
        drawn, job = r.random(), draw_job(r, outsider.sector)
        where = places.anywhere(r, 0.5)
        ad = Ad(
            comment=thread + 10 + n * 7,
            thread=thread,
            author=f"{r.choice(_PEOPLE)}{r.randrange(100)}",
            created_at=at.replace(microsecond=0),
            kind="job",
            company=outsider,
            jobs=(job,),
            location=where,
            band=_band(r, outsider, job, where),
            form=r.randrange(1 << 16),
            replies=r.choice((0, 0, 0, 1, 2)),
        )
        if drawn < 0.06:
            return replace(ad, kind="dead")
        if drawn < 0.12:
            return replace(ad, kind="chatter")
        if drawn < 0.55:
            ad = self._of_a_board(r, ad, taken)
        elif drawn < 0.68 and ad.location.bucket == "london":
            drawn_jobs = [
                replace(each, title=each.title.split(", ")[0]) for each in (job, draw_job(r, outsider.sector))
            ]
            jobs = {each.title: each for each in drawn_jobs}
            ad = replace(ad, jobs=tuple(jobs.values()), band=None)
        fate = r.random()
        later = ad.created_at.date() + timedelta(r.randint(1, 9))
        if fate < 0.12 and ad.band is not None:
            ends = [None if end is None else end + 5000 for end in (ad.band.min, ad.band.max)]
            return replace(ad, edited_on=later, new_band=replace(ad.band, min=ends[0], max=ends[1]))
        return replace(ad, gone_on=later) if fate > 0.94 else ad

    def _of_a_board(self, r: Random, ad: Ad, taken: set[str]) -> Ad:
        """The advertisement of an opening that is on a board that day; a company writes once a month."""
        company = r.choice(self.world.companies)
        day = ad.created_at.date()
        open_ones = [o for o in self.world.on_board(company, day) if o.listed and o.internal is not None]
        if company.slug in taken or not open_ones:
            return ad
        taken.add(company.slug)
        london = [opening for opening in open_ones if opening.location.bucket == "london"]
        opening = r.choice(london or open_ones)
        pay = opening.pay(day)
        band = pay.band if pay and pay.band.currency in ("GBP", "USD", "EUR") and _is_plain(pay.band) else None
        job = Job(opening.title, opening.level, opening.family or "other", opening.team, opening.department)
        return replace(
            ad,
            company=company,
            slug=company.slug,
            jobs=(job,),
            location=opening.location,
            band=band,
            opening=external_id(self.world.seed, opening, company.source),
        )


def _month(day: date, step: int) -> date:
    months = day.year * 12 + day.month - 1 + step
    return date(months // 12, months % 12 + 1, 1)


def _is_plain(band: Band) -> bool:
    return band.period == "year" and band.basis == "base" and band.min is not None and band.max is not None


def _band(r: Random, company: SandboxCompany, job: Job, where: Location) -> Band | None:
    band = draw_pay(r, company, job, where, 0.95, prose=False).band
    known = band.currency in ("GBP", "USD", "EUR") and _is_plain(band)
    return band if known and r.random() < 0.5 else None


def _escape(text: str) -> str:
    return html.escape(text, quote=True).replace("/", "&#x2F;")


def _link(url: str) -> str:
    shown = url if len(url) < 40 else f"{url[:37]}..."
    return f'<a href="{_escape(url)}" rel="nofollow">{_escape(shown)}</a>'


def _advertisement(ad: Ad, band: Band | None) -> str:
    company, where = ad.company, ad.location
    title = ", ".join(job.title for job in ad.jobs)
    mode = {"remote": "REMOTE", "hybrid": "HYBRID"}.get(where.remote or "", "ONSITE")
    parts = [part for part in (company.display_name, title, where.text, mode, _pay(band, ad.form)) if part]
    if ad.form % 7 == 3:
        parts = [f"{company.display_name} (https://www.{company.domain})", where.text, "Full-time", mode, title]
        parts += [_pay(band, ad.form)] if band else []
    header = _escape(" | ".join(parts))
    if ad.slug is not None and ad.form % 2:
        host = {
            "greenhouse": "job-boards.greenhouse.io",
            "lever": "jobs.eu.lever.co" if company.region == "eu" else "jobs.lever.co",
            "ashby": "jobs.ashbyhq.com",
        }[company.source]
        job = f"/jobs/{ad.opening}" if company.source == "greenhouse" else f"/{ad.opening}"
        url = f"https://{host}/{company.token}{job}"
    else:
        url = f"{company.careers_url}?source=hn"
    blurb = _escape(_BLURBS[ad.form % len(_BLURBS)])
    return f"{header}<p>{blurb}<p>{_escape('Apply: ')}{_link(url)}"


def _pay(band: Band | None, form: int) -> str:
    if band is None:
        return ""
    low, high = (end / 1000 for end in band.both)
    mark = {"GBP": "£", "USD": "$", "EUR": "€"}[band.currency]
    forms = (
        f"{mark}{low:.0f}k-{mark}{high:.0f}k",
        f"{mark}{low:.0f}-{high:.0f}k",
        f"{mark}{low:.0f}K – {mark}{high:.0f}K + equity",
        f"{mark}{low * 1000:,.0f} - {mark}{high * 1000:,.0f}",
        f"{low:.0f}k-{high:.0f}k {band.currency}",
    )
    return forms[form % len(forms)]
