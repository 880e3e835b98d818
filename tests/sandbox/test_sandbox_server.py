"""The sandbox over real HTTP: addresses, switches, faults and the log."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from job_hunter.sandbox.config import write_config
from job_hunter.sandbox.faults import Fault
from job_hunter.sandbox.model import SandboxCompany
from job_hunter.sandbox.server import SandboxServer, sandbox_server
from job_hunter.sandbox.world import World


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    """One server for the module."""
    with sandbox_server(World(companies=9, max_openings=30)) as server:
        yield server


@pytest.fixture
def server(running: SandboxServer) -> Iterator[SandboxServer]:
    """The server, put back as it was after each test."""
    yield running
    running.clear_faults()
    running.state.restore_rates()
    running.set_week(-1)
    running.state.options.conditional = running.state.options.compress = True
    running.clear_requests()


@pytest.fixture(scope="module")
def shared(running: SandboxServer) -> Iterator[httpx.Client]:
    """One client for the module: making its TLS context is what takes longest."""
    with httpx.Client(base_url=running.url, timeout=10) as client:
        yield client


@pytest.fixture
def client(server: SandboxServer, shared: httpx.Client) -> httpx.Client:
    """A client that follows nothing by itself and gives up soon."""
    return shared


def path_of(company: SandboxCompany) -> str:
    """Where a company's board is."""
    return {
        "greenhouse": f"/v1/boards/{company.token}/jobs?content=true&pay_transparency=true",
        "lever": f"{'/eu' if company.region == 'eu' else ''}/v0/postings/{company.token}?mode=json",
        "ashby": f"/posting-api/job-board/{company.token}?includeCompensation=true",
    }[company.source]


def company_on(server: SandboxServer, source: str) -> SandboxCompany:
    """The first company of a source."""
    return next(company for company in server.world.companies if company.source == source)


def records(answer: Any) -> list[Any]:
    """The postings of an answer of any board."""
    found: list[Any] = answer if isinstance(answer, list) else answer["jobs"]
    return found


def test_every_board_answers_with_all_its_postings(server: SandboxServer, client: httpx.Client) -> None:
    """Each company's board is at its real path and holds what the world says."""
    for company in server.world.companies:
        answer = client.get(path_of(company))
        assert answer.status_code == 200
        assert answer.headers["content-encoding"] == "gzip"
        assert len(records(answer.json())) == len(list(server.world.on_board(company, server.world.end)))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/boards/nobody/jobs", '{"status":404,"error":"Job board not found"}'),
        ("/v0/postings/nobody", '{"ok":false,"error":"Document not found"}'),
        ("/eu/v0/postings/nobody", '{"ok":false,"error":"Document not found"}'),
        ("/posting-api/job-board/nobody", "Not Found"),
        ("/nowhere", "Not Found"),
    ],
)
def test_an_unknown_board_is_refused_as_its_source_does(client: httpx.Client, path: str, body: str) -> None:
    """404, in each source's own words."""
    answer = client.get(path)
    assert (404, body) == (answer.status_code, answer.text)


def test_lever_accounts_live_on_one_host_only(server: SandboxServer, client: httpx.Client) -> None:
    """A European account is unknown on the American host, and the other way round."""
    for company in server.world.companies:
        if company.source == "lever":
            wrong = "" if company.region == "eu" else "/eu"
            assert client.get(f"{wrong}/v0/postings/{company.token}").status_code == 404


def test_lever_pages_are_slices(server: SandboxServer, client: httpx.Client) -> None:
    """skip and limit give pages; a page beyond the end is empty."""
    path = path_of(company_on(server, "lever"))
    whole = client.get(path).json()
    assert whole[2:5] == client.get(f"{path}&skip=2&limit=3").json()
    assert client.get(f"{path}&skip={len(whole)}&limit=100").json() == []


def test_an_unchanged_board_costs_a_304(server: SandboxServer, client: httpx.Client) -> None:
    """The validator of an answer gets a 304 until the board changes; the switch turns validators off."""
    path = path_of(company_on(server, "ashby"))
    etag = client.get(path).headers["etag"]
    again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    server.set_week(0)
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200
    server.state.options.conditional = False
    assert "etag" not in client.get(path).headers


