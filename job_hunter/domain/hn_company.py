"""Who advertises in a comment: the name in the header, in a sentence, or the domain behind its links."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.hn_header import EMAIL, HOST, LINK, is_job, is_place

_SHARED_WORDS = """
    greenhouse.io lever.co ashbyhq.com workable.com bamboohr.com recruitee.com breezy.hr smartrecruiters.com
    jobvite.com applytojob.com teamtailor.com personio.de personio.com workday.com myworkdayjobs.com icims.com
    taleo.net jobscore.com angel.co wellfound.com linkedin.com github.com gitlab.com google.com goo.gl forms.gle
    medium.com youtube.com youtu.be twitter.com x.com facebook.com instagram.com typeform.com notion.so
    notion.site bit.ly grnh.se t.co tinyurl.com ow.ly ycombinator.com gmail.com googlemail.com outlook.com
    hotmail.com yahoo.com live.com icloud.com me.com hey.com aol.com protonmail.com proton.me pm.me gmx.com
    gmx.de mail.com fastmail.com crunchbase.com techcrunch.com stackoverflow.com wikipedia.org forbes.com
    nytimes.com bloomberg.com wsj.com wired.com glassdoor.com glassdoor.co.uk indeed.com dropbox.com
    docusign.com calendly.com airtable.com apple.com amazon.com vimeo.com slideshare.net reddit.com
    hackerrank.com keyvalues.com underdog.io triplebyte.com hired.com producthunt.com businessinsider.com
    theverge.com wordpress.com blogspot.com herokuapp.com webflow.io substack.com eventbrite.com meetup.com
    recruiterbox.com resumatorjobs.com theresumator.com workhiro.com jobs.lever.co hire.withgoogle.com
    withgoogle.com comeet.co hackernews.com nodejs.org python.org reactjs.org golang.org kubernetes.io
    postgresql.org apache.org ruby-lang.org elixir-lang.org rust-lang.org scala-lang.org clojure.org haskell.org
    scipy.org asp.net socket.io vue.js angular.io typescriptlang.org careers-page.com homerun.co workable.co
    sf.net sourceforge.net freshteam.com zohorecruit.com polymer.co gem.com rippling.com
"""
_SHARED = frozenset(_SHARED_WORDS.split())
_PATHS = re.compile(
    r"^(?:boards|job-boards|jobs|boards\.eu|job-boards\.eu|jobs\.eu|apply|app|careers)\.(?:[a-z.]*\.)?"
    r"(?:greenhouse\.io|lever\.co|ashbyhq\.com|workable\.com|smartrecruiters\.com|jobvite\.com)$"
)
_SUBDOMAINS = re.compile(
    r"^(?P<name>[a-z0-9-]+)\.(?:workable\.com|bamboohr\.com|recruitee\.com|breezy\.hr|applytojob\.com|"
    r"teamtailor\.com|"
    r"(?:jobs\.)?personio\.(?:de|com)|recruiterbox\.com|theresumator\.com|homerun\.co|freshteam\.com)$"
)
_SECOND_LEVEL = frozenset(
    ("co.uk", "com.au", "co.nz", "co.in", "com.br", "co.jp", "org.uk", "ac.uk", "com.sg", "co.za")
)

_NAME = r"(?:[A-Z0-9][\w.&'’!+-]*|and|of|the|&|for|in)(?:\s(?:[A-Z0-9][\w.&'’!+-]*|&|of|the|for|and(?=\s[A-Z]))){0,4}"
_SAYS = (
    r"(?:is|are|was|has|have|'s|’s|builds?|makes?|provides?|delivers?|offers?|helps?|enables?|develops?|creates?|"
    r"needs?|wants?|"
    r"combines|uses|runs|operates|believes|works|lets|gives|allows|powers|connects|brings|serves|specializes|"
    r"does|aims|sells|"
    r"will|continues|just|recently|focuses|exists|turns)"
)
_SUBJECT = re.compile(rf"^\W*(?P<name>{_NAME})(?:\s?\([^)]{{1,60}}\))?,?\s+{_SAYS}\b")
_AT = re.compile(rf"(?:^|[\s,(])(?:[aA]t|[jJ]oin|JOIN|[wW]ith|[fF]or|needed at|About|about)\s+(?P<name>{_NAME})")
_FOUNDER = re.compile(
    rf"\b(?:(?:[cC]o-?)?[fF]ounders?|C[ET]O|[A-Z]?\w* ?[eE]ngineer|[rR]ecruiter|VP (?:of )?\w+|[hH]ead of \w+)\s+"
    rf"(?:and \w+ )?(?:of|at|@)\s+(?P<name>{_NAME})"
)
_WE_ARE = re.compile(
    rf"\b(?:[wW]e(?:'re| are)|[tT]his is|[mM]y company|[oO]ur company)\s+\(?"
    rf"(?P<name>{_NAME})(?=\s?[(),]|\s[-–—]|\sand\b)"
)
_POSSESSIVE = re.compile(rf"^\W*(?P<name>{_NAME})['’]s\s")
_NOT_NAMES_WORDS = """
    we our us you your i they he she it this that these those there here who what when where why how if as at in
    on for to from by with all any some many more most my the a an and or but not no yes please thanks hi hello
    hey hiring apply looking seeking join about remote onsite full part time contract senior junior lead
    software engineer engineers engineering developer developers team job jobs role roles position positions
    company companies startup startups location locations website email contact benefits salary requirements
    responsibilities description stack tech technologies today currently now open work working currently
    experience python java javascript react ruby rails node go golang rust scala c++ php aws kubernetes docker
    linux sql big life machine learning data full-time part-time onsite onsite. visa intern interns everyone
    anyone someone people one two three use various meta note update edit disclaimer requirements must just
    series hacker flex-time flextime citizenship clearance hn yc ycombinator
    google facebook apple amazon microsoft uk us usa eu europe
