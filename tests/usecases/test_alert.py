"""Alerts and the digest reach real receivers once, whatever fails on the way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from pydantic import SecretStr

from job_hunter.domain.alerts import AlertRules, SavedSearch
from job_hunter.domain.leaders import LeadersReport
from job_hunter.domain.level import Family
from job_hunter.domain.message import Delivered
from job_hunter.errors import NothingRefreshed
from job_hunter.notify import open_addresses
from job_hunter.usecases.alert import News, alert, find_news
from job_hunter.usecases.analyze import analyze
from job_hunter.usecases.deliver import WAITS, Outbox
from job_hunter.usecases.digest import send_digest
from tests.receivers import Hook, Mailbox, http_receiver, mail_server, page_of
from tests.usecases.conftest import Market

EVERYTHING = SavedSearch("Every family", families=tuple(Family))
HOSTILE = "<script>alert(1)</script> | **Boss** @everyone\r\nBcc: x@example.org \x1b[31m=1+1"


@dataclass
class Desk:
    """The analyst's addresses, a market, and rules that find something in it."""

    market: Market
    mailbox: Mailbox
    hook: Hook
    rules: AlertRules = field(default_factory=lambda: AlertRules(threshold_gbp=1.0))
    urls: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def outbox(self) -> Outbox:
        """Both receivers, by mail and by HTTP; pauses are remembered instead of waited for."""

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        addresses = open_addresses([SecretStr(url) for url in self.urls])
        return Outbox(addresses, self.market.clock, sleep)

    async def alert(self, **changes: object) -> tuple[News, Delivered]:
        """Run the alert."""
        async with self.market.database() as database:
            return await alert(database, replace(self.rules, **changes), self.outbox())  # type: ignore[arg-type]

    async def report(self) -> LeadersReport:
        """The leaders report."""
        async with self.market.database() as database:
            return await analyze(database, top_n=99, at=self.market.clock())

    async def digest(self) -> Delivered:
        """Send the digest of the newest report."""
        report = await self.report()
        async with self.market.database() as database:
            return await send_digest(database, report, self.outbox())

    async def waiting(self) -> int:
        """How many messages of the outbox have not reached every address."""
        return int(
            await self.market.value(
                "SELECT count(*) FROM job_hunter.deliveries WHERE sent_at IS NULL AND kind IN ('alert', 'digest')"
            )
        )


@pytest.fixture
def receivers() -> Iterator[tuple[Mailbox, Hook]]:
    """A mail server and an HTTP receiver."""
    with mail_server() as mailbox, http_receiver() as hook:
        yield mailbox, hook


@pytest.fixture
async def desk(market: Market, receivers: tuple[Mailbox, Hook]) -> Desk:
    """Two weeks of a market with two more to come, and both receivers as the analyst's addresses."""
    mailbox, hook = receivers
    for on in market.sandbox.world.dates[-4:-2]:
        market.set_date(on)
        await market.refresh()
    return Desk(market, mailbox, hook, urls=[mailbox.url("me@example.org"), hook.url()])


def lines_of(hook: Hook) -> list[str]:
    """All lines the HTTP receiver took."""
    return "\n".join(taken["message"] for taken in hook.taken).splitlines()


async def test_an_alert_names_every_company_above_the_threshold_once(desk: Desk) -> None:
    """By mail and by HTTP; a second run sends nothing."""
    report = await desk.report()
    threshold = report.leaders[2].p50
    news, delivered = await desk.alert(threshold_gbp=threshold)
    expected = [leader.name for leader in report.leaders if leader.p50 >= threshold]
    assert [crossing.leader.name for crossing in news.crossings] == expected
    assert (len(delivered.sent), delivered.waiting) == (1, ())
    (taken,), (mail,) = desk.hook.taken, desk.mailbox.of("me@example.org")
    assert taken["title"] == mail["Subject"]
    for name in expected:
        assert sum(f"{name}:" in line for line in lines_of(desk.hook)) == 1
    below = [leader.name for leader in report.leaders if leader.p50 < threshold]
    assert below
    assert not any(f"{name}:" in taken["message"] for name in below)
    again, nothing = await desk.alert(threshold_gbp=threshold)
    assert (again.message, nothing) == (None, Delivered())
    assert (desk.hook.visits, len(desk.mailbox.mails)) == (1, 1)