def test_gzip_is_sent_to_those_who_accept_it(server: SandboxServer, client: httpx.Client) -> None:
    """No gzip without Accept-Encoding or with the switch off."""
    path = path_of(company_on(server, "ashby"))
    assert "content-encoding" not in client.get(path, headers={"Accept-Encoding": "identity"}).headers
    server.state.options.compress = False
    assert "content-encoding" not in client.get(path).headers


def test_the_day_decides_what_is_served(server: SandboxServer, client: httpx.Client) -> None:
    """Another day, another board and other rates, over HTTP too."""
    company = company_on(server, "greenhouse")
    first = server.world.dates[0]
    assert {"date": str(first)} == client.post("/_sandbox/date", json={"week": 0}).json()
    ids = {job["id"] for job in client.get(path_of(company)).json()["jobs"]}
    assert {int(o.external_id) for o in server.truth.openings(first, company.slug)} == ids
    assert b"time='2026-09-04'" in client.get("/stats/eurofxref/eurofxref-daily.xml").content
    assert client.post("/_sandbox/date", json={"date": "soon"}).status_code == 400


STATUSES = [
    ("not_found", 404), ("gone", 410), ("forbidden", 403), ("rate_limited", 429), ("error", 500), ("empty", 200),
    ("half", 200), ("wrong_total", 200), ("not_json", 200), ("truncated", 200), ("wrong_shape", 200),
    ("bad_record", 200), ("redirect_host", 302), ("redirect_foreign", 302), ("redirect_loop", 302), ("block_page", 200),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "status"), STATUSES)
def test_a_fault_hits_its_board_alone(server: SandboxServer, client: httpx.Client, kind: str, status: int) -> None:
    """The faulty board answers with the fault, its neighbour as ever, and the log tells which it was."""
    company, neighbour = server.world.companies[:2]
    server.fault(kind, company.slug)
    assert status == client.get(path_of(company)).status_code
    assert client.get(path_of(neighbour)).status_code == 200
    log = server.requests(board=company.slug)
    assert [(kind, status)] == [(entry.fault, entry.status) for entry in log]


@pytest.mark.parametrize("source", ["greenhouse", "lever", "ashby"])
def test_spoilt_answers_are_spoilt_in_their_own_way(server: SandboxServer, client: httpx.Client, source: str) -> None:
    """Empty, half, wrong total, wrong shape, cut in two, no JSON at all: of each board."""
    company = company_on(server, source)
    path, whole = path_of(company), client.get(path_of(company)).json()
    found = {}
    for kind in ("empty", "half", "wrong_shape", "bad_record"):
        server.fault(kind, company.token, times=1)
        found[kind] = client.get(path).json()
    assert records(found["empty"]) == []
    assert len(records(whole)) // 2 == len(records(found["half"]))
    assert isinstance(found["wrong_shape"], dict if isinstance(whole, list) else list)
    assert not {"title", "text"} & set(records(found["bad_record"])[0])
    for kind in ("truncated", "not_json"):
        server.fault(kind, company.token, times=1)
        with pytest.raises(json.JSONDecodeError):
            client.get(path).json()
    assert whole == client.get(path).json()


def test_a_total_can_disagree(server: SandboxServer, client: httpx.Client) -> None:
    """Greenhouse says more jobs than it gives."""
    company = company_on(server, "greenhouse")
    server.fault("wrong_total", company.slug, by=3)
    answer = client.get(path_of(company)).json()
    assert answer["meta"]["total"] == len(answer["jobs"]) + 3


def test_an_error_can_happen_once(server: SandboxServer, client: httpx.Client) -> None:
    """500, and then all is well; `times` and `skip` count for any fault."""
    path = path_of(server.world.companies[0])
    server.fault("error_once", server.world.companies[0].slug)
    assert [client.get(path).status_code for _ in range(3)] == [500, 200, 200]
    server.fault("gone", server.world.companies[0].slug, skip=1, times=2)
    assert [client.get(path).status_code for _ in range(4)] == [200, 410, 410, 200]


