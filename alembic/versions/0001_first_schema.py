"""The first schema: current state, dated snapshots, ledger, archive, and the views people query.

The snapshot tables are partitioned by year, ready twenty years ahead, so that no program needs DDL at run time; there
is no default partition, because a row outside the range is a bug to be seen.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

YEARS = range(2024, 2047)
LEVELS = ("intern", "junior", "mid", "senior", "staff", "principal", "manager", "director", "executive")

VIEWS = {
    "open_roles": """
        SELECT r.*, l.slug AS level, c.slug AS company_slug, c.display_name,
               (SELECT max(f.fetched_at) FROM job_hunter.board_fetches f
                WHERE f.source = r.source AND f.board = r.board AND f.status = 'complete') AS last_seen_at
        FROM job_hunter.roles r
        JOIN job_hunter.companies c ON c.id = r.company_id
        LEFT JOIN job_hunter.levels l ON l.id = r.level_id
        WHERE r.closed_at IS NULL""",
    "coverage": """
        SELECT DISTINCT ON (f.snapshot_date, f.source, f.board)
               f.snapshot_date, f.source, f.board, f.company_id, c.slug AS company_slug, c.display_name,
               f.status, f.status = 'complete' AS is_covered, f.http_status, f.postings, f.message, f.run_id
        FROM job_hunter.board_fetches f
        LEFT JOIN job_hunter.companies c ON c.id = f.company_id
        ORDER BY f.snapshot_date, f.source, f.board, (f.status = 'complete') DESC, f.fetched_at DESC""",
}


def upgrade() -> None:
    op.create_table(
        "cdio_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("watch_uuid", sa.Text(), nullable=True),
        sa.Column("watch_url", sa.Text(), nullable=True),
        sa.Column("company_slug", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.Column("event_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cdio_changes")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_cdio_changes_idempotency_key")),
        schema="job_hunter",
    )
    op.create_index(
        "ix_cdio_changes_unprocessed",
        "cdio_changes",
        ["received_at"],
        unique=False,
        schema="job_hunter",
        postgresql_where=sa.text("processed_at IS NULL"),
    )
    op.create_table(
        "companies",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("ats_type", sa.Text(), nullable=False),
        sa.Column("ats_id", sa.Text(), nullable=False),
        sa.Column("careers_url", sa.Text(), nullable=True),
        sa.Column("also_known_as", postgresql.ARRAY(Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("domains", postgresql.ARRAY(Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
        sa.UniqueConstraint("ats_type", "ats_id", name=op.f("uq_companies_ats_type_ats_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_companies_slug")),
        schema="job_hunter",
    )
    op.create_table(
        "deliveries",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_deliveries")),
        schema="job_hunter",
    )
    op.create_table(
        "fx_rates",
        sa.Column("rate_date", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("rate_date", "currency", name=op.f("pk_fx_rates")),
        schema="job_hunter",
    )
    op.create_table(
        "raw_payloads",
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("content_hash", name=op.f("pk_raw_payloads")),
        schema="job_hunter",
    )
    op.create_index(
        op.f("ix_raw_payloads_archived_at"), "raw_payloads", ["archived_at"], unique=False, schema="job_hunter"
    )
    op.create_table(
        "reading_versions",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("parser_version", sa.Text(), nullable=False),
        sa.Column("config_digest", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_versions")),
        sa.UniqueConstraint(
            "parser_version", "config_digest", name=op.f("uq_reading_versions_parser_version_config_digest")
        ),
        schema="job_hunter",
    )
    op.create_table(
        "refresh_runs",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("snapshot_date", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("parser_version", sa.Text(), nullable=True),
        sa.Column("reading_version", sa.SmallInteger(), nullable=True),
        sa.Column("boards_planned", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_runs")),
        schema="job_hunter",
    )
    op.create_index(
        op.f("ix_refresh_runs_snapshot_date"), "refresh_runs", ["snapshot_date"], unique=False, schema="job_hunter"
    )
    op.create_table(
        "board_fetches",
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("snapshot_date", sa.Date(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("http_status", sa.SmallInteger(), nullable=True),
        sa.Column("is_not_modified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("wire_bytes", sa.BigInteger(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("shard", sa.Integer(), nullable=True),
        sa.Column("reading_version", sa.SmallInteger(), nullable=True),
        sa.Column("postings", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("new", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reopened", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rejected", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("with_pay", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("with_level", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("with_place", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lookup_misses", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.Column("rejects", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.Column("unread_fields", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('complete', 'partial', 'quarantined', 'skipped')", name=op.f("ck_board_fetches_status")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["job_hunter.companies.id"], name=op.f("fk_board_fetches_company_id_companies")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["job_hunter.refresh_runs.id"],
            name=op.f("fk_board_fetches_run_id_refresh_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "source", "board", name=op.f("pk_board_fetches")),
        schema="job_hunter",
    )
    op.create_index(
        "ix_board_fetches_snapshot_date", "board_fetches", ["snapshot_date"], unique=False, schema="job_hunter"
    )
    op.create_index(
        "ix_board_fetches_source_board_fetched_at",
        "board_fetches",
        ["source", "board", "fetched_at"],
        unique=False,
        schema="job_hunter",
    )
    op.create_table(
        "comp_snapshots",
        sa.Column("snapshot_date", sa.Date(), nullable=False),
        sa.Column("comp_point_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lineage_id", sa.BigInteger(), nullable=True),
        sa.Column("base_gbp", sa.Double(), nullable=True),
        sa.Column("total_gbp", sa.Double(), nullable=True),
        sa.Column("base_value", sa.Double(), nullable=True),
        sa.Column("total_value", sa.Double(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("n_reported", sa.Integer(), nullable=True),
        sa.Column("rate_date", sa.Date(), nullable=True),
        sa.Column("level_id", sa.SmallInteger(), nullable=True),
        sa.Column("reading_version", sa.SmallInteger(), nullable=True),
        sa.Column("is_canonical", sa.Boolean(), nullable=False),
        sa.Column("location_bucket", sa.Text(), nullable=True),
        sa.Column("family", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["job_hunter.companies.id"], name=op.f("fk_comp_snapshots_company_id_companies")
        ),
        sa.PrimaryKeyConstraint("snapshot_date", "comp_point_id", name=op.f("pk_comp_snapshots")),
        schema="job_hunter",
        postgresql_partition_by="RANGE (snapshot_date)",
    )
    op.create_table(
        "levels",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=True),
        sa.Column("generic_id", sa.SmallInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["job_hunter.companies.id"], name=op.f("fk_levels_company_id_companies")
        ),
        sa.ForeignKeyConstraint(["generic_id"], ["job_hunter.levels.id"], name=op.f("fk_levels_generic_id_levels")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_levels")),
        sa.UniqueConstraint(
            "company_id", "slug", name=op.f("uq_levels_company_id_slug"), postgresql_nulls_not_distinct=True
        ),
        schema="job_hunter",
    )
    op.create_table(
        "roles_snapshots",
        sa.Column("snapshot_date", sa.Date(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lineage_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("level_id", sa.SmallInteger(), nullable=True),
        sa.Column("reading_version", sa.SmallInteger(), nullable=True),
        sa.Column("is_canonical", sa.Boolean(), nullable=False),
        sa.Column("states_pay", sa.Boolean(), nullable=False),
        sa.Column("primary_location", sa.Text(), nullable=True),
        sa.Column("family", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["job_hunter.companies.id"], name=op.f("fk_roles_snapshots_company_id_companies")
        ),
        sa.PrimaryKeyConstraint("snapshot_date", "role_id", name=op.f("pk_roles_snapshots")),
        schema="job_hunter",
        postgresql_partition_by="RANGE (snapshot_date)",
    )
    op.create_table(
        "own_comp",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("level_id", sa.SmallInteger(), nullable=True),
        sa.Column("location_bucket", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="GBP", nullable=False),
        sa.Column("base_value", sa.Double(), nullable=True),
        sa.Column("bonus_value", sa.Double(), nullable=True),
        sa.Column("rsu_annual_value", sa.Double(), nullable=True),
        sa.Column("total_value", sa.Double(), nullable=True),
        sa.Column("base_gbp", sa.Double(), nullable=True),
        sa.Column("bonus_gbp", sa.Double(), nullable=True),
        sa.Column("rsu_annual_gbp", sa.Double(), nullable=True),
        sa.Column("total_gbp", sa.Double(), nullable=True),
        sa.Column("rate_date", sa.Date(), nullable=True),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["level_id"], ["job_hunter.levels.id"], name=op.f("fk_own_comp_level_id_levels")),
        sa.PrimaryKeyConstraint("label", name=op.f("pk_own_comp")),
        schema="job_hunter",
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("internal_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("primary_location", sa.Text(), nullable=True),
        sa.Column("remote_policy", sa.Text(), nullable=True),
        sa.Column("family", sa.Text(), nullable=True),
        sa.Column("level_id", sa.SmallInteger(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("apply_url", sa.Text(), nullable=True),
        sa.Column("parsed_base_min", sa.Double(), nullable=True),
        sa.Column("parsed_base_max", sa.Double(), nullable=True),
        sa.Column("parsed_currency", sa.Text(), nullable=True),
        sa.Column("parsed_period", sa.Text(), nullable=True),
        sa.Column("parsed_basis", sa.Text(), nullable=True),
        sa.Column("parsed_base_gbp", sa.Double(), nullable=True),
        sa.Column("rate_date", sa.Date(), nullable=True),
        sa.Column("salary_parse_confidence", sa.Double(), nullable=True),
        sa.Column("pay_evidence", sa.Text(), nullable=True),
        sa.Column("pay_bands", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.Column("dedup_key", sa.LargeBinary(), nullable=True),
        sa.Column("is_canonical", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("lineage_id", sa.BigInteger(), nullable=True),
        sa.Column("payload_hash", sa.LargeBinary(), nullable=True),
        sa.Column("reading_version", sa.SmallInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["job_hunter.companies.id"], name=op.f("fk_roles_company_id_companies")
        ),
        sa.ForeignKeyConstraint(["level_id"], ["job_hunter.levels.id"], name=op.f("fk_roles_level_id_levels")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_roles_source_external_id")),
        schema="job_hunter",
    )
    op.create_index("ix_roles_company_id", "roles", ["company_id"], unique=False, schema="job_hunter")
    op.create_index("ix_roles_dedup_key", "roles", ["dedup_key"], unique=False, schema="job_hunter")
    op.create_index("ix_roles_first_seen_at", "roles", ["first_seen_at"], unique=False, schema="job_hunter")
    op.create_index(
        "ix_roles_internal_id",
        "roles",
        ["source", "internal_id"],
        unique=False,
        schema="job_hunter",
        postgresql_where=sa.text("internal_id IS NOT NULL"),
    )
    op.create_index("ix_roles_payload_hash", "roles", ["payload_hash"], unique=False, schema="job_hunter")
    op.create_index(
        "ix_roles_source_board_open",
        "roles",
        ["source", "board"],
        unique=False,
        schema="job_hunter",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_roles_unpriced",
        "roles",
        ["parsed_currency"],
        unique=False,
        schema="job_hunter",
        postgresql_where=sa.text("parsed_base_gbp IS NULL AND parsed_currency IS NOT NULL"),
    )
    op.create_table(
        "comp_points",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("level_id", sa.SmallInteger(), nullable=True),
        sa.Column("family", sa.Text(), nullable=True),
        sa.Column("location_bucket", sa.Text(), nullable=True),
        sa.Column("base_value", sa.Double(), nullable=True),
        sa.Column("base_gbp", sa.Double(), nullable=True),
        sa.Column("bonus_value", sa.Double(), nullable=True),
        sa.Column("bonus_gbp", sa.Double(), nullable=True),
        sa.Column("rsu_annual_value", sa.Double(), nullable=True),
        sa.Column("rsu_annual_gbp", sa.Double(), nullable=True),
        sa.Column("signon_value", sa.Double(), nullable=True),
        sa.Column("signon_gbp", sa.Double(), nullable=True),
        sa.Column("total_value", sa.Double(), nullable=True),
        sa.Column("total_gbp", sa.Double(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), server_default="year", nullable=False),
        sa.Column("is_annualised", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("statistic", sa.Text(), server_default="midpoint", nullable=False),
        sa.Column("rate_date", sa.Date(), nullable=True),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("n_reported", sa.Integer(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("evidence IN ('posted', 'reported')", name=op.f("ck_comp_points_evidence")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["job_hunter.companies.id"], name=op.f("fk_comp_points_company_id_companies")
        ),
        sa.ForeignKeyConstraint(["level_id"], ["job_hunter.levels.id"], name=op.f("fk_comp_points_level_id_levels")),
        sa.ForeignKeyConstraint(
            ["role_id"], ["job_hunter.roles.id"], name=op.f("fk_comp_points_role_id_roles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comp_points")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_comp_points_source_external_id")),
        schema="job_hunter",
    )
    op.create_index("ix_comp_points_company_id", "comp_points", ["company_id"], unique=False, schema="job_hunter")
    op.create_index("ix_comp_points_role_id", "comp_points", ["role_id"], unique=False, schema="job_hunter")
    op.create_table(
        "role_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["role_id"], ["job_hunter.roles.id"], name=op.f("fk_role_events_role_id_roles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_events")),
        schema="job_hunter",
    )
    op.create_index("ix_role_events_happened_at", "role_events", ["happened_at"], unique=False, schema="job_hunter")
    op.create_index("ix_role_events_role_id", "role_events", ["role_id"], unique=False, schema="job_hunter")
    op.create_table(
        "role_places",
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["role_id"], ["job_hunter.roles.id"], name=op.f("fk_role_places_role_id_roles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("role_id", "n", name=op.f("pk_role_places")),
        schema="job_hunter",
    )
    op.execute("ALTER TABLE job_hunter.raw_payloads ALTER COLUMN body SET STORAGE EXTERNAL")
    for table in ("roles_snapshots", "comp_snapshots"):
        for year in YEARS:
            op.execute(
                f"CREATE TABLE job_hunter.{table}_{year} PARTITION OF job_hunter.{table} "
                f"FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
            )
    op.bulk_insert(
        sa.table("levels", sa.column("slug"), sa.column("rank"), schema="job_hunter"),
        [{"slug": slug, "rank": rank} for rank, slug in enumerate(LEVELS)],
    )
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW job_hunter.{name} AS {query}")


def downgrade() -> None:
    for name in VIEWS:
        op.execute(f"DROP VIEW job_hunter.{name}")
    op.drop_table("role_places", schema="job_hunter")
    op.drop_index("ix_role_events_role_id", table_name="role_events", schema="job_hunter")
    op.drop_index("ix_role_events_happened_at", table_name="role_events", schema="job_hunter")
    op.drop_table("role_events", schema="job_hunter")
    op.drop_index("ix_comp_points_role_id", table_name="comp_points", schema="job_hunter")
    op.drop_index("ix_comp_points_company_id", table_name="comp_points", schema="job_hunter")
    op.drop_table("comp_points", schema="job_hunter")
    op.drop_index(
        "ix_roles_unpriced",
        table_name="roles",
        schema="job_hunter",
        postgresql_where=sa.text("parsed_base_gbp IS NULL AND parsed_currency IS NOT NULL"),
    )
    op.drop_index(
        "ix_roles_source_board_open",
        table_name="roles",
        schema="job_hunter",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_index("ix_roles_payload_hash", table_name="roles", schema="job_hunter")
    op.drop_index(
        "ix_roles_internal_id",
        table_name="roles",
        schema="job_hunter",
        postgresql_where=sa.text("internal_id IS NOT NULL"),
    )
    op.drop_index("ix_roles_first_seen_at", table_name="roles", schema="job_hunter")
    op.drop_index("ix_roles_dedup_key", table_name="roles", schema="job_hunter")
    op.drop_index("ix_roles_company_id", table_name="roles", schema="job_hunter")
    op.drop_table("roles", schema="job_hunter")
    op.drop_table("own_comp", schema="job_hunter")
    op.drop_table("roles_snapshots", schema="job_hunter")
    op.drop_table("levels", schema="job_hunter")
    op.drop_table("comp_snapshots", schema="job_hunter")
    op.drop_index("ix_board_fetches_source_board_fetched_at", table_name="board_fetches", schema="job_hunter")
    op.drop_index("ix_board_fetches_snapshot_date", table_name="board_fetches", schema="job_hunter")
    op.drop_table("board_fetches", schema="job_hunter")
    op.drop_index(op.f("ix_refresh_runs_snapshot_date"), table_name="refresh_runs", schema="job_hunter")
    op.drop_table("refresh_runs", schema="job_hunter")
    op.drop_table("reading_versions", schema="job_hunter")
    op.drop_index(op.f("ix_raw_payloads_archived_at"), table_name="raw_payloads", schema="job_hunter")
    op.drop_table("raw_payloads", schema="job_hunter")
    op.drop_table("fx_rates", schema="job_hunter")
    op.drop_table("deliveries", schema="job_hunter")
    op.drop_table("companies", schema="job_hunter")
    op.drop_index(
        "ix_cdio_changes_unprocessed",
        table_name="cdio_changes",
        schema="job_hunter",
        postgresql_where=sa.text("processed_at IS NULL"),
    )
    op.drop_table("cdio_changes", schema="job_hunter")
