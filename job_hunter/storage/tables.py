"""The schema, and the only place that defines it: every hot-path statement is built from `Model.__table__`.

Times are `timestamptz` in UTC, money is double precision in full units (`_gbp` in pounds, `_value` in `currency`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field, SQLModel

SCHEMA = "job_hunter"
FIRST_PARTITION_YEAR, LAST_PARTITION_YEAR = 2024, 2046

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Schema(SQLModel):
    """Base of all tables: one metadata with named constraints, apart from any other SQLModel in the process."""

    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING)


def _text(*, nullable: bool = True, **options: Any) -> Any:
    return Field(default=None, sa_column=Column(Text, nullable=nullable, **options))


def _when(*, nullable: bool = True, **options: Any) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable, **options))


def _day(*, nullable: bool = True, **options: Any) -> Any:
    return Field(default=None, sa_column=Column(Date, nullable=nullable, **options))


def _money() -> Any:
    return Field(default=None, sa_column=Column(Double))


def _count(**options: Any) -> Any:
    return Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0"), **options))


def _flag(*, default: bool) -> Any:
    column = Column(Boolean, nullable=False, server_default=text(str(default).lower()))
    return Field(default=default, sa_column=column)


def _json() -> Any:
    return Field(default=None, sa_column=Column(JSONB))


def _id(kind: Any = BigInteger) -> Any:
    return Field(default=None, sa_column=Column(kind, Identity(), primary_key=True))


def _company(*, nullable: bool = False, **options: Any) -> Any:
    return Field(
        default=None, sa_column=Column(Integer, ForeignKey(f"{SCHEMA}.companies.id"), nullable=nullable, **options)
    )


class CompanyRow(Schema, table=True):
    """An employer, from config/companies.yaml, config/cdio_watches.yaml, or (ats_type `hn`) from a thread."""

    __tablename__ = "companies"
    __table_args__ = (UniqueConstraint("ats_type", "ats_id"),)

    id: int = _id(Integer)
    slug: str = _text(nullable=False, unique=True)
    display_name: str = _text(nullable=False)
    ats_type: str = _text(nullable=False)
    ats_id: str = _text(nullable=False)
    careers_url: str | None = _text()
    also_known_as: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")))
    domains: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")))
    sector: str = _text(nullable=False)
    retired_at: datetime | None = _when()


class LevelRow(Schema, table=True):
    """A rung. `company_id` NULL is the generic ladder with its rank; else a company's own rung, mapped to it."""

    __tablename__ = "levels"
    __table_args__ = (UniqueConstraint("company_id", "slug", postgresql_nulls_not_distinct=True),)

    id: int = _id(SmallInteger)
    company_id: int | None = _company(nullable=True)
    slug: str = _text(nullable=False)
    rank: int | None = Field(default=None, sa_column=Column(SmallInteger))
    generic_id: int | None = Field(default=None, sa_column=Column(SmallInteger, ForeignKey(f"{SCHEMA}.levels.id")))


class RoleRow(Schema, table=True):
    """The current state of one opening at one source. Closed roles stay, with `closed_at`."""

    __tablename__ = "roles"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_roles_source_board_open", "source", "board", postgresql_where=text("closed_at IS NULL")),
        Index("ix_roles_dedup_key", "dedup_key"),
        Index("ix_roles_company_id_first_seen_at", "company_id", "first_seen_at"),
        Index("ix_roles_internal_id", "source", "internal_id", postgresql_where=text("internal_id IS NOT NULL")),
        Index("ix_roles_payload_hash", "payload_hash"),
        Index("ix_roles_first_seen_at", "first_seen_at"),
        Index("ix_roles_closed_at", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
        Index(
            "ix_roles_unpriced",
            "parsed_currency",
            postgresql_where=text("parsed_base_gbp IS NULL AND parsed_currency IS NOT NULL"),
        ),
    )

    id: int = _id()
    source: str = _text(nullable=False)
    external_id: str = _text(nullable=False)
    company_id: int = _company()
    board: str = _text(nullable=False)
    internal_id: str | None = _text()
    title: str = _text(nullable=False)
    department: str | None = _text()
    location: str = _text(nullable=False)
    primary_location: str | None = _text()
    remote_policy: str | None = _text()
    family: str | None = _text()
    level_id: int | None = Field(default=None, sa_column=Column(SmallInteger, ForeignKey(f"{SCHEMA}.levels.id")))
    posted_at: datetime | None = _when()
    first_seen_at: datetime = _when(nullable=False)
    closed_at: datetime | None = _when()
    fetched_at: datetime = _when(nullable=False)
    apply_url: str | None = _text()
    parsed_base_min: float | None = _money()
    parsed_base_max: float | None = _money()
    parsed_currency: str | None = _text()
    parsed_period: str | None = _text()
    parsed_basis: str | None = _text()
    parsed_base_gbp: float | None = _money()
    rate_date: date | None = _day()
    salary_parse_confidence: float | None = _money()
    pay_evidence: str | None = _text()
    pay_bands: Any = _json()
    dedup_key: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    is_canonical: bool = _flag(default=True)
    lineage_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    payload_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    reading_version: int | None = Field(default=None, sa_column=Column(SmallInteger))


