"""The closing policy under random harvests: what it must never do, and what it must always come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from job_hunter.domain.closing import CONFIRMED_AFTER, BoardHistory, FetchStatus, judge

START = datetime(2026, 1, 4, 4, tzinfo=UTC)
A_DAY = timedelta(days=1)
KINDS = ("whole", "whole", "whole", "partial", "failed")
IDS = st.integers(0, 40)


@dataclass
class Board:
    """A board as the ledger and the roles table hold it, under the policy. `closings` and `returns` count events."""

    at: datetime = START
    open: set[int] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    ledger: list[tuple[datetime, FetchStatus, int]] = field(default_factory=list)
    closings: int = 0
    returns: int = 0

    @property
    def history(self) -> BoardHistory:
        """What the ledger tells: the last complete count, and the first short answer since."""
        done = max((n for n, row in enumerate(self.ledger) if row[1] is FetchStatus.COMPLETE), default=-1)
        short = [at for at, status, _ in self.ledger[done + 1 :] if status is FetchStatus.QUARANTINED]
        return BoardHistory(self.ledger[done][2] if done >= 0 else None, short[0] if short and done >= 0 else None)

    def take(self, kind: str, ids: set[int], *, after: timedelta = A_DAY) -> FetchStatus:
        """One harvest, `after` the one before: `whole`, `partial` (known to lack records) or `failed`."""
        self.at += after
        if kind == "failed":
            self.ledger.append((self.at, FetchStatus.SKIPPED, 0))
            return FetchStatus.SKIPPED
        verdict = judge(count=len(ids), is_whole=kind == "whole", history=self.history, at=self.at)
        self.ledger.append((self.at, verdict.status, len(ids)))
        self.returns += len((ids & self.seen) - self.open)
        self.seen |= ids
        gone = self.open - ids if verdict.closes else set()
        self.closings += len(gone)
        self.open = (self.open | ids) - gone
        return verdict.status


HARVEST = st.tuples(st.sampled_from(KINDS), st.sets(IDS, max_size=40), st.integers(1, 60))
HARVESTS = st.lists(HARVEST, max_size=30)


@given(HARVESTS)
def test_only_a_complete_harvest_closes(harvests: list[tuple[str, set[int], int]]) -> None:
    """Whatever came before: a partial, failed or quarantined harvest takes no role away."""
    board = Board()
    for kind, ids, hours in harvests:
        before, closings = set(board.open), board.closings
        status = board.take(kind, ids, after=timedelta(hours=hours))
        if status is FetchStatus.COMPLETE:
            assert kind == "whole"
            assert board.open == ids
        else:
            assert before <= board.open
            assert closings == board.closings


@given(HARVESTS, st.sets(IDS, max_size=40), st.integers(20, 400))
@example([("whole", set(range(30)), 1), ("whole", set(), 1)], {1}, 20)
def test_two_whole_harvests_of_different_days_bring_the_truth(
    harvests: list[tuple[str, set[int], int]], truth: set[int], apart: int
) -> None:
    """However the history went, the second true harvest, at least 20 hours after the first, leaves the truth open."""
    board = Board()
    for kind, ids, hours in harvests:
        board.take(kind, ids, after=timedelta(hours=hours))
    board.take("whole", truth)
    board.take("whole", truth, after=timedelta(hours=apart))
    assert truth == board.open
    closings, returns = board.closings, board.returns
    for _ in range(3):
        assert board.take("whole", truth) is FetchStatus.COMPLETE
    assert (closings, returns) == (board.closings, board.returns)


def _short_of(truth: set[int]) -> st.SearchStrategy[set[int]]:
    """What a broken board shows of `truth`: too little to be believed at once."""
    most = (len(truth) - 1) // 2 if len(truth) >= 5 else 0
    return st.sets(st.sampled_from(sorted(truth)), max_size=most)


@st.composite
def _glitches(draw: st.DrawFn) -> tuple[set[int], list[list[tuple[str, set[int], float]]]]:
    truth = draw(st.sets(IDS, min_size=1, max_size=40))
    glitch = st.tuples(
        st.sampled_from(["whole", "partial", "failed"]), _short_of(truth), st.floats(0.01, 5, allow_nan=False)
    )
    return truth, draw(st.lists(st.lists(glitch, max_size=4), min_size=1, max_size=8))


@given(_glitches())
def test_glitches_of_less_than_a_day_make_no_role_flap(
    scenario: tuple[set[int], list[list[tuple[str, set[int], float]]]],
) -> None:
    """A board that is broken again and again, and whole between: its roles never close, so none ever comes back."""
    truth, days = scenario
    board = Board()
    board.take("whole", truth)
    for glitches in days:
        board.at += A_DAY
        began = board.at
        for kind, ids, hours in glitches:
            board.take(kind, ids, after=timedelta(hours=hours))
        assert board.at - began <= CONFIRMED_AFTER
        assert board.take("whole", truth) is FetchStatus.COMPLETE
        assert truth == board.open
    assert (board.closings, board.returns) == (0, 0)


@given(st.lists(st.sets(st.integers(0, 10_000), max_size=60), max_size=12))
def test_growth_and_turnover_are_never_quarantined(boards: list[set[int]]) -> None:
    """A board that keeps its size or grows is believed at once, were every single opening another one."""
    board = Board()
    for ids in sorted(boards, key=len):
        assert board.take("whole", ids) is FetchStatus.COMPLETE
        assert board.open == ids


@given(st.integers(5, 5000), st.data())
def test_a_shrinking_board_is_believed_down_to_its_half(size: int, data: st.DataObject) -> None:
    """Half of it may go in a day; one fewer waits for another day's harvest, and is believed then."""
    kept = data.draw(st.integers((size + 1) // 2, size))
    short = data.draw(st.integers(0, (size - 1) // 2))
    board = Board()
    board.take("whole", set(range(size)))
    assert board.take("whole", set(range(kept))) is FetchStatus.COMPLETE
    board = Board()
    board.take("whole", set(range(size)))
    assert board.take("whole", set(range(short))) is FetchStatus.QUARANTINED
    assert board.take("whole", set(range(short)), after=timedelta(hours=19)) is FetchStatus.QUARANTINED
    assert board.take("whole", set(range(short)), after=timedelta(hours=1)) is FetchStatus.COMPLETE
    assert board.open == set(range(short))
