"""The addresses of JOB_HUNTER_NOTIFY_URLS, and sending to one of them: the only importer of apprise.

An address is a secret: it holds tokens and passwords. What is said of one is its number and its scheme; apprise's own
words are caught before any log and stripped of every part of the address. apprise is imported when it is needed: that
takes a moment, which other commands need not wait for.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pydantic import SecretStr

from job_hunter.domain.message import Message
from job_hunter.errors import ConfigError, DeliveryFailed

_LOGGERS = ("apprise", "urllib3", "requests", "requests_oauthlib")
_QUIET = threading.Lock()


@dataclass(frozen=True, slots=True)
class Address:
    """One place messages go to. `id` is the same in every run and tells nothing of the address; `label` names it."""

    id: str
    label: str
    _url: SecretStr = field(repr=False)
    _target: int | None = field(default=None, repr=False)


def open_addresses(urls: Sequence[SecretStr]) -> tuple[Address, ...]:
    """The addresses of the setting; one e-mail address with several recipients becomes one address for each.

    Raises ConfigError, naming the number and the scheme only, when apprise does not understand one.
    """
    from apprise.plugins.email.base import NotifyEmail

    addresses = []
    for number, url in enumerate(urls, 1):
        scheme = url.get_secret_value().partition("://")[0].lower()
        plugin = _plugin(url)
        if plugin is None:
            raise ConfigError(
                f"JOB_HUNTER_NOTIFY_URLS: address {number} of {len(urls)} ({scheme}) is not understood; "
                f"see the list of services of apprise for how to write it"
            )
        # Each recipient is sent to by itself, so that those who have a message are left alone when another's fails.
        is_shared = isinstance(plugin, NotifyEmail) and len(plugin.targets) > 1 and not (plugin.cc or plugin.bcc)
        targets: Sequence[int | None] = range(len(plugin.targets)) if is_shared else (None,)
        for target in targets:
            part = "" if target is None else f", recipient {target + 1}"
            addresses.append(Address(_identity(url, plugin, target), f"address {number} ({scheme}{part})", url, target))
    return tuple(addresses)


async def send(address: Address, message: Message) -> None:
    """Send `message` to `address`. Raises DeliveryFailed with the reason, in words that are safe to log."""
    await asyncio.to_thread(_send, address, message)


def _send(address: Address, message: Message) -> None:
    import apprise
    from apprise.attachment.memory import AttachMemory

    plugin = _plugin(address._url)
    if plugin is None:
        raise DeliveryFailed(f"{address.label} is no longer understood by apprise")
    if address._target is not None:
        plugin.targets = plugin.targets[address._target : address._target + 1]
    options = re.findall(r"[?&](\w+)=", address._url.get_secret_value())
    if "format" not in options:
        plugin.notify_format = apprise.NotifyFormat.TEXT
    if "overflow" not in options:
        plugin.overflow_mode = apprise.OverflowMode.SPLIT  # a service's limit must not lose the end of a message
    attach = None
    if message.html is not None:
        name = message.attachment or "report.html"
        page: Any = AttachMemory(message.html.encode(), name=name, mimetype="text/html")  # type: ignore[no-untyped-call]
        attach = apprise.AppriseAttachment([page])
    with _listening() as said:
        try:
            service = apprise.Apprise()  # which makes text into what the plugin wants; a bare plugin would not
            service.add(plugin)
            is_sent = service.notify(
                body=message.text,
                title=message.subject,
                body_format=apprise.NotifyFormat.TEXT,
                attach=attach,
            )
        except Exception as error:
            raise DeliveryFailed(f"{address.label}: {type(error).__name__}") from None
    if not is_sent:
        reason = _without_secrets(" ".join(said), address._url) or "it was not taken"
        raise DeliveryFailed(f"{address.label}: {reason}")


def _plugin(url: SecretStr) -> Any:
    """apprise's object for an address, None when it understands none."""
    import apprise

    asset = apprise.AppriseAsset(app_id="job-hunter", app_desc="job-hunter", async_mode=False, secure_logging=True)
    with _listening():
        return apprise.Apprise.instantiate(url.get_secret_value(), asset=asset, suppress_exceptions=True)


def _identity(url: SecretStr, plugin: Any, target: int | None) -> str:
    """A name for an address in the outbox: slow to compute, so that a weak password in it cannot be guessed back."""
    name = url.get_secret_value() if target is None else f"{url.get_secret_value()}\n{plugin.targets[target]}"
    return hashlib.scrypt(name.encode(), salt=b"job-hunter address", n=2**14, r=8, p=1, dklen=8).hex()


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What apprise and its HTTP library have to say, kept from every log; warnings and errors are in the list."""
    said: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    with _QUIET:
        loggers = [logging.getLogger(name) for name in _LOGGERS]
        before = [(logger.propagate, logger.handlers, logger.level) for logger in loggers]
        for logger in loggers:
            logger.propagate, logger.handlers = False, [Ear(logging.WARNING)]
            logger.setLevel(logging.WARNING)
        try:
            yield said
        finally:
            for logger, (propagate, handlers, level) in zip(loggers, before, strict=True):
                logger.propagate, logger.handlers = propagate, handlers
                logger.setLevel(level)


def _without_secrets(text: str, url: SecretStr) -> str:
    """`text` on one line, without any part of `url` that could be one of its secrets."""
    whole = url.get_secret_value()
    parts = {whole, unquote(whole), *re.split(r"[/:@?&=,;+]+", whole), *re.split(r"[/:@?&=,;+]+", unquote(whole))}
    for part in sorted((part for part in parts if len(part) > 2), key=len, reverse=True):
        if part.lower() not in _COMMON:
            text = text.replace(part, "…")
    return " ".join(text.split())[:300]


_COMMON = frozenset({"http", "https", "json", "jsons", "mailto", "mailtos", "email", "slack", "ntfy", "ntfys"})
"""Schemes, which are part of apprise's words and no secret."""