class RolePlaceRow(Schema, table=True):
    """Every place a role names, in the order named."""

    __tablename__ = "role_places"

    role_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey(f"{SCHEMA}.roles.id", ondelete="CASCADE"), primary_key=True)
    )
    n: int = Field(sa_column=Column(SmallInteger, primary_key=True))
    city: str | None = _text()
    country: str | None = _text()


class CompPointRow(Schema, table=True):
    """One datum about pay. `posted` points come from a role, `reported` ones from levels.fyi.

    `statistic` says what a figure is (`midpoint` or `stated_end` of a posted band; `mean` or `median` of reports);
    `is_annualised` marks weekly and monthly figures stated in yearly terms here.
    """

    __tablename__ = "comp_points"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_comp_points_role_id", "role_id"),
        Index("ix_comp_points_company_id", "company_id"),
        Index(
            "ix_comp_points_unpriced",
            "currency",
            postgresql_where=text("base_gbp IS NULL AND total_gbp IS NULL"),
        ),
        CheckConstraint("evidence IN ('posted', 'reported')", name="evidence"),
    )

    id: int = _id()
    source: str = _text(nullable=False)
    external_id: str = _text(nullable=False)
    role_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey(f"{SCHEMA}.roles.id", ondelete="CASCADE"))
    )
    company_id: int = _company()
    level_id: int | None = Field(default=None, sa_column=Column(SmallInteger, ForeignKey(f"{SCHEMA}.levels.id")))
    family: str | None = _text()
    location_bucket: str | None = _text()
    base_value: float | None = _money()
    base_gbp: float | None = _money()
    bonus_value: float | None = _money()
    bonus_gbp: float | None = _money()
    rsu_annual_value: float | None = _money()
    rsu_annual_gbp: float | None = _money()
    signon_value: float | None = _money()
    signon_gbp: float | None = _money()
    total_value: float | None = _money()
    total_gbp: float | None = _money()
    currency: str = _text(nullable=False)
    period: str = _text(nullable=False, server_default="year")
    is_annualised: bool = _flag(default=False)
    statistic: str = _text(nullable=False, server_default="midpoint")
    rate_date: date | None = _day()
    effective_date: date = _day(nullable=False)
    evidence: str = _text(nullable=False)
    n_reported: int | None = Field(default=None, sa_column=Column(Integer))
    fetched_at: datetime = _when(nullable=False)


class OwnCompRow(Schema, table=True):
    """The analyst's own figures (evidence `self`), apart from the market so that no query counts them by mistake."""

    __tablename__ = "own_comp"

    label: str = Field(sa_column=Column(Text, primary_key=True))
    level_id: int | None = Field(default=None, sa_column=Column(SmallInteger, ForeignKey(f"{SCHEMA}.levels.id")))
    location_bucket: str | None = _text()
    currency: str = _text(nullable=False, server_default="GBP")
    base_value: float | None = _money()
    bonus_value: float | None = _money()
    rsu_annual_value: float | None = _money()
    total_value: float | None = _money()
    base_gbp: float | None = _money()
    bonus_gbp: float | None = _money()
    rsu_annual_gbp: float | None = _money()
    total_gbp: float | None = _money()
    rate_date: date | None = _day()
    effective_date: date = _day(nullable=False)
    updated_at: datetime = _when(nullable=False)


