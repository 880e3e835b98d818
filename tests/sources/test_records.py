"""The loop and the contract every board source shares."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.domain.company import Board, Company, Sector
from job_hunter.errors import SourceChanged
from job_hunter.sources import ATS
from job_hunter.sources.contract import Harvest, decode, records_of
from job_hunter.sources.records import (
    Seed,
    distinct,
    epoch_ms_time,
    figure,
    iso_time,
    payload_hash,
    plain,
    web_url,
)

FIXTURES = Path(__file__).parent / "fixtures"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_every_registered_source_has_a_recorded_answer() -> None:
    """A source without a recorded answer is a source whose parser nobody checks."""
    assert set(ATS) <= {path.parent.name for path in FIXTURES.glob("*/board.json")}


@pytest.mark.parametrize("source", sorted(ATS))
def test_a_recorded_answer_parses_whole(source, board_of, recorded_json) -> None:
    """Nothing in a recorded answer is refused or unknown, and every posting says where it is from."""
    parsed = ATS[source].parse(recorded_json(f"{source}/board.json"), board_of(source), {})
    assert parsed.postings
    assert (parsed.rejects, parsed.unread_fields, parsed.is_complete) == ((), {}, True)
    for posting in parsed.postings:
        assert (posting.source, posting.board) == (source, "acme")
        assert len(posting.payload_hash) == 16
        assert str(orjson.loads(posting.raw)["id"]) == posting.external_id


@pytest.mark.parametrize("source", sorted(ATS))
def test_a_known_posting_is_not_read_again(source, board_of, recorded_json) -> None:
    """The second time everything is unchanged; a single change brings back a single posting."""
    payload, board = recorded_json(f"{source}/board.json"), board_of(source)
    first = ATS[source].parse(payload, board, {})
    known = {posting.external_id: posting.payload_hash for posting in first.postings}
    again = ATS[source].parse(payload, board, known)
    assert (again.postings, set(again.unchanged), again.count) == ((), set(known), first.count)
    jobs = payload if isinstance(payload, list) else payload["jobs"]
    jobs[0]["text" if source == "lever" else "title"] = "Another Title"
    changed = ATS[source].parse(payload, board, known)
    assert [posting.title for posting in changed.postings] == ["Another Title"]
    assert len(changed.unchanged) == len(known) - 1


@pytest.mark.parametrize("source", sorted(ATS))
def test_the_order_of_keys_is_no_change(source, board_of, recorded_json) -> None:
    """Sources send the same record with its keys in another order."""

    def turned(value):
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(item) for item in value] if isinstance(value, list) else value

    payload, board = recorded_json(f"{source}/board.json"), board_of(source)
    known = {p.external_id: p.payload_hash for p in ATS[source].parse(payload, board, {}).postings}
    assert ATS[source].parse(turned(payload), board, known).postings == ()


BAD_RECORDS = [
    ("not a record", lambda job, title: "hello", "the record is a text where an object belongs"),
    ("null", lambda job, title: None, "the record is null where an object belongs"),
    ("no id", lambda job, title: {k: v for k, v in job.items() if k != "id"}, "id is missing"),
    ("null id", lambda job, title: {**job, "id": None}, "id is null"),
    ("boolean id", lambda job, title: {**job, "id": True}, "id is a boolean"),
    ("no title", lambda job, title: {k: v for k, v in job.items() if k != title}, "{title} is missing"),
    ("blank title", lambda job, title: {**job, title: "  "}, "{title} is blank"),
    ("numeric title", lambda job, title: {**job, title: 7}, "{title} is a number where a text belongs"),
]


@pytest.mark.parametrize("source", sorted(ATS))
@pytest.mark.parametrize(("name", "spoil", "reason"), BAD_RECORDS, ids=[name for name, _, _ in BAD_RECORDS])
def test_a_bad_record_costs_one_record(source, name, spoil, reason, board_of, recorded_json) -> None:
    """Every other posting arrives, and the reason names the field."""
    payload, board = recorded_json(f"{source}/board.json"), board_of(source)
    whole = ATS[source].parse(payload, board, {})
    jobs = payload if isinstance(payload, list) else payload["jobs"]
    title = "text" if source == "lever" else "title"
    jobs[0] = spoil(jobs[0], title)
    parsed = ATS[source].parse(payload, board, {})
    assert [reject.reason for reject in parsed.rejects] == [reason.format(title=title)]
    assert parsed.postings == whole.postings[1:]
    assert parsed.count == whole.count


@pytest.mark.parametrize("source", sorted(ATS))
def test_a_repeated_record_is_kept_once(source, board_of, recorded_json) -> None:
    """One id, one posting; the answer still counts as complete."""
    payload, board = recorded_json(f"{source}/board.json"), board_of(source)
    whole = ATS[source].parse(payload, board, {})
    jobs = payload if isinstance(payload, list) else payload["jobs"]
    jobs.append(jobs[0])
    if isinstance(payload, dict) and "meta" in payload:
        payload["meta"]["total"] += 1
    parsed = ATS[source].parse(payload, board, {})
    assert (parsed.postings, parsed.rejects, parsed.is_complete) == (whole.postings, (), True)


@pytest.mark.parametrize("source", sorted(ATS))
def test_unknown_fields_are_counted(source, board_of, recorded_json) -> None:
    """A field that appears tomorrow shows in the ledger, known postings included."""
    payload, board = recorded_json(f"{source}/board.json"), board_of(source)
    jobs = payload if isinstance(payload, list) else payload["jobs"]
    for job in jobs[:2]:
        job["salary_band"] = "B7"
    assert ATS[source].parse(payload, board, {}).unread_fields == {"salary_band": 2}


@pytest.mark.parametrize("source", sorted(ATS))
def test_nul_characters_never_reach_a_text(source, board_of, recorded_json) -> None:
    """Valid JSON may hold a NUL, which no Postgres text takes: the character goes, the posting stays."""
    payload, board = recorded_json(f"{source}/board.json"), board_of(source)
    jobs = payload if isinstance(payload, list) else payload["jobs"]
    title = "text" if source == "lever" else "title"
    jobs[0][title] = "Nul\x00l Engineer \\u0000"
    parsed = ATS[source].parse(payload, board, {})
    assert parsed.rejects == ()
    assert parsed.postings[0].title == "Null Engineer \\u0000"


WRONG_SHAPES = ["hello", None, 3, True]


@pytest.mark.parametrize("payload", WRONG_SHAPES)
@pytest.mark.parametrize("source", sorted(ATS))
def test_a_foreign_shape_names_board_and_problem(source, payload, board_of) -> None:
    """What is no board at all is the parser's business, not a board without openings."""
    with pytest.raises(SourceChanged, match=f"{source} board acme answered with .* where .* belongs"):
        ATS[source].parse(payload, board_of(source), {})


