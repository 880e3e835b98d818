"""The openings an advertisement names: in its header, in a list below, or in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from job_hunter.domain.hn_header import AREA, EMAIL, LINK, MONEY, OWN_LABEL, is_job

MOST_ROLES = 12
LONGEST = 90

_JOINTS = re.compile(r"(\s*(?:,|;|&|(?<!\+)\+(?!\+)|/|\band\b|\bor\b|\bplus\b)\s*)", re.IGNORECASE)
AT_COMPANY = re.compile(r"(?<=\w)\s+@\s?(?P<name>[A-Z][^@|]*)$")
"""What stands behind a title: "Data Engineer @ Acme"."""

_BULLET = re.compile(r"^\s*(?:[-*•●–—·▪►→>+~#=]+|\(?\d{1,2}[.)]|\d{1,2}\s?[-–:](?=\s)|[oO]\s)\s*")
_END = re.compile(
    r"\s+[-–—:|]+\s*|:\s|\s[-–—]|\s\(|\s\[|\s*https?:|\.\s|\s*\||[?!]|\.$|:$|\s=>|\s->|,?\s+(?:to join|who|see more)\b"
)
_LISTED = re.compile(
    r"^\W*(?:we(?:'re| are)|currently|now|our|the|i'm|open|current|available|key|some|featured|actively|also|all|are|"
    r"engineering|technical|tech|and|full[\s-]time)?\s*(?:(?:we are|we're|open|current|available|engineering|"
    r"technical|tech|"
    r"full[\s-]time|job|for|hiring|looking|actively|currently)\s+)*"
    r"(?:roles?|positions?|openings?|jobs?|hiring|looking for|seeking|hiring for|opportunities|vacancies|recruiting)"
    r"(?:\s+(?:for|include|includes|including|are|available|open|in \w+|at \w+|now|right now|"
    r"currently))*\s*:\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_SOUGHT = re.compile(
    r"\b(?:hiring|looking (?:to hire|to add|for)|seeking|search(?:ing)? for|in need of|needs?|recruiting|hire|"
    r"add(?:ing)?|"
    r"openings? for|positions? for|wants?)\s+(?:for\s+)?"
    r"(?:(?:an?|our|the|its|some|several|multiple|many|two|three|2|3|4|more|additional|another|first|next|new|"
    r"great|talented|"
    r"experienced|passionate|strong|exceptional|smart|awesome|brilliant|good|skilled|motivated|ambitious|couple|"
    r"few|of|"
    r"number|outstanding|excellent|amazing|world-class|and)\s+)*(?P<title>(?:[^.;:!?|\n]|\b[JS]r\.|\.(?=NET\b)){3,120})",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"\s+(?:to|who|whom|with|that|which|in|for|at|on|our|from|based|is|are|will|as|having|interested|within|across|"
    r"wanting|ready|looking|of any|like|willing|here|please|but|so|because|if|where|when|capable|able|excited|i|"
    r"i['’]\w+|you)\s+.*$"
    r"|\s*[,(]\s*(?:who|that|with|to|based|remote|onsite|preferably|and we|if|see|please|apply)\b.*$|\s+[-–—(].*$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^\s*(?:an?|the)\s+(?=\w)", re.IGNORECASE)
_FULL_STOP = re.compile(r"(?<!\b[JS]r)\.\s|\s*\||https?:")
_BETWEEN = re.compile(r"\s+[-–—*•/]+\s+|\s*[|•]\s*")
_SIGNATURE = re.compile(
    r"^[-–—~\s]*[A-Z][\w'.]*(?:\s[A-Z][\w'.]*){0,2}\s*[,(–—-]\s*(?:co-?founder|founder|cto|ceo|coo|cpo|vp|head of|"
    r"director|engineering manager|hiring manager|recruiter|talent)\b[^.]{0,60}$",
    re.IGNORECASE,
)
"""Who wrote the comment, in its last lines: "Maud P, CTO"."""
_VERB = re.compile(r"\b(?:is|are|have|has|will)\s")
_INTRODUCED = re.compile(r"^[^:|]{0,80}\b(?:roles?|positions?|openings?|hiring)\b[^:|]{0,40}:\s+(?=\w)", re.IGNORECASE)
"""What introduces a list of titles in one line: "Hiring for several roles in London: Designer, Analyst"."""
_PREFIX = re.compile(r"^[\w\s/&]{3,30}:\s+(?=\w)")
_PRAISE = re.compile(
    r"^(?:(?:to (?:hire|add|appoint|recruit|find)|at least|position of|positions? for|roles? including|"
    r"(?:tech )?positions?,? including|including|an?|the|our|some|most|really|very|super|highly|exceptionally|"
    r"talented|motivated|skilled|experienced|dedicated|smart|great|brilliant|passionate|innovative|ambitious|"
    r"self-driven|creative|and|,|few|\d+)\s+)+",
    re.IGNORECASE,
)
_EDGES = " \t,;:.|-–—/&+*!=~\"'“”"
_CALL = re.compile(
    r"^\W*(?:(?:now |we are |we're )?(?:hiring|seeking|looking for|wanted|want|need(?:ed)?)\b:?\s*(?:an?\s|for\s)*)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"^(?:[^,;:]{1,80}\b(?:is|are) (?:now )?(?:hiring|recruiting|looking for)\s+(?:for\s+)?|"
    r"(?i:full[\s-]?time|ft)\s+|to (?:hire|add|appoint|find|recruit)\s+|at least \d{1,2}\s+|variety of\s+|"
    r"across the stack,? (?:especially\s+)?|"
    r"(?:[\w-]+ )?(?:roles|positions|openings),? (?:including|such as)\s+|(?:an?|our|the)\s+|"
    r"(?:highly )?(?:motivated|talented|skilled|experienced|innovative)(?:\s+and\s+\w+)?\s+|"
    r"most\s+(?=\w+\s))+",
)
"""What a sentence puts in front of a title."""

_BEHIND = re.compile(
    r"(?:,?\s*(?:\band\b|&)\s+(?:more|others|many more)|,?\s+see (?:more|details|below)\b.*|"
    r"\s+to join (?:us|our|the)\b.*|\s+(?:needed )?at (?:our\s.*|(?-i:[A-Z])[\w.]*)|\.\s+e-?mail\b.*)$",
    re.IGNORECASE,
)
"""What a header or a sentence goes on with behind one."""

_TAIL = re.compile(
    r"[\s,(\[/-]*\b(?:full[\s-]?time|part[\s-]?time|remote(?: ok)?|on-?site(?: only)?|contract|permanent|visa|wanted|"
    r"needed|m/f(?:/d)?|f/m)\b"
    r"[\s,)\]]*$",
    re.IGNORECASE,
)


def split_titles(text: str) -> tuple[str, ...]:
    """The titles in a part of a header: "Data Engineer, ML Engineer" are two, "Front and Backend Developers" one.

    A piece that names no job belongs to its neighbour ("Software Engineer, Growth"; "Data and Search Engineer").
    """
    text = _INTRODUCED.sub("", OWN_LABEL.sub("", text))
    text = AT_COMPANY.sub("", EMAIL.sub(" ", LINK.sub(" ", MONEY.sub(" ", text))))
    titles: list[str] = []
    pieces = _bound(_JOINTS.split(_closed(text)))
    current = ""
    has_job = False
    for n in range(0, len(pieces), 2):
        piece, joint = pieces[n], pieces[n - 1] if n else ""
        names = is_job(piece) and not AREA.fullmatch(piece.strip())
        if names and has_job and not (joint.strip() == "/" and len(piece.split()) == 1):
            titles.append(current)
            current, has_job = piece, True
        else:
            current, has_job = current + joint + piece if current else piece, has_job or names
    titles.append(current)
    return _kept(titles)


def _bound(pieces: list[str]) -> list[str]:
    """The pieces with those of "iOS/Android Developer" in one: a stroke without blanks binds what names no job yet."""
    bound = pieces[:1]
    for before, joint, piece in zip(pieces[0::2], pieces[1::2], pieces[2::2], strict=False):
        if joint == "/" and not is_job(before):
            bound[-1] += joint + piece
        else:
            bound += [joint, piece]
    return bound


def listed_titles(lines: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """The titles that lines of their own name, each with the number of its line."""
    found: dict[str, int] = {}
    for n, line in enumerate(lines):
        opened = _LISTED.match(line)
        if opened and opened["rest"]:
            for title in split_titles(_FULL_STOP.split(opened["rest"], maxsplit=1)[0]):
                if is_title_line(title):
                    found.setdefault(title, n)
            continue
        bare = _BULLET.sub("", line)
        if several := _listed_in_line(bare):
            found.update((title, n) for title in several if title not in found)
            continue
        heading = _END.split(bare, maxsplit=1)[0]
        if (paid := MONEY.search(heading)) and paid.start():
            heading = heading[: paid.start()]
        if n >= len(lines) - 3 and _SIGNATURE.match(bare):
            continue
        if _CALL.sub("", heading) != heading:
            called = split_titles(heading)
            # "We're hiring an SRE and designers" is a sentence: what it seeks counts when no list stands below.
            if all(is_title_line(title) for title in called):
                found.update((title, n) for title in called if title not in found)
        elif is_title_line(title := _cleaned(_PREFIX.sub("", heading))):
            found.setdefault(_alone(title), n)
    return tuple(found.items())[:MOST_ROLES]


def _listed_in_line(line: str) -> tuple[str, ...]:
    """The titles of a line that holds nothing but titles: "Data Engineer | Designer", "SRE - Analyst - Recruiter"."""
    pieces = [
        _cleaned(_END.split(piece, maxsplit=1)[0]) for piece in _BETWEEN.split(_PREFIX.sub("", line)) if piece.strip()
    ]
    is_list = len(pieces) > 1 and all(is_title_line(piece) and "," not in piece for piece in pieces)
    return tuple(pieces) if is_list else ()


def sought_titles(text: str) -> tuple[str, ...]:
    """The titles in sentences such as "we're looking for a senior backend developer to join us"."""
    found: list[str] = []
    for sought in _SOUGHT.finditer(text):
        clause = _CLAUSE.sub("", sought["title"])
        if is_job(clause) and len(clause) <= LONGEST:
            titles = (_ended(_PRAISE.sub("", title)) for title in split_titles(clause))
            found += [title for title in titles if is_job(title)]
        if len(found) >= MOST_ROLES:
            break
    return tuple(dict.fromkeys(found))[:MOST_ROLES]


def _ended(title: str) -> str:
    """A title from a sentence, cut where the sentence goes on in small words: "managers well versed in"."""
    words = title.split()
    last = next((n for n in range(len(words), 0, -1) if is_job(words[n - 1])), len(words))
    rest = words[last:]
    if rest and rest[0].lower() not in ("of", "&", "-") and all(word[0].islower() for word in rest):
        words = words[:last]
    return " ".join(words)


def is_title_line(text: str) -> bool:
    """Whether a line's beginning is a title and not a sentence: it names a job and is written like a heading."""
    words = text.split()
    if (
        not 1 <= len(words) <= 9
        or not text[0].isupper()
        or len(text) > LONGEST
        or not is_job(text)
        or _VERB.search(text)
    ):
        return False
    if re.match(
        r"(?:we|our|you|your|the|if|this|these|as|a|an|i|it|at|please|contact|email|apply|for|are|join|great|work)\b",
        text,
        re.IGNORECASE,
    ):
        return False
    lower = sum(
        word[0].islower() and word.lower() not in ("of", "and", "for", "in", "the", "to", "with") for word in words
    )
    return lower <= len(words) / 2