class FxRateRow(Schema, table=True):
    """ECB euro reference rates: units of `currency` per 1 EUR."""

    __tablename__ = "fx_rates"

    rate_date: date = Field(sa_column=Column(Date, primary_key=True))
    currency: str = Field(sa_column=Column(Text, primary_key=True))
    rate: float = Field(sa_column=Column(Double, nullable=False))


class RoleSnapshotRow(Schema, table=True):
    """The roles open on a day. No row means closed, or that its board was not fetched completely (see `coverage`)."""

    __tablename__ = "roles_snapshots"
    __table_args__ = ({"postgresql_partition_by": "RANGE (snapshot_date)"},)

    snapshot_date: date = Field(sa_column=Column(Date, primary_key=True))
    role_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    lineage_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    company_id: int = _company()
    level_id: int | None = Field(default=None, sa_column=Column(SmallInteger))
    reading_version: int | None = Field(default=None, sa_column=Column(SmallInteger))
    is_canonical: bool = Field(sa_column=Column(Boolean, nullable=False))
    states_pay: bool = Field(sa_column=Column(Boolean, nullable=False))
    primary_location: str | None = _text()
    family: str | None = _text()
    origin: str = _text(nullable=False)


class CompSnapshotRow(Schema, table=True):
    """The comp points that stood on a day: those of open roles, and reported ones seen in the last 60 days."""

    __tablename__ = "comp_snapshots"
    __table_args__ = ({"postgresql_partition_by": "RANGE (snapshot_date)"},)

    snapshot_date: date = Field(sa_column=Column(Date, primary_key=True))
    comp_point_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    lineage_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    base_gbp: float | None = _money()
    total_gbp: float | None = _money()
    base_value: float | None = _money()
    total_value: float | None = _money()
    company_id: int = _company()
    n_reported: int | None = Field(default=None, sa_column=Column(Integer))
    rate_date: date | None = _day()
    level_id: int | None = Field(default=None, sa_column=Column(SmallInteger))
    reading_version: int | None = Field(default=None, sa_column=Column(SmallInteger))
    is_canonical: bool = Field(sa_column=Column(Boolean, nullable=False))
    location_bucket: str | None = _text()
    family: str | None = _text()
    currency: str = _text(nullable=False)
    evidence: str = _text(nullable=False)
    origin: str = _text(nullable=False)


class ReadingVersionRow(Schema, table=True):
    """A version of the readings: the parsers' number and a digest of levels.yaml and locations.yaml."""

    __tablename__ = "reading_versions"
    __table_args__ = (UniqueConstraint("parser_version", "config_digest"),)

    id: int = _id(SmallInteger)
    parser_version: str = _text(nullable=False)
    config_digest: str = _text(nullable=False)
    first_used_at: datetime = _when(nullable=False)


class RefreshRunRow(Schema, table=True):
    """One refresh. `snapshot_date` is the UTC date of its start and holds for every task, retry and shard.

    `is_narrow`: asked of some companies or sources only, so that its day says nothing of the market as a whole.
    """

    __tablename__ = "refresh_runs"

    id: UUID = Field(sa_column=Column(PG_UUID(as_uuid=True), primary_key=True))
    snapshot_date: date = _day(nullable=False, index=True)
    started_at: datetime = _when(nullable=False)
    finished_at: datetime | None = _when()
    door: str = _text(nullable=False)
    status: str = _text(nullable=False)
    parser_version: str | None = _text()
    reading_version: int | None = Field(default=None, sa_column=Column(SmallInteger))
    boards_planned: int = _count()
    is_narrow: bool = _flag(default=False)
    message: str | None = _text()