@pytest.mark.parametrize(
    ("source", "payload"),
    [
        ("greenhouse", []),
        ("greenhouse", {}),
        ("greenhouse", {"jobs": None}),
        ("ashby", []),
        ("ashby", {"jobs": {}}),
        ("lever", {}),
        ("lever", {"jobs": []}),
        ("lever", {"ok": False}),
    ],
)
def test_a_list_and_an_object_are_not_taken_for_each_other(source, payload, board_of) -> None:
    """A list where an object belongs, or the other way round, closes nothing."""
    with pytest.raises(SourceChanged, match=f"{source} board acme"):
        ATS[source].parse(payload, board_of(source), {})


@pytest.mark.parametrize("source", sorted(ATS))
def test_an_empty_board_is_legal(source, board_of) -> None:
    """No openings is an answer."""
    payload = [] if source == "lever" else {"jobs": [], "meta": {"total": 0}}
    parsed = ATS[source].parse(payload, board_of(source), {})
    assert (parsed.count, parsed.is_complete) == (0, True)


@pytest.mark.parametrize("source", sorted(ATS))
@given(data=st.data())
def test_no_record_breaks_a_board(source, data) -> None:
    """Whatever stands in whatever field, each record becomes a posting or a reject, and no text holds a NUL."""
    board = Board(source, "acme", Company("acme", "Acme", source, "acme", Sector.OTHER))
    payload = orjson.loads((FIXTURES / source / "board.json").read_bytes())
    jobs = payload if isinstance(payload, list) else payload["jobs"]
    for job in jobs:
        for field in data.draw(st.lists(st.sampled_from(sorted(job)), max_size=3, unique=True)):
            job[field] = data.draw(JSON)
    parsed = ATS[source].parse(payload, board, {})
    assert parsed.count == len(jobs) or len({str(job["id"]).strip() for job in jobs}) < len(jobs)
    for posting in parsed.postings:
        assert "\x00" not in posting.title + posting.location + posting.content
        assert posting.posted_at is None or posting.posted_at.tzinfo is UTC
        assert posting.apply_url is None or posting.apply_url.lower().startswith(("http://", "https://"))