"""
_NOT_NAMES = frozenset(_NOT_NAMES_WORDS.split())
_COMMON_WORDS = """
    both either neither each every other others such same few tasks customers clients users candidates applicants
    quality orders technology technologies systems security sales marketing product products design support services
    service features projects platform business growth operations culture mission interview process summary overview
    bonus compensation relocation sponsorship citizens english german french spanish reactjs angularjs yii django
    laravel symfony spring swift kotlin flutter typescript graphql postgres mongodb redis kafka spark tensorflow
    centos ubuntu debian ansible terraform git c# .net xamarin ios android vue angular svelte
"""
_COMMON = _NOT_NAMES | frozenset(_COMMON_WORDS.split())
"""Words that are no name when nothing else stands beside them; together with others they may be ("Product Hunt")."""
_NO_HEADERS_WORDS = """
    we our you i hiring remote onsite looking seeking wanted various multiple many startup stealth company
    worldwide anywhere europe usa us uk meta full-time contract job jobs location software engineering
    developers engineers
"""
_NO_HEADERS = frozenset(_NO_HEADERS_WORDS.split())
_OPENS_A_SENTENCE = re.compile(
    r"(?:we|our|you|i|this|if|please|hiring|looking|seeking|lots|my|wanted|help)\b", re.IGNORECASE
)
_TITLED = re.compile(
    r"(?:We|Our|My|You|This)(?!\s(?:Are|Have|Need|Want|Build|Make|Seek|Offer|Hire|Is)\b)(?:\s[A-Z][\w.&'’-]*)+$"
)
"""A name that opens like a sentence, every word of it with a capital: "We The Acme"."""
_CUT = re.compile(r"\s+(?:in|based in)\s+[A-Z].*$|\s+[-–—~]+\s+.*$|\s*--.*$|\s*[:|].*$|\s*[,;]\s.*$")
_IS_HIRING = re.compile(
    r"\s+(?:is|are)\s+(?:now |currently |still |also |always )?(?:hiring|looking|recruiting|seeking|growing|"
    r"an?\b|the\b).*$",
    re.IGNORECASE,
)
_ENDS_IN_TERMS = re.compile(
    r"(?<=\w)\s+(?:(?:on-?site|remote|hybrid|full[\s-]?time|part[\s-]?time)\b[\s,]*)+$", re.IGNORECASE
)
_BRACKETS = re.compile(r"\s*[(\[{][^)\]}]*[)\]}]?")
_LEAD = re.compile(
    r"^(?:(?:we(?:'re| are)|now)\s+hiring\s*[!:–-]+|"
    r"company|employer|startup|hiring at|work (?:at|with|for)|join|come join|about)\s*[:\-]?\s+(?=[A-Z])",
    re.IGNORECASE,
)
_EDGES = " \t\n,;:.|-–—/&*=~()[]'\"“”>•●"


def cleaned_name(text: str) -> str | None:
    """A company's name as a header gives it, without batch, address, tagline and verb; None when nothing is left."""
    bare = EMAIL.sub(" ", LINK.sub(" ", text))
    name = _IS_HIRING.sub("", _LEAD.sub("", _BRACKETS.sub(" ", bare).strip(_EDGES)))
    shorter = _CUT.sub("", name)
    legal = re.match(r"^(.*?,\s*(?:inc|llc|ltd|gmbh|corp|co)\b\.?)", name, re.IGNORECASE)
    name = legal[1] if legal else shorter
    words = name.split()
    # "Nimbl3 www.nimbl3.com": an address beside the name is not part of it.
    if len(words) > 1:
        words = [word for word in words if not (HOST.fullmatch(word) and word.lower().startswith("www."))] or words
    name = _ENDS_IN_TERMS.sub("", " ".join(words)).strip(_EDGES)
    if name:
        return name
    host = LINK.search(text) or HOST.search(text)
    return domain_of_links((host[0],), ()) if host else None


