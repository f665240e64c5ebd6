"""Texts from outside stay texts: whatever a model, a card, a file name or a policy holds."""

import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
import yaml
from markdown_it import MarkdownIt

from audit.render import FORMATS, Format, html
from audit.render.text import summary
from tests.render.page import Page
from tests.render.sample import FRAMES, REPORT, poisoned

PAYLOADS = {
    "script": "<script>document.title='owned'</script>",
    "image": "\"'><img src=x onerror=\"document.title='owned'\">",
    "end of comment, style and cdata": "--></style></title></textarea>]]><svg onload=alert(1)>",
    "entity": "&lt;script&gt;&amp;&#0;&nosuch;",
    "jinja": "{{ 7 * 7 }}{% for x in y %}{# #}",
    "markdown": "`` | ||`x`|**b**|[a](javascript:alert(1))|![i](http://x/y)|~~s~~|$x$|\\",
    "lines": "\n\n# Heading\n---\n| a | b |\n|---|---|\n```\n~~~\n> q\n1. one\n- two\n    x\n\r\na\u2028b\u0085c",
    "front matter": "\n---\nlicense: mit\n...\n",
    "terminal": "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J\x9b1m\x08\x08\x7f",
    "bidirectional": "\u202egnp.exe\u2066\u2069\u061c\u200f",
    "not a character": "\ud800\udfff\uffff\ufffe\U0001ffff\ufdd0",
    "nul and controls": "".join(map(chr, (*range(32), *range(127, 160)))),
    "tags and zero width": "\U000e0001\U000e0041\u200b\ufeff\u2060\u00ad",
    "yaml": "': {a: [b, \"c: !!python/object:os.system {}\n\t- x",
    "format": "%s%n{0}{}${x}",
}
BODY = replace(REPORT, target=replace(REPORT.target, card=None))
"""Without the maker's card, whose Markdown is meant to stay Markdown."""
TAME = poisoned(BODY, " x")
TAME_TEXT = {kind.name: kind.render(TAME) for kind in FORMATS}
TAME_PAGE = Page(TAME_TEXT["html"])


@pytest.fixture(scope="module", params=PAYLOADS, ids=lambda name: str(name).replace(" ", "-"))
def hostile(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """The texts of a poisoned report by the name of their format, and what the terminal gets."""
    report = poisoned(BODY, PAYLOADS[request.param])
    return {**{kind.name: kind.render(report) for kind in FORMATS}, "terminal": summary(report, Path("run"))}


def test_the_page_keeps_its_elements_and_gains_none(hostile: Mapping[str, str]) -> None:
    clean, dirty = TAME_PAGE, Page(hostile["html"])
    assert [e.tag for e in dirty.elements] == [e.tag for e in clean.elements]
    for before, after in zip(clean.elements, dirty.elements, strict=True):
        assert set(after.attributes) == set(before.attributes)
    assert dirty.comments == []


@cache
def read(source: str) -> tuple[list[str], set[str]]:
    """What a reader of Markdown makes of ``source``: its blocks in order, and the kinds of what is in lines."""
    found = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(source)
    return [token.type for token in found], {child.type for token in found for child in token.children or ()}


def test_the_markdown_report_keeps_its_blocks_and_gains_none(hostile: Mapping[str, str]) -> None:
    (clean_blocks, clean_parts), (blocks, parts) = read(TAME_TEXT["markdown"]), read(hostile["markdown"])
    assert blocks == clean_blocks
    assert parts <= clean_parts | {"text_special"}


def split(card: str) -> tuple[dict[str, object], str]:
    front, body = re.fullmatch(r"---\n(.*?)\n---\n(.*)", card, re.DOTALL).groups()  # type: ignore[union-attr]
    return yaml.safe_load(front), body


def test_the_card_keeps_its_blocks_and_its_front_matter(hostile: Mapping[str, str]) -> None:
    (clean, clean_body), (dirty, dirty_body) = split(TAME_TEXT["model-card"]), split(hostile["model-card"])
    assert list(dirty) == list(clean)
    (clean_blocks, clean_parts), (blocks, parts) = read(clean_body), read(dirty_body)
    assert blocks == clean_blocks
    assert parts <= clean_parts | {"text_special"}
    index = dirty["model-index"][0]["results"]  # type: ignore[index]
    assert [len(result["metrics"]) for result in index] == [1, 1, 1, 1, 1, 1, 2, 1, 1, 1]


def test_the_xml_keeps_its_elements(hostile: Mapping[str, str]) -> None:
    clean, dirty = (Xml.fromstring(text) for text in (TAME_TEXT["junit"], hostile["junit"]))  # noqa: S314  our own
    assert [e.tag for e in dirty.iter()] == [e.tag for e in clean.iter()]
    assert [set(e.attrib) for e in dirty.iter()] == [set(e.attrib) for e in clean.iter()]


def test_the_terminal_gets_no_control_character(hostile: Mapping[str, str]) -> None:
    text = hostile["terminal"]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert max(map(len, text.splitlines())) <= 80


def test_every_format_can_be_stored_and_hides_nothing(hostile: Mapping[str, str]) -> None:
    for name, text in hostile.items():
        text.encode("utf-8")
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text), name
        assert not re.search("[\u202a-\u202e\u2066-\u2069\ufeff\u200b\U000e0000-\U000e007f]", text), name


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_templates_in_texts_are_not_run(kind: Format) -> None:
    text = kind.render(poisoned(BODY, "{{ 7 * 7 }}"))
    assert "{{ 7 * 7 }}" in text.replace("\\", "")
    assert "letter-helper49" not in text


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_an_endless_line_is_cut_and_the_rest_is_counted(kind: Format) -> None:
    endless = "a" * 1_000_000
    observation = replace(REPORT.evidence[FRAMES][0], detail={"answer": endless})
    finding = replace(REPORT.findings[0], reason=endless)
    report = replace(REPORT, evidence={FRAMES: (observation,)}, findings=(finding, *REPORT.findings[1:]))
    text = kind.render(report)
    assert len(text) < 200_000
    assert max(map(len, re.findall("a+", text))) == 600
    assert "999,400 more characters left out" in text


