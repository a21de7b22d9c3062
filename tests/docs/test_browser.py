"""The report in a real browser, as a reader uses it: search, filters, keyboard, and no network at all."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from syncer.model.plan import Plan
from syncer.render.html import plan_html
from tests.docs.browser import MISSING, chromium
from tests.render.samples import MIXED, create, plan_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
NAMES: Final = ".card .name"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as running:
        yield running


@pytest.fixture
def requests() -> list[str]:
    """Every request the page makes, but for the page itself."""
    return []


@pytest.fixture
def open_report(browser: "Browser", tmp_path: Path, requests: list[str]) -> Iterator[Callable[..., "Page"]]:
    """Open the report of a plan, as a file."""
    contexts = []

    def load(plan: Plan = MIXED, width: int = 1280, height: int = 900) -> "Page":
        file = tmp_path / "plan.html"
        file.write_text(plan_html(plan), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.goto(file.as_uri())
        requests.remove(file.as_uri())
        return page

    yield load
    for context in contexts:
        context.close()


def _expect_cards(page: "Page", number: int) -> None:
    from playwright.sync_api import expect

    expect(page.locator(".card")).to_have_count(number)


def _shown(page: "Page") -> str:
    return page.locator("#shown").inner_text()


def test_searching_leaves_what_holds_every_word(open_report: Callable[..., "Page"]) -> None:
    page = open_report()
    names = page.locator(NAMES).all_inner_texts()
    assert len(names) > 2

    page.locator("#search").fill(names[0].upper())
    _expect_cards(page, 1)

    assert page.locator(NAMES).all_inner_texts() == names[:1]
    assert _shown(page).startswith("1 of ")
    page.locator("#search").press("Escape")
    assert page.locator(NAMES).count() == len(names)


def test_a_chip_hides_an_action_and_shows_it_again(open_report: Callable[..., "Page"]) -> None:
    page = open_report()
    creates = page.locator(".card.create").count()
    assert creates

    page.locator(".chip.create").click()
    assert page.locator(".card.create").count() == 0
    page.locator(".chip.create").click()
    assert page.locator(".card.create").count() == creates


def test_a_change_unfolds_with_its_fields_and_its_place(open_report: Callable[..., "Page"]) -> None:
    page = open_report()
    card = page.locator(".card.update").first
    assert card.locator("table").count() == 0

    card.locator("summary").click()

    card.locator("table").wait_for()
    assert card.locator("thead th").all_inner_texts() == ["Field", "Before", "After"]
    assert card.locator("tbody tr").count() > 0
    assert "opportunity." in card.locator(".where").inner_text()


def test_the_keyboard_alone_searches_filters_and_unfolds(open_report: Callable[..., "Page"]) -> None:
    page = open_report()
    total = page.locator(NAMES).count()

    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("zzz")
    _expect_cards(page, 0)
    page.keyboard.press("Escape")
    assert page.locator(NAMES).count() == total

    seen = _tab_to(page, "input[name=action]")
    page.keyboard.press("Space")
    assert page.locator(NAMES).count() < total
    page.keyboard.press("Space")
    assert page.locator(NAMES).count() == total

    _tab_to(page, ".card summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card[open] .body")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert seen


def _tab_to(page: "Page", selector: str) -> int:
    for number in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return number + 1
    raise AssertionError(selector)


def test_a_phone_shows_it_without_scrolling_sideways(open_report: Callable[..., "Page"]) -> None:
    page = open_report(width=390, height=844)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_no_request_leaves_whatever_the_reader_does(
    open_report: Callable[..., "Page"], requests: list[str]
) -> None:
    page = open_report()
    for summary in page.locator(".card summary").all():
        summary.click()
    page.locator("#search").fill("a")
    page.locator(".chip").first.click()
    page.emulate_media(media="print", color_scheme="dark")

    assert requests == []


def test_the_page_may_not_fetch_even_if_something_in_it_tried(
    open_report: Callable[..., "Page"], tmp_path: Path
) -> None:
    """Its policy forbids it; the server would see it."""
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            asked.append(self.path)

    handler = functools.partial(Handler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        page = open_report()
        url = f"http://127.0.0.1:{server.server_port}/secret"
        page.evaluate("url => { new Image().src = url; fetch(url).catch(() => {}); }", url)
        page.wait_for_timeout(200)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert asked == []


def test_a_thousand_changes_open(open_report: Callable[..., "Page"]) -> None:
    page = open_report(plan_of(*(create(f"deal-{n:04}") for n in range(1000))))
    page.wait_for_selector(".card")

    assert _shown(page) == "1,000 of 1,000 opportunities"
