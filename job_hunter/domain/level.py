"""The generic ladder of levels, its ranks, and the families of jobs."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """The generic ladder, lowest first."""

    INTERN = "intern"
    JUNIOR = "junior"
    MID = "mid"
    SENIOR = "senior"
    STAFF = "staff"
    PRINCIPAL = "principal"
    MANAGER = "manager"
    DIRECTOR = "director"
    EXECUTIVE = "executive"


RANK = {level: rank for rank, level in enumerate(Level)}


class Family(StrEnum):
    """What kind of job it is, so that medians compare like with like."""

    ENGINEERING = "engineering"
    TRADING = "trading"
    RESEARCH = "research"
    PRODUCT = "product"
    SALES = "sales"
    OTHER = "other"