async def test_a_company_that_crosses_between_two_refreshes_is_marked_and_told(desk: Desk) -> None:
    """One that was above before is told in the first week, one that crosses in the second week in the second."""
    report = await desk.report()
    rising = next(leader for leader in report.leaders if leader.trend[0] and leader.trend[0] < leader.p50)
    threshold = (rising.trend[0] + rising.p50) / 2  # type: ignore[operator]
    news, _ = await desk.alert(threshold_gbp=threshold)
    marked = {crossing.leader.slug for crossing in news.crossings if crossing.is_new}
    assert rising.slug in marked
    for leader in report.leaders:
        was_above = leader.trend[0] is not None and leader.trend[0] >= threshold
        assert (leader.slug in marked) == (leader.p50 >= threshold and not was_above)
    shown = [line for line in lines_of(desk.hook) if line.startswith("NEW ")]
    assert len(shown) == len(marked)
    assert any(rising.name in line for line in shown)


async def test_another_threshold_is_another_alert(desk: Desk) -> None:
    """What was told of one threshold is told of another one as well."""
    for threshold in (1.0, 2.0, 1.0):
        await desk.alert(threshold_gbp=threshold)
    assert [taken["title"].rpartition(" at ")[2] for taken in desk.hook.taken] == ["£1 or more", "£2 or more"]


async def test_new_openings_are_found_once_and_only_while_new(desk: Desk) -> None:
    """The week's openings are those of the ledger's second week; a rerun and a repost tell nothing again."""
    rules = {"threshold_gbp": 1e9, "searches": (EVERYTHING,)}
    news, _ = await desk.alert(**rules)
    first, second = desk.market.sandbox.world.dates[-4:-2]
    opened = await desk.market.rows(
        "SELECT r.title FROM job_hunter.roles r WHERE r.family IS NOT NULL "
        "AND r.first_seen_at::date = :on AND r.is_canonical AND r.lineage_id = r.id AND r.closed_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM job_hunter.roles o WHERE o.dedup_key = r.dedup_key "
        "AND o.first_seen_at::date = :before AND o.closed_at IS NULL)",
        on=second,
        before=first,
    )
    assert sorted(find.opening.title for find in news.finds) == sorted(title for (title,) in opened)
    assert opened
    message = desk.hook.taken[0]["message"]
    for find in news.finds:
        assert find.opening.apply_url is not None
        assert find.opening.apply_url in message
    assert (await desk.alert(**rules))[1] == Delivered()


async def test_openings_of_a_missed_week_are_not_lost(desk: Desk) -> None:
    """When nobody looked for two weeks, the openings of both are told."""
    rules = {"threshold_gbp": 1e9, "searches": (EVERYTHING,)}
    await desk.alert(**rules)
    third, fourth = desk.market.sandbox.world.dates[-2:]
    for on in (third, fourth):
        desk.market.set_date(on)
        await desk.market.refresh()
    news, _ = await desk.alert(**rules)
    assert {find.opening.first_seen_on for find in news.finds} == {third, fourth}


async def test_the_first_harvest_of_a_board_is_no_news(market: Market, receivers: tuple[Mailbox, Hook]) -> None:
    """On the first day only what was posted within the week is new; all the rest was there before we looked."""
    await market.refresh()
    desk = Desk(market, *receivers, urls=[receivers[1].url()])
    news, _ = await desk.alert(threshold_gbp=1e9, searches=(EVERYTHING,))
    posted = await market.value(
        "SELECT count(*) FROM job_hunter.roles WHERE posted_at >= CAST(:on AS date) - 6 AND is_canonical "
        "AND family IS NOT NULL",
        on=market.at.date(),
    )
    everything = await market.value("SELECT count(*) FROM job_hunter.roles WHERE closed_at IS NULL")
    assert len(news.finds) == posted < everything