def harvest(*pages: bytes) -> Harvest:
    """A harvest of these pages."""
    return Harvest("lever board acme", list(pages))


def test_pages_of_lists_are_joined() -> None:
    """Several pages are one list, one page is what it is."""
    assert decode(harvest(b"[1,2]", b"[3]")) == [1, 2, 3]
    assert decode(harvest(b'{"jobs":[]}')) == {"jobs": []}


BAD_PAGES = [
    ((b"",), "with nothing"),
    ((b'{"jobs": [{"id": 1}, {"id"',), "cut off or broken (26 bytes)"),
    ((b"<!doctype html><p>hello",), "a web page instead of JSON"),
    ((b"Service moved",), "something that is not JSON"),
    ((b"\xff\xfe\xfa",), "something that is not JSON"),
    ((b'{"a": NaN}',), "cut off or broken"),
    ((b"[" * 100_000,), "cut off or broken"),
    ((b"[1]", b'{"ok": false}'), "an object where a list belongs"),
]


@pytest.mark.parametrize(("pages", "problem"), BAD_PAGES)
def test_a_page_that_is_no_json_names_board_and_problem(pages: tuple[bytes, ...], problem: str) -> None:
    """The message tells a cut off answer from a foreign one."""
    with pytest.raises(SourceChanged, match=f"lever board acme answered .*{re.escape(problem)}"):
        decode(harvest(*pages))


def test_half_an_emoji_costs_a_character_and_not_the_board() -> None:
    """A text cut in the middle of a surrogate pair is what some senders call JSON."""
    assert decode(harvest(b'[{"title": "Engineer \\ud83d"}]')) == [{"title": "Engineer ?"}]
    assert decode(harvest(b'\xef\xbb\xbf[{"title": "caf\xc3\xa9"}]')) == [{"title": "café"}]


def test_a_harvest_keeps_its_figures_when_its_pages_go() -> None:
    """Pages are dropped once decoded; the ledger still wants their size."""
    got = harvest(b"[1,2]", b"[3]")
    got.release()
    assert (got.pages, got.body_bytes) == ([], 8)
    with pytest.raises(ValueError, match="no pages"):
        decode(got)


def test_records_of_names_a_missing_field() -> None:
    """An object without the list is told apart from a list without the object."""
    with pytest.raises(SourceChanged, match="an object that has no 'jobs'"):
        records_of({"items": []}, "x", "jobs")


FIGURES = [
    (1, 1.0),
    (21.5, 21.5),
    ("84000.0", 84000.0),
    (" 7 ", 7.0),
    (0, 0.0),
    (True, None),
    (None, None),
    ("", None),
    ("n/a", None),
    ("£50k", None),
    ("nan", None),
    ("inf", None),
    (10**400, None),
    ([1], None),
]


@pytest.mark.parametrize(("value", "expected"), FIGURES)
def test_figures(value: object, expected: float | None) -> None:
    """A number is a number, in whichever JSON type; nothing else is."""
    assert figure(value) == expected


