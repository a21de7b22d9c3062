import base64
import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from subprocess import run
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import Phase, given, settings

from syncer.model.change import Action
from syncer.model.plan import Plan
from syncer.model.problem import Problem, Severity
from syncer.render.escape import terminal, terminal_lines
from syncer.render.html import plan_html
from tests.depth import examples
from tests.render.samples import BETA, CONFLICT, DELETE, MIXED, NOOP, UPDATE, WARNING, create, plan_of, update
from tests.render.strategies import plans

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def page(plan: Plan) -> Element:
    found: Element = html5lib.parse(plan_html(plan), treebuilder="etree", namespaceHTMLElements=False)
    return found


# Every element of the template; nothing that comes from a plan adds one.
OURS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "script",
        "noscript",
        "header",
        "main",
        "footer",
        "section",
    ),
    *("a", "b", "code", "kbd", "div", "h1", "h2", "h3", "li", "p", "span", "strong", "ul", "svg", "rect"),
    *("details", "summary", "fieldset", "form", "input", "label", "legend", "option", "output", "select"),
}


def local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def found(root: Element, tag: str, css: str = "") -> list[Element]:
    return [e for e in root.iter() if local(e) == tag and (not css or css in (e.get("class") or "").split())]


def words(element: Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def data(root: Element) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        next(e for e in root.iter("script") if e.get("id") == "data").text or ""
    )
    return rows


def test_the_tiles_count_and_add_up() -> None:
    assert [words(tile) for tile in found(page(MIXED), "li", "tile")] == [
        "+Create 1 100.00 USD",
        "~Update 1 +150.00 USD",
        "-Delete 1 75.50 USD",
        "!Drift 1",
        "=As declared 1",
    ]


def test_a_conflict_shows_its_three_sides_and_what_decides_it() -> None:
    """On its card, which stays where the deal is; and above the board what to do about it."""
    root = page(plan_of(CONFLICT))

    (card,) = data(root)
    assert (card["name"], card["written"]) == ("Theirs | now", [])
    assert card["fields"] == [
        ["name", "Theirs | now", "Ours", "Epsilon", "moved in git and in the CRM, conflict"],
        ["step", "First", "Won", "First", "moved in git, not written"],
    ]
    assert card["notes"] == [
        "To decide: syncer apply --take git opportunity.epsilon:name",
        "To decide: syncer pull --take crm opportunity.epsilon:name",
    ]
    (section,) = [s for s in found(root, "section") if s.get("aria-label") == "What is not written"]
    assert [words(code) for code in found(section, "code")] == [
        "syncer apply --take git ADDRESS:FIELD",
        "syncer pull --take crm ADDRESS:FIELD",
    ]
    assert [words(tile) for tile in found(root, "li", "tile")][4:] == ["XConflict 1", "=As declared 0"]


def test_the_board_shows_each_step_before_and_after() -> None:
    """Beta moves from First to Proposal and grows; Delta goes; drift and what is not placed stay."""
    changes = [
        create("a", value={"amount": "50", "currency": "USD"}),
        UPDATE,
        DELETE,
        create("b", pipeline="Other"),
    ]
    root = page(plan_of(*changes))

    assert [words(h) for h in found(root, "h2")] == ["Other", "Test Pipeline"]
    assert [words(p) for p in found(root, "p", "totals")] == [
        "100.00 USD +100.00 was 0",
        "300.00 USD +124.50 was 175.50",
    ]
    columns = {words(c.find("h3")): c for c in found(root, "section", "column")}
    assert set(columns) == {"First", "No step declared", "Proposal"}
    assert [svg.get("aria-label") for svg in found(columns["First"], "svg")] == [
        "Before 100.00, after 50 USD"
    ]
    assert [svg.get("aria-label") for svg in found(columns["Proposal"], "svg")] == [
        "Before 0, after 250.00 USD"
    ]
    bars = [[rect.get("width") for rect in found(svg, "rect")] for svg in found(columns["First"], "svg")]
    assert bars == [["100", "20.0", "40.0"]]


def test_steps_come_in_their_order_when_it_is_known() -> None:
    plan = plan_of(create("a", step="Won"), create("b", step="First"), create("c", step="Archive"))
    order = {"Test Pipeline": ("First", "Won")}

    assert [words(h) for h in found(page(plan), "h3")] == ["Archive", "First", "Won"]
    assert [words(h) for h in found(page(replace(plan, steps=order)), "h3")] == ["First", "Won", "Archive"]


def test_the_data_of_each_change_is_in_the_page() -> None:
    cards = {card["address"]: card for card in data(page(MIXED))}

    assert cards["opportunity.beta"] == {
        "at": [1, 2],
        "action": "update",
        "address": "opportunity.beta",
        "name": "Beta",
        "owner": "Eve Roe",
        "account": "",
        "value": "250.00 USD",
        "size": 250.0,
        "date": "",
        "quarter": "",
        "place": "opportunities/beta.yaml:12",
        "fields": [
            ["owner", "dana@example.com", "eve@example.com"],
            ["step", "First", "Proposal"],
            ["value.amount", "100.00", "250.00"],
            ["contacts[bob@acme.example].primary", "true", "false"],
            ["contacts[carl@acme.example]", '{"primary": false}', "none"],
            ["contacts[dora@acme.example]", "none", '{"primary": true}'],
            ["fields.cf_region", "EMEA", "none"],
        ],
        "written": [
            "owner",
            "step",
            "value.amount",
            "contacts[bob@acme.example].primary",
            "contacts[carl@acme.example]",
            "contacts[dora@acme.example]",
            "fields.cf_region",
        ],
        "notes": ["Proposal is the last step of Test Pipeline: the opportunity is won."],
    }
    assert cards["opportunity.acme-renewal-2027"]["quarter"] == "2027-Q1"
    assert cards["opportunity.acme-renewal-2027"]["account"] == "Acme Inc"
    assert cards["opportunity.acme-renewal-2027"]["fields"][5:8] == [
        ["value", "100.00 USD"],
        ["accounts", "info@acme.example (primary)"],
        ["contacts", "bob@acme.example (primary, Decision Maker)\neve@acme.example"],
    ]