def test_hidden_characters_are_shown() -> None:
    page = html.render(poisoned(BODY, "\u202eevil\x1b[31m\x00\ud800"))
    assert "example/letter-helper[U+202E]evil\u241b[31m\u2400\ufffd" in page


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def visits() -> Iterator[tuple[int, list[str]]]:
    """A local web server: its port, and the addresses that were asked of it."""
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stays quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, asked
        server.shutdown()


def dom(page: Path, profile: Path) -> str:
    """What a browser makes of a page, after it did everything that the page asks for."""
    command = [CHROMIUM or "", *QUIET, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium on the PATH to see what a browser does")
def test_a_browser_runs_nothing_and_asks_for_nothing(tmp_path: Path, visits: tuple[int, list[str]]) -> None:
    port, asked = visits
    lure = f"http://127.0.0.1:{port}"
    payload = (
        f"<script src='{lure}/s.js'></script><script>document.title='owned'</script>"
        f"<img src='{lure}/i.png' onerror=\"document.title='owned'\"><style>@import url({lure}/c.css)</style>"
        f"<iframe src='{lure}/f'></iframe><svg onload=\"document.title='owned'\"><image href='{lure}/v'/></svg>"
    )
    page = tmp_path / "report.html"
    page.write_text(html.render(poisoned(REPORT, payload)), encoding="utf-8")
    seen = dom(page, tmp_path / "profile")
    title = re.search("<title>(.*?)</title>", seen, re.DOTALL)
    assert title
    assert title[1].startswith("Audit of example/letter-helper")
    assert "&lt;script&gt;document.title='owned'" in seen
    assert asked == []


@pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium on the PATH to see what a browser does")
def test_a_browser_that_would_run_and_ask_is_seen_by_this_test(
    tmp_path: Path, visits: tuple[int, list[str]]
) -> None:
    port, asked = visits
    page = tmp_path / "naive.html"
    page.write_text(
        f"<title>x</title><img src='http://127.0.0.1:{port}/i.png' onerror=\"document.title='owned'\">"
    )
    assert "<title>owned</title>" in dom(page, tmp_path / "profile")
    assert "/i.png" in asked


WIDTHS = """<!doctype html><title>-</title><iframe style="border:0;width:320px;height:900px"></iframe><script>
const frame = document.querySelector("iframe"); frame.srcdoc = PAGE;
frame.onload = () => { const page = frame.contentDocument;
  for (const fold of page.querySelectorAll("details")) fold.open = true;
  document.title = page.documentElement.scrollWidth + " of " + frame.contentWindow.innerWidth; };
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium on the PATH to measure a page")
@pytest.mark.parametrize("payload", ["", "W" * 300], ids=["as it is", "endless words"])
def test_a_phone_of_320_pixels_never_scrolls_the_page_sideways(tmp_path: Path, payload: str) -> None:
    page = tmp_path / "phone.html"
    source = json.dumps(html.render(poisoned(REPORT, payload))).replace("</", "<\\/")
    page.write_text(WIDTHS.replace("PAGE", source), encoding="utf-8")
    title = re.search("<title>(.*?)</title>", dom(page, tmp_path / "profile"))
    assert title
    wide, of = map(int, title[1].split(" of "))
    assert wide <= of