def test_too_many_requests_say_how_long_to_wait(server: SandboxServer, client: httpx.Client) -> None:
    """Retry-After as asked for, or none at all."""
    path = path_of(server.world.companies[0])
    server.fault("rate_limited", server.world.companies[0].slug, retry_after=17)
    assert client.get(path).headers["retry-after"] == "17"
    server.fault("rate_limited", server.world.companies[0].slug, retry_after=None)
    assert "retry-after" not in client.get(path).headers


def test_a_cut_body_breaks_the_connection(server: SandboxServer, client: httpx.Client) -> None:
    """Less arrives than was announced."""
    server.fault("cut", server.world.companies[0].slug)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(path_of(server.world.companies[0]))


def test_a_hanging_board_never_answers(server: SandboxServer) -> None:
    """The client runs into its own timeout, and the server can still be asked and ended."""
    server.fault("hang", server.world.companies[0].slug)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(server.url + path_of(server.world.companies[0]), timeout=0.2)
    assert httpx.get(server.url + path_of(server.world.companies[1])).status_code == 200


def test_slow_answers_arrive_whole(server: SandboxServer, client: httpx.Client) -> None:
    """A slow board and a trickling one give the whole answer in the end."""
    company = server.world.companies[0]
    whole = client.get(path_of(company)).json()
    for kind, options in (("slow", {"seconds": 0.05}), ("trickle", {"seconds": 0.01, "parts": 3})):
        server.fault(kind, company.slug, times=1, **options)
        assert whole == client.get(path_of(company)).json()


def test_a_gzip_bomb_is_small_on_the_wire(server: SandboxServer, client: httpx.Client) -> None:
    """A thousandth of what it inflates to, and a valid stream to its end."""
    server.fault("gzip_bomb", server.world.companies[0].slug, megabytes=20)
    answer = client.get(path_of(server.world.companies[0]))
    assert len(answer.content) > 20_000_000
    assert int(answer.headers["content-length"]) < 40_000


def test_redirects_lead_where_they_say(server: SandboxServer, client: httpx.Client) -> None:
    """Within the host to the real answer; to a foreign host, which shows in the log when somebody follows."""
    company = server.world.companies[0]
    whole = client.get(path_of(company)).json()
    server.fault("redirect_host", company.slug)
    assert whole == client.get(path_of(company), follow_redirects=True).json()
    server.clear_faults()
    server.fault("redirect_foreign", company.slug)
    assert client.get(path_of(company)).headers["location"].startswith("http://localhost:")
    server.clear_requests()
    client.get(path_of(company), follow_redirects=True)
    assert [r.headers["host"].split(":")[0] for r in server.requests(board=company.slug)] == ["127.0.0.1", "localhost"]


def test_faults_are_switched_over_http(server: SandboxServer, client: httpx.Client) -> None:
    """POST switches on, DELETE clears by board, a misspelt fault is refused."""
    slug = server.world.companies[0].slug
    assert client.post("/_sandbox/faults", json={"kind": "gone", "board": slug}).status_code == 200
    assert client.get(path_of(server.world.companies[0])).status_code == 410
    assert client.delete("/_sandbox/faults", params={"board": slug}).json() == {"faults": []}
    assert client.post("/_sandbox/faults", json={"kind": "tired"}).status_code == 400
    with pytest.raises(ValueError, match="tired"):
        server.fault("tired")


def test_a_fault_can_hit_a_whole_source(server: SandboxServer, client: httpx.Client) -> None:
    """Without a board it hits every board of the source and no other source."""
    server.fault(Fault.ERROR, source="ashby")
    statuses = {c.source: client.get(path_of(c)).status_code for c in server.world.companies}
    assert statuses == {"greenhouse": 200, "lever": 200, "ashby": 500}


def test_the_log_holds_what_was_asked(server: SandboxServer, client: httpx.Client) -> None:
    """Source, board, query, headers and times of every request, over HTTP too, until it is cleared."""
    company = company_on(server, "greenhouse")
    client.get(path_of(company), headers={"X-Mark": "here"})
    client.get("/stats/eurofxref/eurofxref-daily.xml")
    (entry,) = client.get("/_sandbox/requests", params={"source": "greenhouse"}).json()
    assert (company.token, "true", "here") == (entry["board"], entry["query"]["content"], entry["headers"]["x-mark"])
    assert entry["clock"] <= entry["ended"]
    assert [r.source for r in server.requests()] == ["greenhouse", "ecb"]
    client.delete("/_sandbox/requests")
    assert server.requests() == []


