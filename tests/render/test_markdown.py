import re
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from syncer.model.address import Address
from syncer.model.plan import Plan
from syncer.model.problem import Problem, Severity
from syncer.render.markdown import LIMIT, plan_markdown
from tests.depth import examples
from tests.render.samples import (
    BETA,
    CONFLICT,
    DELETE,
    DRIFT,
    MIXED,
    NOOP,
    UPDATE,
    WARNING,
    create,
    plan_of,
    update,
)
from tests.render.strategies import NASTY, plans

GITHUB = MarkdownIt("gfm-like")
assert GITHUB.linkify is not None
GITHUB.linkify.set({"fuzzy_link": False})  # GitHub links no bare domains
OURS = re.compile(
    r"<!-- syncer plan: [\w.~%-]* -->|<details><summary>(?:[^<>]|</?code>)*</summary>|</details>"
)


def everything(tokens: list[Token]) -> list[Token]:
    return [token for outer in tokens for token in (outer, *(outer.children or ()))]


def test_a_mixed_plan_shows_the_summary_then_the_riskiest_then_each_change_folded() -> None:
    assert (
        plan_markdown(MIXED)
        == """\
<!-- syncer plan: us_Acme -->
### Plan for us&#95;Acme

**1 to create, 1 to update, 1 to delete, 1 drifted (shown, not changed), 1 as declared.**

| Pipeline | Currency | To create | Change by updates | To delete |
|---|---|---:|---:|---:|
| Test Pipeline | USD | 100.00 | +150.00 | 75.50 |

Riskiest first:

| | Opportunity | Value | What | Declared in |
|---|---|---:|---|---|
| delete | Delta | 75.50 USD | Test Pipeline | opportunities/beta.yaml:30 |
| update | Beta | 100.00 → 250.00 USD | Proposal is the last step of Test Pipeline: the opportunity is won. owner `dana@example.com` → `eve@example.com`; step First → Proposal; contacts&#91;`bob@acme.example`&#93;… | opportunities/beta.yaml:12 |
| create | Acme renewal 2027 | 100.00 USD | Test Pipeline; First; 2027-03-31 | opportunities/acme.yaml:7 |
| drift | opportunity.gamma | 5 EUR → 5 USD | closing&#95;date 2027-06-30 → 2027-03-31 | opportunities/beta.yaml:12 |

- 1 opportunity with fields that differ and were never agreed: `syncer apply --take git ADDRESS:FIELD` writes what the manifest says, `syncer pull --take crm ADDRESS:FIELD` takes over what the CRM has.

<details><summary>1 warning</summary>

- `opportunities/acme.yaml:12:19:` opportunity.acme-renewal-2027 closes on 2020-01-01.

</details>

<details><summary>delete opportunity.delta · opportunities/beta.yaml:30</summary>

| Field | Value |
|---|---|
| name | Delta |
| owner | `dana@example.com` |
| pipeline | Test Pipeline |
| value | 75.50 USD |
| accounts | none |

</details>

<details><summary>update opportunity.beta · opportunities/beta.yaml:12</summary>

- Proposal is the last step of Test Pipeline: the opportunity is won.

| Field | Before | After |
|---|---|---|
| owner | `dana@example.com` | `eve@example.com` |
| step | First | Proposal |
| value.amount | 100.00 | 250.00 |
| contacts&#91;`bob@acme.example`&#93;.primary | true | false |
| contacts&#91;`carl@acme.example`&#93; | {"primary": false} | none |
| contacts&#91;`dora@acme.example`&#93; | none | {"primary": true} |
| fields.cf&#95;region | EMEA | none |

</details>

<details><summary>create opportunity.acme-renewal-2027 · opportunities/acme.yaml:7</summary>

| Field | Value |
|---|---|
| name | Acme renewal 2027 |
| owner | `dana@example.com` |
| pipeline | Test Pipeline |
| step | First |
| closing&#95;date | 2027-03-31 |
| value | 100.00 USD |
| accounts | "`info@acme.example`" &#91;primary&#93; |
| contacts | "`bob@acme.example`" &#91;primary, "Decision Maker"&#93;, "`eve@acme.example`" |
| type | Standard |
| description | Says "hi" and more. |
| fields.cf&#95;region | EMEA |
| fields.cf&#95;seats | 12 |
| fields.cf&#95;signed | false |
| fields.cf&#95;tags | "a", "b" |

</details>

<details><summary>drift opportunity.gamma · opportunities/beta.yaml:12</summary>

| Field | Before | After |
|---|---|---|
| closing&#95;date | 2027-06-30 | 2027-03-31 |
| value.currency | EUR | USD |

</details>"""  # noqa: E501 - rows of a table cannot be wrapped
    )


def test_nothing_to_do_is_one_sentence() -> None:
    assert (
        plan_markdown(plan_of(NOOP))
        == """\
<!-- syncer plan: us_Acme -->
### Plan for us&#95;Acme

No changes. 1 opportunity is as declared."""
    )


@pytest.mark.parametrize(
    ("space", "marker"),
    [
        ("us_Acme", "<!-- syncer plan: us_Acme -->"),
        ("--> <script>", "<!-- syncer plan: %2D%2D%3E%20%3Cscript%3E -->"),
        ("a\nb", "<!-- syncer plan: a%0Ab -->"),
    ],
)
def test_the_first_line_finds_the_comment_of_a_space_again(space: str, marker: str) -> None:
    plan = plan_of(NOOP)
    plan = replace(plan, space=plan.space._replace(id=space))

    assert plan_markdown(plan).split("\n")[0] == marker