def test_a_drift_is_shown_where_and_as_it_is() -> None:
    drift = update("beta", BETA, {**BETA, "step": "Proposal"}, action=Action.DRIFT)
    root = page(plan_of(drift))

    assert [words(h) for h in found(root, "h3")] == ["First"]
    assert words(found(root, "p", "totals")[0]) == "100.00 USD"


def test_nothing_to_do_says_so_and_shows_what_there_is() -> None:
    root = page(plan_of(NOOP))

    assert words(found(root, "p", "nothing")[0]) == "No changes. 1 opportunity is as declared."
    assert [box.get("checked") is not None for box in root.iter("input") if box.get("name") == "action"] == [
        True
    ]


def test_warnings_are_listed_by_kind_and_none_hides_another() -> None:
    won = replace(WARNING, code="created-won")
    root = page(plan_of(create("a"), problems=(*(WARNING,) * 130, won)))
    warnings = found(root, "details", "warnings")[0]

    assert words(warnings.find("summary")) == "131 warnings"
    assert [words(h) for h in warnings.iter("h3")] == ["Closing date in the past 130", "Created as won 1"]
    assert len(found(warnings, "li")) == 51
    assert "80 more in the plan." in words(warnings)


def test_what_stops_an_apply_stands_on_top_of_the_page() -> None:
    guard = Problem("guard", "Too many.", hint="raise max_creates", severity=Severity.WARNING)
    root = page(plan_of(create("a"), problems=(*(WARNING,) * 200, guard)))
    first, *_ = next(root.iter("main"))

    assert (first.tag, first.get("class")) == ("section", "warnings blocking")
    assert words(first) == "Apply will refuse this plan Too many. raise max_creates"
    assert not found(page(plan_of(create("a"), problems=(WARNING,))), "section", "blocking")


def test_a_choice_of_owners_only_when_there_is_one() -> None:
    assert not found(page(plan_of(create("a"))), "select")
    assert [words(o) for o in found(page(MIXED), "option")] == ["Everybody", "Dana Doe", "Eve Roe"]


def test_the_page_allows_only_its_own_style_and_script() -> None:
    root = page(MIXED)
    policy = next(
        m.get("content") or "" for m in root.iter("meta") if m.get("http-equiv") == "Content-Security-Policy"
    )
    code = next(s for s in root.iter("script") if s.get("id") is None)

    def allowed(text: str | None) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256((text or "").encode()).digest()).decode() + "'"

    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src {allowed(next(root.iter('style')).text)}",
        f"script-src {allowed(code.text)}",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_the_page_reaches_for_nothing_outside() -> None:
    text = plan_html(MIXED)

    assert not re.search(
        r"\b(src|action|srcset|poster|style|on\w+)=", text.partition("<body>")[2].partition("<script")[0]
    )
    assert set(re.findall(r'href="([^"]*)"', text)) == {"#board"}
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|innerHTML|insertAdjacentHTML|eval\(", text)


@settings(
    max_examples=examples(12), deadline=None, phases=(Phase.explicit, Phase.generate)
)  # shrinking takes minutes
@given(plan=plans())
def test_any_plan_is_shown_as_text_only(plan: Plan) -> None:
    root = page(plan)

    assert words(next(root.iter("h1"))) == " ".join(terminal_lines(plan.space.id).split())
    assert len(list(root.iter("script"))) == 2
    assert {local(e) for e in root.iter()} <= OURS
    addresses = sorted(terminal(str(change.address)) for change in plan.changes)
    assert sorted(card["address"] for card in data(root)) == addresses
    for card in data(root):
        assert "\x1b" not in json.dumps(card, ensure_ascii=False)


@pytest.mark.skipif(CHROMIUM is None, reason="needs a browser")
def test_a_browser_draws_a_thousand_changes_under_the_policy(tmp_path: Path) -> None:
    assert CHROMIUM is not None
    evil = "</script><img src=x onerror=alert(1)>"
    changes = [create(f"k{n:04}", name=f"Deal {n} {evil}", step=f"Step {n % 4}") for n in range(1000)]
    report = tmp_path / "report.html"
    report.write_text(plan_html(plan_of(*changes)), "utf-8")
    options = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
        *(
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
        ),
    ]
    drawn = run([CHROMIUM, *options, report.as_uri()], check=True, capture_output=True, text=True, timeout=60)
    root = html5lib.parse(drawn.stdout, treebuilder="etree", namespaceHTMLElements=False)

    assert words(next(root.iter("output"))) == "1,000 of 1,000 opportunities"
    assert len(found(root, "details", "card")) == 240
    assert words(found(root, "button", "more")[0]) == "Show 60 of 190 more"
    assert not list(root.iter("img"))
    assert words(found(root, "span", "name")[0]) == f"Deal 0 {evil}"