class BoardFetchRow(Schema, table=True):
    """What became of one board in one run: the ledger that keeps "missing" and "zero" apart."""

    __tablename__ = "board_fetches"
    __table_args__ = (
        Index("ix_board_fetches_source_board_fetched_at", "source", "board", "fetched_at"),
        Index("ix_board_fetches_snapshot_date", "snapshot_date"),
        CheckConstraint("status IN ('complete', 'partial', 'quarantined', 'skipped')", name="status"),
    )

    run_id: UUID = Field(
        sa_column=Column(
            PG_UUID(as_uuid=True), ForeignKey(f"{SCHEMA}.refresh_runs.id", ondelete="CASCADE"), primary_key=True
        )
    )
    source: str = Field(sa_column=Column(Text, primary_key=True))
    board: str = Field(sa_column=Column(Text, primary_key=True))
    company_id: int | None = _company(nullable=True)
    snapshot_date: date = _day(nullable=False)
    fetched_at: datetime = _when(nullable=False)
    status: str = _text(nullable=False)
    http_status: int | None = Field(default=None, sa_column=Column(SmallInteger))
    is_not_modified: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    tries: int = _count()
    seconds: float | None = _money()
    wire_bytes: int | None = Field(default=None, sa_column=Column(BigInteger))
    etag: str | None = _text()
    last_modified: str | None = _text()
    shard: int | None = Field(default=None, sa_column=Column(Integer))
    reading_version: int | None = Field(default=None, sa_column=Column(SmallInteger))
    postings: int = _count()
    new: int = _count()
    changed: int = _count()
    unchanged: int = _count()
    closed: int = _count()
    reopened: int = _count()
    rejected: int = _count()
    with_pay: int = _count()
    with_level: int = _count()
    with_place: int = _count()
    lookup_misses: Any = _json()
    rejects: Any = _json()
    unread_fields: Any = _json()
    message: str | None = _text()
    accepted_at: datetime | None = _when()


class PlannedBoardRow(Schema, table=True):
    """A board that a shard of a running refresh is to fetch; the rows go when the refresh ends."""

    __tablename__ = "planned_boards"

    run_id: UUID = Field(
        sa_column=Column(
            PG_UUID(as_uuid=True), ForeignKey(f"{SCHEMA}.refresh_runs.id", ondelete="CASCADE"), primary_key=True
        )
    )
    source: str = Field(sa_column=Column(Text, primary_key=True))
    board: str = Field(sa_column=Column(Text, primary_key=True))
    shard: int = Field(sa_column=Column(Integer, nullable=False))


class SourceHostRow(Schema, table=True):
    """What the shards of a running refresh know together of a host: `domain.politeness.HostState`, as times."""

    __tablename__ = "source_hosts"

    host: str = Field(sa_column=Column(Text, primary_key=True))
    next_at: datetime = _when(nullable=False)
    paused_until: datetime = _when(nullable=False)
    failures: int = Field(sa_column=Column(Integer, nullable=False))
    opened_at: datetime | None = _when()
    probe_at: datetime = _when(nullable=False)


class RoleEventRow(Schema, table=True):
    """What happened to a role, and when: closed, retired, reopened, reposted, pay_changed (with from, to and cause)."""

    __tablename__ = "role_events"
    __table_args__ = (Index("ix_role_events_role_id", "role_id"), Index("ix_role_events_happened_at", "happened_at"))

    id: int = _id()
    role_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey(f"{SCHEMA}.roles.id", ondelete="CASCADE"), nullable=False)
    )
    kind: str = _text(nullable=False)
    happened_at: datetime = _when(nullable=False)
    run_id: UUID | None = Field(default=None, sa_column=Column(PG_UUID(as_uuid=True)))
    detail: Any = _json()


class RawPayloadRow(Schema, table=True):
    """A posting as received, zlib-compressed, by the hash of what matters in it: what `reparse` reads again.

    `archived_at` is when it came, or when the last role that pointed to it got another one.
    """

    __tablename__ = "raw_payloads"

    content_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    source: str = _text(nullable=False)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    archived_at: datetime = _when(nullable=False, index=True)


class CdioChangeRow(Schema, table=True):
    """The webhook's inbox: what changedetection.io said, whether it was announced, and what became of it."""

    __tablename__ = "cdio_changes"
    __table_args__ = (
        Index("ix_cdio_changes_unprocessed", "received_at", postgresql_where=text("processed_at IS NULL")),
    )

    id: int = _id()
    idempotency_key: str = _text(nullable=False, unique=True)
    watch_uuid: str | None = _text()
    watch_url: str | None = _text()
    company_slug: str | None = _text()
    changed_at: datetime | None = _when()
    received_at: datetime = _when(nullable=False)
    body: Any = _json()
    event_sent_at: datetime | None = _when()
    processed_at: datetime | None = _when()
    outcome: str | None = _text()
    message: str | None = _text()


class DeliveryRow(Schema, table=True):
    """One thing to tell the analyst, once: an alert or a digest, by its key, with what became of sending it."""

    __tablename__ = "deliveries"

    kind: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    created_at: datetime = _when(nullable=False)
    sent_at: datetime | None = _when()
    tries: int = _count()
    last_error: str | None = _text()
    body: Any = _json()