def test_the_riskiest_come_first() -> None:
    """Deletes, value, steps and wins, size; drift last, it changes nothing."""
    won = create("won", name="Won", value={"amount": "1", "currency": "USD"})
    small = create("small", name="Small", value={"amount": "2", "currency": "USD"})
    large = create("large", name="Large", value={"amount": "3", "currency": "USD"})
    moved = update("step", {**BETA, "name": "Moved"}, {**BETA, "name": "Moved", "step": "b"})
    other = update("other", {**BETA, "name": "Old"}, {**BETA, "name": "Other"})
    warning = Problem("created-won", "Won.", address=Address("opportunity", "won"), severity=Severity.WARNING)
    plan = plan_of(DRIFT, small, other, large, won, moved, UPDATE, DELETE, problems=(warning,))

    assert re.findall(r"<details><summary>\w+ opportunity\.(\w+)", plan_markdown(plan)) == [
        *("delta", "beta", "step", "won", "large", "small", "other", "gamma"),
    ]


def checked(text: str) -> str:
    assert len(text) <= LIMIT
    assert len(text.encode()) <= LIMIT
    tokens = everything(GITHUB.parse(text))
    assert not [t.type for t in tokens if t.type in {"link_open", "image", "em_open", "fence"}]
    for token in tokens:
        if token.type in {"html_block", "html_inline"}:
            assert not OURS.sub("", token.content).strip()
    assert text.count("<details>") == text.count("</details>")
    return text


@settings(max_examples=examples(), deadline=None)
@given(plan=plans())
def test_any_plan_fits_and_holds_no_markup_but_ours(plan: Plan) -> None:
    checked(plan_markdown(plan))


@settings(
    max_examples=examples(5), deadline=None, phases=(Phase.explicit, Phase.generate)
)  # shrinking takes minutes
@given(
    plan=plans(4),
    copies=st.integers(1, 1500),
    name=st.lists(st.sampled_from(NASTY), min_size=1, max_size=40).map(
        lambda n: "".join(n).encode("utf-8", "replace").decode()
    ),
)
def test_plans_of_thousands_fit(plan: Plan, copies: int, name: str) -> None:
    changes = (*plan.changes, create("big", name=name * 50, description=name * 200), UPDATE, DELETE)
    many = replace(plan, changes=changes * copies, problems=(*plan.problems, WARNING) * copies)

    checked(plan_markdown(many))


def test_what_does_not_fit_is_in_the_artifact() -> None:
    text = checked(plan_markdown(plan_of(*(create(f"k{n:04}") for n in range(3000)))))
    shown = text.count("<details>")

    assert 50 < shown < 3000
    assert text.endswith(f"\n\n{3000 - shown:,} more in the artifact.")
    assert "2,975 more." in text
    assert len(text.encode()) > LIMIT * 0.9


def test_a_name_cannot_be_stretched_by_marks_of_no_width() -> None:
    text = plan_markdown(plan_of(create("a", name="a" + "\u0301" * 100_000)))

    assert len(text.encode()) < 5_000
    assert "<details>" in text


def test_a_tiny_limit_still_names_the_space() -> None:
    assert plan_markdown(MIXED, limit=300) == (
        "<!-- syncer plan: us_Acme -->\n### Plan for us&#95;Acme\n\n4 more in the artifact."
    )


GUARD = Problem("guard", "Too many.", hint="raise it", severity=Severity.WARNING)
DENIED = replace(WARNING, severity=Severity.ERROR)


def test_what_stops_an_apply_comes_first_and_is_never_cut_off() -> None:
    """Behind a thousand warnings nobody would see that apply refuses the plan that they approve."""
    breaches = [replace(GUARD, detail=f"Limit {number}.") for number in range(3)]
    noise = (*(replace(WARNING, code="created-won"),) * 900, *(WARNING,) * 900)
    plan = plan_of(*(create(f"k{n:04}") for n in range(3000)), problems=(*noise, *breaches, DENIED))

    text = checked(plan_markdown(plan))

    assert text.startswith(
        "<!-- syncer plan: us_Acme -->\n### Plan for us&#95;Acme\n\n**Apply will refuse this plan:**\n\n"
        "- Limit 0. Hint: raise it\n- Limit 1. Hint: raise it\n- Limit 2. Hint: raise it\n"
        "- `opportunities/acme.yaml:12:19:` opportunity.acme-renewal-2027 closes on 2020-01-01. "
    )
    assert "<details><summary>1,800 warnings</summary>" in text
    assert "\n- 895 more: Created as won\n" in text
    assert "\n- 895 more: Closing date in the past\n" in text


def test_an_e_mail_that_is_copied_is_the_e_mail() -> None:
    text = plan_markdown(MIXED)

    assert "\u200b" not in text
    assert "| owner | `dana@example.com` |" in text


def test_a_conflict_comes_before_anything_that_is_done() -> None:
    """All three sides, and what decides it, before the counts; who moved what in the details."""
    page = plan_markdown(plan_of(CONFLICT, UPDATE))

    assert page.startswith(
        """\
<!-- syncer plan: us_Acme -->
### Plan for us&#95;Acme

**1 opportunity in conflict, of which nothing is written:**

| Field | git | CRM | agreed |
|---|---|---|---|
| opportunity.epsilon:name | Ours | Theirs &#124; now | Epsilon |

To decide, take one side:

- syncer apply --take git opportunity.epsilon:name
- syncer pull --take crm opportunity.epsilon:name

**0 to create, 1 to update, 0 to delete, 1 in conflict (nothing of them is written).**
"""
    )
    assert "| Field | Before | After | Agreed | Moved |" in page
    assert "| name | Theirs &#124; now | Ours | Epsilon | moved in git and in the CRM, conflict |" in page
    assert "| step | First | Won | First | moved in git, not written |" in page
