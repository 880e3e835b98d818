"""How a company's openings come and go, day by day, and how their pay changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from job_hunter.sandbox import places
from job_hunter.sandbox.model import Location, Opening, Pay, SandboxCompany, rng
from job_hunter.sandbox.pay import draw_pay, raised
from job_hunter.sandbox.titles import Job, draw_job

_CLOSES_A_DAY = 0.011
_REPOSTED, _REOPENED = 0.10, 0.06
_RAISED_A_WEEK, _PAY_ADDED_A_WEEK = 0.02, 0.006
_SMALLEST_SHARE_A_WEEK = 0.6  # boards shrink, but never so fast that a real one would be doubted


@dataclass(frozen=True, slots=True)
class Settings:
    """What a life depends on beside the company: the world's seed, its weekly days and its sizes."""

    seed: int
    dates: tuple[date, ...]
    max_openings: int
    fixed_openings: int | None
    prose: bool


@dataclass(slots=True)
class _Draft:
    number: int
    job: Job
    location: Location
    posted_at: datetime
    lineage: int
    internal: int
    spans: list[tuple[date, date | None]]
    pays: list[Pay] = field(default_factory=list)
    listed: bool = True
    revised_on: date | None = None


class Life:
    """The openings of one company from before the first weekly day to the last."""

    def __init__(self, settings: Settings, company: SandboxCompany) -> None:
        self.settings, self.company = settings, company
        self.r = rng(settings.seed, "life", company.index)
        self.drafts: list[_Draft] = []
        self.open: list[_Draft] = []
        self.returning: list[tuple[date, _Draft, bool]] = []
        self.taken: set[tuple[str, str]] = set()
        self.factor = self.r.uniform(0.86, 1.18)
        self.disclosure = self.r.choice((0.08, 0.3, 0.45, 0.5, 0.65, 0.75))
        self.london_share = self.r.uniform(0.4, 0.8)
        self._plan()

    def _plan(self) -> None:
        r, weeks = self.r, len(self.settings.dates)
        cap = self.settings.fixed_openings or self.settings.max_openings
        size = r.randint(3, 6) if r.random() < 0.15 else r.randint(min(8, cap), max(8, int(cap * 0.8)))
        self.start = self.settings.fixed_openings or min(cap, size)
        self.target = self.settings.fixed_openings or min(cap, max(2, round(self.start * r.uniform(0.75, 1.3))))
        self.cap = cap
        self.raise_week = r.randrange(1, weeks) if weeks > 1 and r.random() < 0.4 else None
        self.raise_by = r.choice((0.94, 1.05, 1.08, 1.12))
        middle = r.randrange(1, weeks) if weeks > 1 else None
        self.enters_london = middle if self.company.index % 11 == 6 else None
        self.leaves_london = middle if self.company.index % 13 == 8 else None
        self.later_share = self.london_share
        if self.enters_london is not None:
            self.london_share, self.disclosure = 0.0, 0.65
        if self.leaves_london is not None:
            self.london_share, self.later_share = 0.25, 0.0

    def run(self) -> tuple[Opening, ...]:
        """All postings the company ever has."""
        first, last = self.settings.dates[0], self.settings.dates[-1]
        if self.company.source == "greenhouse" and self.company.index % 10 == 2:
            self._post_general(first - timedelta(self._age()))
        while len(self.open) < self.start:
            self._post(first - timedelta(self._age()))
        days = (last - first).days
        floor = 1
        for n in range(1, days + 1):
            today = first + timedelta(n)
            if (n - 1) % 7 == 0:
                floor = max(1, -int(-len(self.open) * _SMALLEST_SHARE_A_WEEK // 1))
            if n % 7 == 1:
                self._weekly(today, n // 7 + 1, floor)
            self._close_some(today, floor)
            self._bring_back(today)
            wanted = round(self.start + (self.target - self.start) * n / days)
            while len(self.open) < wanted:
                self._post(today)
        return tuple(self._finished(draft) for draft in self.drafts)

    def _age(self) -> int:
        drawn = self.r.random()
        if drawn < 0.01:
            return self.r.randint(700, 1000)
        if drawn < 0.05:
            return self.r.randint(120, 380)
        return min(119, int(self.r.expovariate(1 / 35)))

    def _post(self, on: date) -> None:
        r = self.r
        job, location = self._new_job(self.london_share)
        draft = self._draft(job, location, on)
        if self.company.source == "greenhouse" and r.random() < 0.05 and len(self.open) < self.cap - 1:
            other = places.anywhere(r, self.london_share)
            if self._claim(job, other):
                self._draft(job, other, on, internal=draft.internal)

    def _new_job(self, london_share: float) -> tuple[Job, Location]:
        while True:
            job, location = draw_job(self.r, self.company.sector), places.anywhere(self.r, london_share)
            if self._claim(job, location):
                return job, location

    def _claim(self, job: Job, location: Location) -> bool:
        # Two lines of the same title at the same place would be one opening to a careful reader. Places and titles
        # that differ only in their wording are the same.
        key = (job.title.replace("Sr. ", "Senior "), location.bucket)
        if key in self.taken:
            return False
        self.taken.add(key)
        return True

    def _draft(
        self, job: Job, location: Location, on: date, *, lineage: int | None = None, internal: int | None = None
    ) -> _Draft:
        r, number, posted = self.r, len(self.drafts), on
        if self.company.source == "lever" and r.random() < 0.3:
            posted -= timedelta(r.randint(1, 20))  # Lever tells when a posting was created, not when it went public
        milliseconds = r.randrange(1000) if self.company.source != "greenhouse" else 0
        moment = time(r.randrange(24), r.randrange(60), r.randrange(60), milliseconds * 1000)
        draft = _Draft(
            number=number,
            job=job,
            location=location,
            posted_at=datetime.combine(posted, moment, UTC),
            lineage=number if lineage is None else lineage,
            internal=number if internal is None else internal,
            spans=[(on, None)],
        )
        if r.random() < self.disclosure:
            draft.pays.append(draw_pay(r, self.company, job, location, self.factor, prose=self.settings.prose))
        draft.listed = self.company.source != "ashby" or r.random() > 0.02
        self.drafts.append(draft)
        self.open.append(draft)
        return draft

    def _post_general(self, posted: date) -> None:
        job = Job("Future Opportunities", None, "other", "General", "General")
        self.taken.add((job.title, "london"))
        draft = self._draft(job, Location("London", (places.LONDON,), "london"), posted)
        draft.pays, draft.internal = [], -1

    def _weekly(self, today: date, week: int, floor: int) -> None:
        r = self.r
        if week == self.enters_london:
            self.london_share = self.later_share
            for _ in range(min(6, self.cap - len(self.open))):
                job, location = self._new_job(1.0)
                self._draft(job, location, today)
            self.target = max(self.target, min(self.cap, self.start + 6))
        if week == self.leaves_london:
            self.london_share = 0.0
            for draft in [draft for draft in self.open if draft.location.bucket == "london"]:
                if len(self.open) > floor:
                    self._close(draft, today)
        whole = week == self.raise_week
        for draft in self.open:
            if draft.pays and ((whole and draft.location.home.country == "GB") or r.random() < _RAISED_A_WEEK):
                by = self.raise_by if whole else r.uniform(1.02, 1.12)
                draft.pays.append(raised(draft.pays[-1], by, today))
            elif not draft.pays and draft.internal >= 0 and r.random() < _PAY_ADDED_A_WEEK:
                pay = draw_pay(r, self.company, draft.job, draft.location, self.factor, prose=self.settings.prose)
                draft.pays.append(raised(pay, 1.0, today))
            elif draft.revised_on is None and r.random() < 0.01:
                draft.revised_on = today
        if whole:
            self.factor *= self.raise_by

    def _close_some(self, today: date, floor: int) -> None:
        for draft in list(self.open):
            if self.r.random() < _CLOSES_A_DAY and len(self.open) > floor and draft.spans[-1][0] < today:
                self._close(draft, today)
                drawn = self.r.random()
                if draft.internal < 0 or self.leaves_london is not None:
                    continue
                if drawn < _REPOSTED:
                    self.returning.append((today + timedelta(self.r.randint(0, 5)), draft, True))
                elif drawn < _REPOSTED + _REOPENED:
                    self.returning.append((today + timedelta(self.r.randint(7, 20)), draft, False))

    def _close(self, draft: _Draft, today: date) -> None:
        draft.spans[-1] = (draft.spans[-1][0], today)
        self.open.remove(draft)

    def _bring_back(self, today: date) -> None:
        due = [entry for entry in self.returning if entry[0] <= today]
        self.returning = [entry for entry in self.returning if entry[0] > today]
        for _, draft, is_repost in due:
            if len(self.open) >= self.cap:
                continue
            if is_repost:
                again = self._draft(draft.job, draft.location, today, lineage=draft.lineage, internal=draft.internal)
                again.pays = [raised(draft.pays[-1], 1.0, date.min)] if draft.pays else []
            else:
                draft.spans.append((today, None))
                self.open.append(draft)

    def _finished(self, draft: _Draft) -> Opening:
        no_date = not draft.pays and self.company.source == "greenhouse" and draft.number % 97 == 41
        return Opening(
            number=draft.number,
            company=self.company,
            title=draft.job.title,
            level=draft.job.level,
            family=None if draft.internal < 0 else draft.job.family,
            team=draft.job.team,
            department=draft.job.department,
            location=draft.location,
            posted_at=None if no_date else draft.posted_at,
            spans=tuple(draft.spans),
            pays=tuple(draft.pays),
            lineage=draft.lineage,
            internal=None if draft.internal < 0 else draft.internal,
            listed=draft.listed,
            revised_on=draft.revised_on,
        )


def openings_of(settings: Settings, company: SandboxCompany) -> tuple[Opening, ...]:
    """Every posting of `company`, from the seed alone."""
    return Life(settings, company).run()
