"""Sending to one address: over real SMTP and HTTP, and never a word of the address itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from job_hunter.domain.message import Message
from job_hunter.errors import ConfigError, DeliveryFailed
from job_hunter.notify import open_addresses, send
from tests.receivers import Hook, Mailbox, http_receiver, mail_server, page_of

MESSAGE = Message("Two crossed", "One <b>bold</b> & 'quoted' line\nAnother | line\n", "<p>page</p>", "page.html")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """An SMTP server."""
    with mail_server() as box:
        yield box


@pytest.fixture
def hook() -> Iterator[Hook]:
    """An HTTP receiver."""
    with http_receiver() as receiver:
        yield receiver


async def test_a_mail_arrives_with_its_page(mailbox: Mailbox) -> None:
    """Subject, text and attachment arrive; what looks like markup is shown as it is written."""
    (address,) = open_addresses([SecretStr(mailbox.url("me@example.org"))])
    await send(address, MESSAGE)
    (mail,) = mailbox.of("me@example.org")
    assert mail["Subject"] == "Two crossed"
    plain, page = mail.get_body(("plain", "html")), next(mail.iter_attachments())
    assert plain is not None
    assert plain.get_content_type() == "text/plain"
    assert plain.get_content().strip().splitlines() == MESSAGE.text.strip().splitlines()
    assert (page.get_filename(), page.get_content().strip()) == ("page.html", "<p>page</p>")


async def test_a_mail_that_is_asked_for_as_html_escapes_markup(mailbox: Mailbox) -> None:
    """A posting's markup never becomes the mail's."""
    (address,) = open_addresses([SecretStr(mailbox.url("me@example.org", options="&format=html"))])
    await send(address, MESSAGE)
    body = mailbox.of("me@example.org")[0].get_body(("html",))
    assert body is not None
    assert "&lt;b&gt;bold&lt;/b&gt;" in body.get_content()
    assert "<b>" not in body.get_content()


async def test_a_post_arrives_with_its_page(hook: Hook) -> None:
    """The JSON receiver has the title, the text verbatim and the page."""
    (address,) = open_addresses([SecretStr(hook.url())])
    await send(address, MESSAGE)
    (taken,) = hook.taken
    assert (taken["title"], taken["message"]) == (MESSAGE.subject, MESSAGE.text.rstrip())
    assert page_of(taken) == MESSAGE.html


async def test_every_recipient_of_a_mail_address_is_an_address(mailbox: Mailbox) -> None:
    """So that one refused recipient costs the others nothing, and a retry does not reach them again."""
    one, two = open_addresses([SecretStr(mailbox.url("a@example.org", "b@example.org"))])
    mailbox.refused.add("a@example.org")
    with pytest.raises(DeliveryFailed, match="recipient 1"):
        await send(one, MESSAGE)
    await send(two, MESSAGE)
    assert [to for to, _ in mailbox.mails] == ["b@example.org"]


async def test_the_words_of_a_failure_hold_no_secret(
    hook: Hook, mailbox: Mailbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither message, repr, log nor output names user, password, token path or host; the reason is there."""
    caplog.set_level(logging.DEBUG)
    hook.status = 503
    urls = [
        hook.url("T0KENPATH/part2", login="usr77:pa55word@"),
        "json://secret-host.invalid/T0KENPATH?+X-Key=hdr55",
        mailbox.url("hidden@example.org"),
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?verify=no",
    ]
    mailbox.is_down = True
    said = []
    for address in open_addresses([SecretStr(url) for url in urls])[:3]:
        said.append(repr(address))
        with pytest.raises(DeliveryFailed) as caught:
            await send(address, MESSAGE)
        said += [str(caught.value), repr(caught.value)]
    with pytest.raises(ConfigError, match=r"address 1 of 1 \(nosuch\)") as refused:
        open_addresses([SecretStr("nosuch://T0KENPATH:pa55word@host")])
    everything = "\n".join([*said, str(refused.value), caplog.text, *capfd.readouterr()])
    for secret in ("usr77", "pa55word", "T0KENPATH", "part2", "secret-host", "hdr55", "hidden@", "TIiajk"):
        assert secret not in everything
    assert "503" in said[1]


def test_the_name_of_an_address_is_the_same_in_every_run_and_its_own(hook: Hook) -> None:
    """Two addresses differ, the same one does not, and the name shows nothing of it."""
    first, second = open_addresses([SecretStr(hook.url("a")), SecretStr(hook.url("b"))])
    assert first.id == open_addresses([SecretStr(hook.url("a"))])[0].id
    assert first.id != second.id
    assert "127" not in first.label


async def test_a_long_message_loses_no_line(hook: Hook) -> None:
    """What is longer than a service takes at once arrives in parts."""
    lines = [f"line {n} {'x' * 90}" for n in range(900)]
    (address,) = open_addresses([SecretStr(hook.url())])
    await send(address, Message("long", "\n".join(lines)))
    arrived = "\n".join(part["message"] for part in hook.taken)
    assert all(line in arrived for line in lines)
