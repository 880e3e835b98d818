"""Titles on a careers page that are somebody's and not an opening: colleagues, leaders, authors, reviewers.

A name directly above a title makes it somebody's where no place is named. Where one is, a heading could look like a
name ("Real Estate"), so more is asked for: words that are said above the name, or a name above each title around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from job_hunter.domain.families import family_of
from job_hunter.domain.phrases import words_of
from job_hunter.domain.role_words import GAP, QUOTES

NEIGHBOURS = 6
"""Lines between two titles that stand in one list of people."""

_NAME_WORD = re.compile(r"[A-Z][a-zà-ÿ'’]+(?:[A-Z][a-zà-ÿ]+)?(?:-[A-Z][a-zà-ÿ]+)?|[A-Z]\.")
_PARTICLE = re.compile(r"(?:van|von|de|der|den|di|da|dos|del|la|le|bin|al|el|ten|ter|y) ", re.IGNORECASE)
_STYLE = re.compile(r"^(?:Dame|Sir|Dr|Prof|Lord|Lady|Mr|Ms|Mrs)\.? ")
_RATING = re.compile(r"[★☆⭐]{2,}|\b[1-5](?:[.,]\d)?\s?/\s?5\b|\b[1-5](?:\.\d)? stars?\b")
# Headings of departments and lists are written like names.
_HEADINGS = """
    apply contract details entry full hybrid job jobs junior level load mid more now part permanent read remote save
    senior share show term time view
    accounting acquisition administration affairs all artificial assurance audit banking board brand business campus
    capital careers central client clients cloud commercial commodities communications community compliance content
    core corporate credit customer customers data deep delivery department design development digital division early
    education engineering equities estate events executive experience experienced external facilities featured
    finance financial fixed foreign fund funds general global government graduate graduates group growth hardware
    health human income information infrastructure institutional insurance intelligence internal international
    internships investment investments investor it latest learning legal lending machine macro management market
    marketing markets media middle mobile network new office open operations other our partnerships payments people
    person platform policy portfolio positions private procurement product products professional professionals
    programme programmes project projects property public quality quantitative real recent relations research
    resources retail risk roles sales science security service services shared social software solutions staff
    strategic strategy students success supply support sustainability systematic systems talent tax team teams
    technical technology trading treasury university vacancies web wealth workplace
"""
_HEADING_WORDS = frozenset(_HEADINGS.split())


def is_name(text: str) -> bool:
    """Whether `text` looks like a person's name: two or three capitalised words, none of them of a field of work."""
    if _STYLE.match(text):
        return True
    words = _PARTICLE.sub("", text).split()
    if not 2 <= len(words) <= 3 or not all(_NAME_WORD.fullmatch(word) for word in words):
        return False
    return family_of(text) is None and not any(word.key in _HEADING_WORDS for word in words_of(text))


def titles_of_people(lines: Sequence[str], titles: Sequence[int], has_place: Callable[[int], bool]) -> set[int]:
    """Which of `titles`, indexes of plain `lines`, are somebody's. `has_place`: whether a place belongs to a title."""
    taken = set(titles)
    above = {at: _above(lines, at) for at in titles}
    named = {at for at, up in above.items() if up is not None and up not in taken and is_name(lines[up])}
    people = set()
    for at in titles:
        up = above[at]
        if up is None or up in taken:
            continue
        over = _above(lines, up)
        is_signed = at in named and over is not None and over not in taken and _is_said(lines[over])
        if is_signed or QUOTES.search(lines[up]) or _RATING.search(lines[up]):
            people.add(at)
    for at in titles:
        if not has_place(at) and (at in named or any(map(_is_said, _beside(lines, at)))):
            people.add(at)
    for row in _rows(titles):
        names = [lines[up] for at in row if at in named and (up := above[at]) is not None]
        if len(names) == len(row) == len(set(names)) and len(row) > 1:
            people.update(row)
    return people


def _rows(titles: Sequence[int]) -> list[list[int]]:
    """Titles that stand near one another, together."""
    rows: list[list[int]] = []
    for at in titles:
        if rows and at - rows[-1][-1] <= NEIGHBOURS:
            rows[-1].append(at)
        else:
            rows.append([at])
    return rows


def _above(lines: Sequence[str], at: int) -> int | None:
    """The line above, over at most two that are empty."""
    for up in range(at - 1, max(-1, at - 4), -1):
        if lines[up] == GAP:
            return None
        if lines[up]:
            return up
    return None


def _beside(lines: Sequence[str], at: int) -> list[str]:
    return [*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]


def _is_said(line: str) -> bool:
    return bool(QUOTES.search(line)) and len(line.split()) > 3
