"""Reports in their forms: whole, escaped, redacted, and a page that needs nothing else."""

import csv
import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine.compare import report
from engine.compare.checks import Judged
from engine.compare.results import Measures, Tried
from engine.compare.saved import Header
from engine.compare.sets import Prompt
from engine.core.events import Outcome
from tests.engine.compare.putting import column, comparison, result

SECRET = "sk-proj-abcdefgh1234567890abcdefgh"
EVIL = '<script>alert("1")</script>&amp;|`*_\x00\ud83d'.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FAULT = Tried(label="x", key="", started=0, ended=1, status=500, fault="server", word="server error", detail=SECRET)


def made(name: str = "Tides") -> report.Report:
    wanted = comparison(
        column(f"a {EVIL}", "http://a"), column("=b", "http://b"), name=name, repeat=7,
        prompts=(Prompt(name=f"p {EVIL}", text=EVIL),),
    )  # fmt: skip
    runs = [
        result(0, i, text=EVIL, cold=i == 0, measures=Measures(total=1 + i / 10, first_word=0.123456789, cost=0.01))
        for i in range(7)
    ]
    runs += [result(1, 0, text="=1+1", checks=(Judged(check="contains 'x'", passed=False, why="Not <there>."),))]
    runs += [result(1, 1, outcome=Outcome.FAILED, tried=(FAULT,))]
    header = Header(fingerprint="f", seed=42, wall=1_700_000_000, versions={"streamover": "9.9"}, comparison=wanted)
    return report.report(header, wanted, tuple(runs))


@pytest.mark.parametrize("form", sorted(report.FORMS))
def test_each_form_names_what_it_stands_on_and_no_secret(form: str):
    text = report.FORMS[form](made())
    assert SECRET not in text
    if form in (".html", ".md", ".json"):
        assert "2023-11-14" in text
        assert "9.9" in text
        assert "42" in text
        assert "[redacted]" in text or form == ".md"


class Reader(HTMLParser):
    """Which tags and addresses a page has, and whether each tag that opens also closes."""

    EMPTY = frozenset(["meta", "link", "circle", "line", "rect", "path"])

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.EMPTY or (tag in ("circle", "line") and not self.get_starttag_text().endswith("/>")):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_escaped_and_asks_for_nothing():
    page = report.html(made(EVIL))
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert not reader.tags & {"script", "b", "img", "iframe"}
    assert reader.addresses == ["data:,"]
    assert "url(" not in page
    assert "prefers-color-scheme: dark" in page


def test_the_page_shows_every_run_as_a_dot_and_counts_the_failure():
    page = report.html(made())
    total = page[page.index("<h2>Total</h2>") :]
    drawing = total[: total.index("</svg>")]
    assert len(re.findall("<circle", drawing)) == 8
    assert "1 failed" in drawing
    assert 'class="median"' in drawing


def test_the_table_is_read_back_with_every_raw_number_and_no_formula():
    rows = list(csv.DictReader(io.StringIO(report.table(made()))))
    assert len(rows) == 9
    assert rows[0]["first_word"] == "0.123456789"
    assert rows[0]["tokens_in"] == ""
    assert rows[7]["answer"] == "'=1+1"
    assert rows[7]["column"] == "'=b"
    assert rows[8]["faults"] == "server"


def test_the_data_holds_the_definitions_and_every_result():
    data = json.loads(report.data(made()))
    assert len(data["results"]) == 9
    assert len(data["metrics"]) == len(Measures.__struct_fields__)
    assert data["columns"][0]["spreads"]["total"]["p50"] == pytest.approx(1.3)
    assert data["seed"] == 42


def test_the_test_results_are_xml_with_failures_and_errors_apart():
    root = ET.fromstring(report.junit(made()))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("9", "1", "1")
    assert [suite.get("tests") for suite in root] == ["7", "2"]
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.text == "contains 'x': Not <there>."
    assert root.find(".//error") is not None


def test_the_document_keeps_its_tables_in_shape():
    text = report.markdown(made())
    rows = [line for line in text.splitlines() if line.startswith("|") and "---" not in line]
    bars = {len(re.findall(r"(?<!\\)\|", row)) for row in rows[:18]}
    assert len(bars) == 1
    assert "<script>" not in text


def opened(page: str, folder: Path) -> tuple[str, list[str]]:
    """What a browser says on its console of the page, and the addresses that the page (not the browser) asks for."""
    assert CHROMIUM is not None
    folder.mkdir()
    place, log = folder / "page.html", folder / "net.json"
    place.write_text(page, encoding="utf-8")
    found = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr", f"--log-net-log={log}",
            f"--screenshot={folder / 'page.png'}", place.as_uri(),
        ],
        capture_output=True, text=True, timeout=25, check=False,
    )  # fmt: skip
    assert (folder / "page.png").stat().st_size > 0
    events = [event.get("params", {}) for event in json.loads(log.read_text(encoding="utf-8"))["events"]]
    asked = [event["url"] for event in events if event.get("initiator", "not an origin") != "not an origin"]
    console = [line for line in found.stderr.splitlines() if "CONSOLE" in line]
    return "\n".join(console), [url for url in asked if url.startswith("http")]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine to open the page in.")
def test_a_browser_opens_the_page_without_an_error_or_a_request(tmp_path: Path):
    assert opened(report.html(made(EVIL)), tmp_path / "report") == ("", [])
    careless = "<img src='http://127.0.0.1:8999/x.png'><script>nothing()</script>"
    console, asked = opened(careless, tmp_path / "careless")
    assert "nothing is not defined" in console
    assert set(asked) == {"http://127.0.0.1:8999/x.png"}