async def test_a_receiver_that_is_down_gets_it_once_when_it_is_back(desk: Desk) -> None:
    """Three tries with growing pauses, kept and visible, delivered by the next run, then never again."""
    desk.hook.status = 503
    _, delivered = await desk.alert()
    assert (desk.hook.visits, desk.slept) == (3, list(WAITS))
    (waiting,) = delivered.waiting
    assert (waiting.address, waiting.tries) == ("address 2 (json)", 3)
    assert "503" in waiting.error
    assert (await desk.waiting(), delivered.sent) == (1, ())
    assert await desk.market.value("SELECT last_error FROM job_hunter.deliveries WHERE kind = 'alert'")
    _, delivered = await desk.alert()
    assert delivered.waiting[0].tries == 6
    desk.hook.status = 200
    _, delivered = await desk.alert()
    assert (len(delivered.sent), delivered.waiting) == (1, ())
    await desk.alert()
    assert (len(desk.hook.taken), len(desk.mailbox.mails), await desk.waiting()) == (1, 1, 0)


async def test_a_receiver_that_recovers_within_the_run_gets_it_once(desk: Desk) -> None:
    """The second try succeeds: no third one, nothing kept."""

    class Recovering(Desk):
        def outbox(self) -> Outbox:
            async def sleep(seconds: float) -> None:
                self.hook.status = 200

            return replace(super().outbox(), sleep=sleep)

    recovering = Recovering(desk.market, desk.mailbox, desk.hook, urls=desk.urls)
    desk.hook.status = 500
    _, delivered = await recovering.alert()
    assert (len(delivered.sent), desk.hook.visits, len(desk.hook.taken)) == (1, 2, 1)
    assert len(desk.mailbox.mails) == 1


async def test_only_the_refused_recipient_of_a_mail_is_tried_again(desk: Desk) -> None:
    """Two recipients in one address: the one who has it is left alone."""
    desk.urls = [desk.mailbox.url("a@example.org", "b@example.org")]
    desk.mailbox.refused.add("a@example.org")
    _, delivered = await desk.alert()
    assert [waiting.address for waiting in delivered.waiting] == ["address 1 (mailto, recipient 1)"]
    desk.mailbox.refused.clear()
    await desk.alert()
    assert [to for to, _ in desk.mailbox.mails] == ["b@example.org", "a@example.org"]


async def test_a_corrected_address_gets_what_the_wrong_one_did_not(desk: Desk) -> None:
    """It is owed the message; the address that has it, and one that is merely new, are owed nothing."""
    wrong = desk.hook.url().replace(str(desk.hook.port), "1")
    desk.urls = [desk.mailbox.url("me@example.org"), wrong]
    await desk.alert()
    assert await desk.waiting() == 1
    desk.urls[1] = desk.hook.url()
    _, delivered = await desk.alert()
    assert (len(delivered.sent), len(desk.hook.taken), len(desk.mailbox.mails)) == (1, 1, 1)
    desk.urls.append(desk.mailbox.url("new@example.org"))
    await desk.alert()
    assert desk.mailbox.of("new@example.org") == []


async def test_a_removed_address_is_owed_nothing(desk: Desk) -> None:
    """The message is done when all that are left have it."""
    desk.hook.status = 503
    await desk.alert()
    desk.urls.pop()
    _, delivered = await desk.alert()
    assert (delivered.waiting, await desk.waiting(), len(desk.mailbox.mails)) == ((), 0, 1)


