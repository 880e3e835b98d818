"""What the settings say of changedetection.io and of the receiver, or which of them is missing."""

from __future__ import annotations

from job_hunter.errors import ConfigError
from job_hunter.settings import Settings
from job_hunter.sources.changedetection_api import Api
from job_hunter.sources.http import Http


def open_api(settings: Settings, http: Http) -> Api:
    """changedetection.io's API. Raises ConfigError naming the variable that is missing."""
    if settings.cdio_base_url is None:
        raise ConfigError(
            "CDIO_BASE_URL is not set: give the address of changedetection.io, e.g. http://127.0.0.1:5000"
        )
    if settings.cdio_api_key is None:
        raise ConfigError("CDIO_API_KEY is not set: copy the key from changedetection.io's Settings > API")
    return Api(http, settings.cdio_base_url, settings.cdio_api_key.get_secret_value())


def receiver_of(settings: Settings) -> dict[str, str]:
    """Where notifications go, and with which token. Raises ConfigError naming the variable that is missing."""
    if settings.webhook_url is None:
        raise ConfigError(
            "JOB_HUNTER_WEBHOOK_URL is not set: give the address under which changedetection.io reaches the receiver"
        )
    if settings.webhook_bearer_token is None:
        raise ConfigError("WEBHOOK_BEARER_TOKEN is not set: the receiver takes nothing without it")
    return {"webhook_url": settings.webhook_url, "token": settings.webhook_bearer_token.get_secret_value()}