URLS = [
    ("https://a.example/x?gh_jid=1", True),
    (" HTTPS://a.example ", True),
    ("http://a.example", True),
    ("javascript:alert(1)", False),
    ("data:text/html,x", False),
    ("//a.example", False),
    ("https://", False),
    ("https://a.example/ b", False),
    ('https://a.example/"onclick', False),
    (None, False),
    (7, False),
]


@pytest.mark.parametrize(("value", "good"), URLS)
def test_only_web_addresses_become_links(value: object, good: bool) -> None:
    """Any other scheme in a report would be an attack."""
    assert web_url(value) == (str(value).strip() if good else None)


def seed() -> Seed:
    """The seed of a record whose other parts don't matter."""
    return Seed("1", b"", b"", Board("x", "x", Company("x", "X", "x", "x", Sector.OTHER)), Counter())


TIMES = [
    ("2026-02-24T09:04:33-05:00", datetime(2026, 2, 24, 14, 4, 33, tzinfo=UTC)),
    ("2026-07-24T23:30:00-04:00", datetime(2026, 7, 25, 3, 30, tzinfo=UTC)),
    ("2021-04-07T17:12:35.753+00:00", datetime(2021, 4, 7, 17, 12, 35, 753000, tzinfo=UTC)),
    ("2026-02-24T09:04:33Z", datetime(2026, 2, 24, 9, 4, 33, tzinfo=UTC)),
    ("2026-02-24", datetime(2026, 2, 24, tzinfo=UTC)),
    ("yesterday", None),
    ("0001-01-01T00:00:00+14:00", None),
    (1772000000, None),
]


@pytest.mark.parametrize(("value", "expected"), TIMES)
def test_iso_times_are_utc(value: object, expected: datetime | None) -> None:
    """Stamps of any offset become UTC; one that makes no sense is counted."""
    given_seed = seed()
    assert iso_time({"at": value}, "at", given_seed) == expected
    assert given_seed.unread["at"] == (expected is None)


EPOCHS = [
    (1772000000123, datetime(2026, 2, 25, 6, 13, 20, 123000, tzinfo=UTC)),
    ("1772000000000", datetime(2026, 2, 25, 6, 13, 20, tzinfo=UTC)),
    (1772000000, None),  # seconds where milliseconds belong would be a day of 1970
    (10**30, None),
    (0, None),
    ("soon", None),
]


@pytest.mark.parametrize(("value", "expected"), EPOCHS)
def test_epoch_milliseconds_are_utc(value: object, expected: datetime | None) -> None:
    """Milliseconds become UTC; anything that would be no plausible day is counted."""
    given_seed = seed()
    assert epoch_ms_time({"at": value}, "at", given_seed) == expected
    assert given_seed.unread["at"] == (expected is None)


def test_an_absent_time_is_no_mistake() -> None:
    """Some postings have no date, and that is not counted."""
    given_seed = seed()
    assert (iso_time({}, "at", given_seed), epoch_ms_time({"at": None}, "at", given_seed)) == (None, None)
    assert not given_seed.unread


@given(st.text())
def test_notes_lose_their_markup_in_linear_time(value: str) -> None:
    """Notes are one line of text, whatever they were."""
    note = plain(value)
    assert note is None or (note and "\n" not in note)


def test_a_note_is_plain() -> None:
    """Tags go, entities are read, once or twice escaped; an unclosed heap of them is no trap."""
    assert plain("<p>Base &amp; bonus.</p>\n&lt;b&gt;x&lt;/b&gt;&nbsp;") == "Base & bonus. x"
    assert plain("<" * 200_000) is not None
    assert (plain(None), plain(" <br> ")) == (None, None)


@given(st.dictionaries(st.text(), JSON, max_size=6))
def test_the_hash_is_blind_to_key_order_alone(value: dict[str, object]) -> None:
    """Two records hash alike when they say the same."""
    assert payload_hash(value) == payload_hash(dict(reversed(value.items())))
    assert payload_hash(value) != payload_hash({**value, "one more": 1})


def test_distinct_keeps_the_order() -> None:
    """Blank and repeated names go, the rest stays as it came."""
    assert distinct([" b", "a", "", None, "b", 3]) == ("b", "a")