async def test_the_digest_goes_out_once_with_its_page(desk: Desk) -> None:
    """The report in short, the week's new roles with links, the whole report attached; a rerun sends nothing."""
    report = await desk.report()
    delivered = await desk.digest()
    assert (len(delivered.sent), delivered.waiting) == (1, ())
    (taken,) = desk.hook.taken
    (mail,) = desk.mailbox.mails
    page = page_of(taken)
    attached = next(mail[1].iter_attachments())
    assert attached.get_filename() == f"leaders-{report.snapshot_date}.html"
    assert attached.get_payload(decode=True).decode().split() == page.split()
    text = taken["message"]
    assert report.headline in text
    links = [line.strip() for line in text.splitlines() if line.strip().startswith("http")]
    assert links
    assert all(link in page for link in links)
    roles = await desk.market.value(
        "SELECT count(*) FROM job_hunter.roles WHERE first_seen_at::date = :on AND apply_url = ANY(:links)",
        on=report.snapshot_date,
        links=links,
    )
    assert roles == len(links) <= 50
    assert not re.search(r"""\b(?:src|srcset|@import|url)\s*[=(]""", page)
    assert (await desk.digest(), len(desk.hook.taken)) == (Delivered(), 1)


async def test_a_failed_digest_goes_out_with_the_next_alert(desk: Desk) -> None:
    """One outbox: whichever run comes next delivers what waits."""
    desk.hook.status = 503
    assert (await desk.digest()).waiting
    desk.hook.status = 200
    _, delivered = await desk.alert(threshold_gbp=1e9)
    assert len(delivered.sent) == 1
    assert page_of(desk.hook.taken[0])
    assert len(desk.mailbox.mails) == 1


async def test_words_of_a_hostile_posting_stay_words(desk: Desk) -> None:
    """In the text one line as written, broadcasts broken; in the page escaped; no header of its own in the mail."""
    role = await desk.market.value(
        "SELECT id FROM job_hunter.roles WHERE first_seen_at::date = :on AND is_canonical AND closed_at IS NULL "
        "AND lineage_id = id ORDER BY id LIMIT 1",
        on=desk.market.sandbox.world.dates[-3],
    )
    async with desk.market.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql(
            "UPDATE job_hunter.roles SET title = $1, apply_url = $2, family = 'engineering', "
            "primary_location = 'london' WHERE id = $3",
            (HOSTILE, 'https://example.org/a b"><script>', role),
        )
    await desk.digest()
    (taken,) = desk.hook.taken
    expected = "<script>alert(1)</script> | **Boss** @\u2060everyone Bcc: x@example.org [31m=1+1"
    assert expected in taken["message"].splitlines()
    page = page_of(taken)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    (mail,) = desk.mailbox.of("me@example.org")
    assert mail["Bcc"] is None
    body = mail.get_body(("plain",))
    assert body is not None
    assert expected in body.get_content().splitlines()


async def test_two_runs_at_once_send_one_message(desk: Desk) -> None:
    """The second waits for the first, and finds nothing left to tell."""
    (_, one), (_, two) = await asyncio.gather(desk.alert(), desk.alert())
    assert sorted([len(one.sent), len(two.sent)]) == [0, 1]
    assert len(desk.hook.taken) == 1


async def test_a_run_killed_between_two_addresses_repeats_nothing(desk: Desk) -> None:
    """What had arrived is written down; the next run delivers the rest."""

    class Killed(Exception):
        pass

    class Dying(Desk):
        def outbox(self) -> Outbox:
            async def sleep(seconds: float) -> None:
                raise Killed

            return replace(super().outbox(), sleep=sleep)

    desk.hook.status = 503
    with pytest.raises(Killed):
        await Dying(desk.market, desk.mailbox, desk.hook, urls=desk.urls).alert()
    desk.hook.status = 200
    await desk.alert()
    assert (len(desk.mailbox.mails), len(desk.hook.taken)) == (1, 1)


async def test_without_a_finished_refresh_there_is_nothing_to_tell(
    market: Market, receivers: tuple[Mailbox, Hook]
) -> None:
    """No run, one that still runs, and one that is not there are refused by name."""
    desk = Desk(market, *receivers)
    with pytest.raises(NothingRefreshed, match="no refresh has"):
        await desk.alert()
    await market.refresh()
    async with market.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE job_hunter.refresh_runs SET finished_at = NULL, status = 'running'")
    with pytest.raises(NothingRefreshed):
        await desk.alert()
    async with market.database() as database:
        with pytest.raises(NothingRefreshed, match="the refresh 0000 has"):
            await find_news(database, AlertRules(), at=market.clock(), run_id="0000")
