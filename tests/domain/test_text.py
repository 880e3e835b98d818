"""Text of any encoding turned to plain text, and the first look for money."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from job_hunter.domain.pay import PayHints, parse_pay
from job_hunter.domain.place import Place
from job_hunter.domain.text import may_state_pay, plain_text

CASES = {
    "plain": ("Salary £50k", "Salary £50k"),
    "comparison signs stay": ("a < b and 3 > 2, x<5", "a < b and 3 > 2, x<5"),
    "blocks end lines": ("<p>One</p><div>Two<br>Three</div><ul><li>Four<li>Five</ul>", "One\nTwo\nThree\nFour\nFive"),
    "inline tags don't": ("<p><strong>£50k</strong> - <b>£60k</b> <a href='x'>here</a></p>", "£50k - £60k here"),
    "attributes go": ('<p class="a" data-x="£1">Pay</p>', "Pay"),
    "entities": ("&pound;50k &ndash; &#163;60k&nbsp;p.a. &amp; more", "£50k – £60k p.a. & more"),
    "escaped once more": (
        "&lt;p&gt;Pay&amp;nbsp;&lt;strong&gt;&amp;pound;50k&lt;/strong&gt;&lt;/p&gt;&lt;p&gt;R&amp;amp;D&lt;/p&gt;",
        "Pay £50k\nR&D",
    ),
    "unclosed paragraphs": ("Acme | London<p>We pay £50k<p>Apply", "Acme | London\nWe pay £50k\nApply"),
    "comments, scripts and styles": ("a<!-- £1 --><script>b('£2')</script><style>p{c:1}</style>d", "ad"),
    "an open comment": ("a<!-- £1", "a"),
    "cells": ("<table><tr><td>London</td><td>£50k</td></tr></table>", "London |\n£50k |"),
    "mojibake": ("Â£45k â€“ â‚¬60k", "£45k – €60k"),
    "accents are no mojibake": ("château à Genève", "château à Genève"),
    "invisible marks": ("world\u00adclass £\u200b50k\u00a0pa", "worldclass £50k pa"),
    "blanks": ("  a \t b  \r\n\n\n  c  ", "a b\nc"),
    "a number too long to be a character": ("&#" + "9" * 5000 + ";x", "\ufffdx"),
    "empty": ("", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_content_becomes_plain_text(name: str) -> None:
    """Each kind of content gives its readable text, one block a line."""
    content, expected = CASES[name]
    assert expected == plain_text(content)


@given(
    st.one_of(
        st.text(), st.lists(st.sampled_from(("<", ">", "&", "&lt;", "&#x", "p", "!--", "/", ";", " "))).map("".join)
    )
)
@settings(max_examples=300, deadline=None)
def test_any_content_becomes_text(content: str) -> None:
    """Conversion and the first look never raise."""
    assert isinstance(plain_text(content), str)
    assert may_state_pay(content) in (True, False)


_ESCAPED_PIECES = (
    "&lt;p&gt;",
    "&lt;/p&gt;",
    "&lt;b class=&quot;x&quot;&gt;",
    "&lt;!-- a --&gt;",
    "&lt;script&gt;",
    "&lt;/script&gt;",
    "&amp;nbsp;",
    "&nbsp;",
    "&amp;amp;",
    "&amp;lt;",
    "&amp;Acirc;",
    "&amp;pound;",
    "&#39;",
    "&lt;",
    "&gt;",
    "&amp;",
    "&",
    ";",
    "Â",
    "\u00a0",
    " ",
    "\n",
    "lt;",
    "nbsp; ",
    "pay",
)


@given(st.lists(st.sampled_from(_ESCAPED_PIECES)).map("".join))
@settings(max_examples=300, deadline=None)
def test_escaped_content_reads_alike_in_one_pass_and_in_many(content: str) -> None:
    """What is escaped throughout, and so read in one pass, says what it says beside a tag that is not escaped."""
    assert plain_text(f"&lt;p&gt;{content}&lt;br&gt;end") == plain_text(f"&lt;p&gt;{content}<br>end")


@pytest.mark.parametrize(
    "unit", ["<", "&", "<!--", "&#9", " ", "\n ", "<p", "<script", "&lt;", "0 ", "â€", "<td>", "5k"]
)
def test_a_megabyte_is_converted_in_under_a_second(unit: str) -> None:
    """No content makes conversion slower than linear."""
    content = unit * (1_000_000 // len(unit))
    start = time.process_time()
    plain_text(content)
    may_state_pay(content)
    assert time.process_time() - start < 1.0


MONEY = (
    "£50k",
    "50-60k",
    "EUR 50000",
    "50000 eur",
    "&pound;50000",
    "&amp;pound;50",
    "50 000 zł",
    "6 million yen",
    "₹25",
)
NO_MONEY = (
    "",
    "five years",
    "10 people in 3 teams since 2015",
    "H2O, B2B and 24/7",
    "kubernetes 1.29",
    "<p id='k8'>x</p>",
)


@pytest.mark.parametrize("content", MONEY)
def test_a_sign_of_money_is_seen(content: str) -> None:
    """Whatever could be a figure of pay passes the first look."""
    assert may_state_pay(f"<p>We pay {content} a year</p>")


@pytest.mark.parametrize("content", NO_MONEY)
def test_a_text_without_money_costs_nothing_more(content: str) -> None:
    """Numbers alone don't pass the first look."""
    assert not may_state_pay(content)


@given(st.sampled_from(MONEY))
def test_what_is_read_as_pay_passed_the_first_look(figure: str) -> None:
    """The first look never hides a pay that the reading would have found."""
    pay = parse_pay(f"Salary: {figure}", PayHints(places=(Place(None, "GB"),)))
    assert pay is None or may_state_pay(f"Salary: {figure}")