def _kept(titles: Iterable[str]) -> tuple[str, ...]:
    cleaned = (
        _alone(_cleaned(title.replace("\x01", ",").replace("\x02", "/").replace("\x03", "&"))) for title in titles
    )
    return tuple(dict.fromkeys(title for title in cleaned if title))[:MOST_ROLES]


def _alone(title: str) -> str:
    """A title without the sentence around it: "at least 2 engineers to join our team" are engineers."""
    return _BEHIND.sub("", _BEFORE.sub("", title).rstrip(" .!?")).rstrip(_EDGES)


def _cleaned(title: str) -> str:
    title = _ARTICLE.sub("", title.replace("++", "\x04").replace(".NET", "\x05"))  # no edges
    title = _CALL.sub("", " ".join(EMAIL.sub(" ", LINK.sub(" ", title)).split()))
    while (shorter := _TAIL.sub("", title).strip(_EDGES)) != title:
        title = shorter
    if title.count("(") != title.count(")"):
        title = re.sub(r"\s*\([^()]*$", "", title).replace("(", "").replace(")", "")
    return (
        re.sub(r"\s*\(\s*\)|\s*\[\s*\]", "", title)[:LONGEST]
        .strip(_EDGES)
        .replace("\x04", "++")
        .replace("\x05", ".NET")
    )


def _closed(text: str) -> str:
    """What stands in brackets is not split."""

    def hide(found: re.Match[str]) -> str:
        return found[0].replace(",", "\x01").replace("/", "\x02").replace("&", "\x03").replace(" and ", " \x03 ")

    return re.sub(r"\([^()]*\)", hide, text)