def looks_like_name(name: str) -> bool:
    """Whether the words can be a company's name: few, not a sentence, not a job."""
    words = name.split()
    if not words or len(name) > 60 or len(words) > 7 or not any(ch.isalpha() for ch in name):
        return False
    if len(words) == 1 and words[0].lower().strip(".,!") in _NO_HEADERS:
        return False
    if words[-1].lower() in ("backed", "including") or "-based" in name.lower():
        return False
    listed = [piece.lower() for piece in re.split(r"[\s/,&+]*[\s/,&]+", name) if piece]
    if len(listed) > 1 and all(piece in _COMMON for piece in listed):
        return False
    if len(words) > 1 and all(word.lower().strip(".,!:") in _NOT_NAMES for word in words):
        return False
    if _OPENS_A_SENTENCE.match(name) and not _TITLED.match(name):
        return False
    small = sum(word[0].islower() for word in words)
    return len(words) <= 3 or small <= len(words) / 2


def body_company(text: str, gazetteer: Gazetteer) -> str | None:
    """The company that sentences name: "Acme is hiring", "Join us at Acme", "Acme's mission"; None when none does."""
    lines = text.split("\n")[:12]
    looked = (
        (_FOUNDER, lines[:3]),
        (_WE_ARE, lines[:2]),
        (_SUBJECT, lines[:4]),
        (_POSSESSIVE, lines[:3]),
        (_AT, lines),
        (_SUBJECT, lines[4:]),
    )
    for pattern, tried in looked:
        for line in tried:
            for sentence in re.split(r"(?<=[.!?])\s+", line)[:6]:
                for found in (
                    pattern.finditer(sentence)
                    if pattern in (_AT, _FOUNDER, _WE_ARE)
                    else filter(None, [pattern.match(sentence)])
                ):
                    name = _proper(found["name"])
                    if name and not is_job(name) and not is_place(name, gazetteer):
                        return name
    return None


def _proper(name: str) -> str | None:
    words = name.replace("’", "'").split()
    while words and words[0].lower() in ("the", "and", "of", "for", "in", "&"):
        words.pop(0)
    while words and words[-1].lower() in ("and", "of", "the", "&", "for", "in"):
        words.pop()
    if not words or "-based" in name or all(word.lower().strip(".,!'") in _COMMON for word in words):
        return None
    if words[0].lower().strip(".,!'") in _NOT_NAMES or "'" in words[0][1:3]:
        return None
    found = re.sub(r"'s$", "", " ".join(words)).strip(_EDGES)
    return found if len(found) > 1 and not found.isdigit() and found[0].isupper() | found[0].isdigit() else None


def own_domain(name: str | None, links: Iterable[str], emails: Iterable[str]) -> str | None:
    """The domain among the links of the text that bears the company's name; any but shared ones for an unnamed one."""
    spelt = squeezed(name or "")
    for link in (*links, *(f"https://{email.rpartition('@')[2]}" for email in emails)):
        host, _ = _host_and_path(link)
        domain = registered_domain(host)
        if not host or domain in _SHARED:
            continue
        label = squeezed(domain.split(".")[0])
        is_named = len(label) > 2 and len(spelt) > 2 and (label in spelt or spelt in label)
        if is_named or name is None:
            return domain
    return None


def squeezed(name: str) -> str:
    """The letters and digits of a name alone, in lower case."""
    return "".join(ch for ch in name.lower() if ch.isalnum())


def domain_of_links(links: Iterable[str], emails: Iterable[str]) -> str | None:
    """The company's own domain behind links and addresses; shared hosts are none, boards give the name on them."""
    boards = []
    for link in links:
        host, path = _host_and_path(link)
        if not host:
            continue
        named = _SUBDOMAINS.match(host)
        if named and named["name"] not in ("www", "jobs", "apply", "boards", "careers"):
            boards.append(named["name"].removesuffix("-jobs"))
        elif _PATHS.match(host):
            first = path.strip("/").split("/")[0]
            if first and first not in ("embed", "j", "jobs", "v1", "view"):
                boards.append(first.lower())
        elif (own := registered_domain(host)) not in _SHARED:
            return own
    for email in emails:
        own = registered_domain(email.rpartition("@")[2].lower())
        if own not in _SHARED:
            return own
    return boards[0] if boards else None


def registered_domain(host: str) -> str:
    """`careers.acme.co.uk` → `acme.co.uk`."""
    labels = host.lower().strip(".").split(".")
    keep = 3 if len(labels) > 2 and ".".join(labels[-2:]) in _SECOND_LEVEL else 2
    return ".".join(labels[-keep:])


def _host_and_path(link: str) -> tuple[str, str]:
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        return (parts.hostname or "").lower(), parts.path
    except ValueError:
        return "", ""