def test_the_log_tells_how_many_were_in_flight(server: SandboxServer) -> None:
    """Four slow requests at once are seen as four."""
    server.fault("slow", source="ashby", seconds=0.3)
    url = server.url + path_of(company_on(server, "ashby"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: httpx.get(url), range(4)))
    assert server.most_at_once(source="ashby") == 4


def test_rates_are_served_and_can_be_suspended(server: SandboxServer, client: httpx.Client) -> None:
    """The bank's files are there; a gap takes days out of them, over HTTP too."""
    for name in ("eurofxref-daily.xml", "eurofxref-hist-90d.xml", "eurofxref-hist.xml", "eurofxref-hist.zip"):
        assert client.get(f"/stats/eurofxref/{name}").status_code == 200
    assert client.get("/stats/eurofxref/other.xml").status_code == 404
    client.post("/_sandbox/rates/gaps", json={"first": "2026-11-16", "days": 5})
    assert b"time='2026-11-13'" in client.get("/stats/eurofxref/eurofxref-daily.xml").content
    client.delete("/_sandbox/rates/gaps")
    assert b"time='2026-11-20'" in client.get("/stats/eurofxref/eurofxref-daily.xml").content


def test_the_truth_is_served_as_json(server: SandboxServer, client: httpx.Client) -> None:
    """The truth of a day over HTTP is the truth in process."""
    answer = client.get("/_sandbox/truth", params={"date": str(server.world.dates[3])}).json()
    assert len(answer["openings"]) == len(server.truth.openings(date.fromisoformat(answer["date"])))
    state = client.get("/_sandbox/state").json()
    assert len(state["companies"]) == len(server.world.companies)


def test_single_jobs_and_boards_can_be_asked_for(server: SandboxServer, client: httpx.Client) -> None:
    """Greenhouse's board and job addresses, and a company's own careers page that leads to its board."""
    company = company_on(server, "greenhouse")
    assert company.display_name == client.get(f"/v1/boards/{company.token}").json()["name"]
    job = client.get(path_of(company)).json()["jobs"][0]
    assert job == client.get(f"/v1/boards/{company.token}/jobs/{job['id']}?pay_transparency=true").json()
    assert client.get(f"/v1/boards/{company.token}/jobs/1").status_code == 404
    for each in server.world.companies:
        assert each.token in client.get(f"/careers/{each.slug}").text


def test_the_environment_names_every_source(server: SandboxServer) -> None:
    """Each source is sent to the sandbox, Lever's second host below its own prefix."""
    env = server.env()
    assert f"{server.url}/eu" == env["JOB_HUNTER_LEVER_EU_BASE_URL"]
    assert len(env) == 8
    assert {"GREENHOUSE", "LEVER", "LEVER_EU", "ASHBY", "HN", "LEVELS_FYI", "LINKEDIN", "ECB"} == {
        name.removeprefix("JOB_HUNTER_").removesuffix("_BASE_URL") for name in env
    }


def test_the_configuration_names_every_company(tmp_path: Path) -> None:
    """companies.yaml is YAML with one block a company."""
    world = World()
    entries = yaml.safe_load(write_config(tmp_path, world).read_text())
    assert [(c.slug, c.source, c.token, c.sector) for c in world.companies] == [
        (entry["slug"], entry["ats_type"], entry["ats_id"], entry["sector"]) for entry in entries
    ]


def test_it_runs_as_a_process(tmp_path: Path) -> None:
    """One line of JSON with the address, an answer there, and an end on SIGTERM."""
    command = [sys.executable, "-m", "job_hunter.sandbox", "--companies", "2", "--write-config", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        try:
            assert process.pid == said["pid"]
            assert len(httpx.get(f"{said['url']}/_sandbox/state").json()["companies"]) == 2
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) in (0, -signal.SIGTERM)
    assert (tmp_path / "companies.yaml").exists()
