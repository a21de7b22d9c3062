"""Manifests to declared opportunities."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncer import manifest
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.address import Address
from syncer.model.declared import All, Declared, Existing, Link, Money, Owner, Presence, Reference
from syncer.model.problem import ManifestError, Severity
from syncer.project.load import Project
from tests.depth import examples

Make = Callable[..., Project]

ID: Final = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
REQUIRED: Final = """\
    name: Acme renewal 2027
    owner: dana@example.com
    pipeline: Test Pipeline
    closing_date: 2027-03-31
    value: 100 USD
"""
MINIMAL: Final = REQUIRED + "    account: info@acme.example\n"


def entry(body: str, key: str = "acme") -> str:
    return f"  {key}:\n{body}"


def text(*entries: str, head: str = "") -> str:
    return f"version: 1\n{head}opportunities:\n" + "".join(entries)


def declared(project: Project) -> tuple[Declared, ...]:
    return manifest.read(project).declared


def values(project: Project) -> Mapping[str, Any]:
    (only,) = declared(project)
    return only.values


def problems(project: Project) -> list[tuple[str, str]]:
    with pytest.raises(ManifestError) as caught:
        manifest.read(project)
    return [(problem.code, str(problem.span)) for problem in caught.value.problems]


def reference(kind: str, written: str) -> Reference:
    return Reference(kind, text=written)


MINIMAL_VALUES: Final = {
    "name": "Acme renewal 2027",
    "owner": reference("owner", "dana@example.com"),
    "pipeline": reference("pipeline", "Test Pipeline"),
    "closing_date": date(2027, 3, 31),
    "value": Money(Decimal(100), reference("currency", "USD")),
    "accounts": (Link(reference("account", "info@acme.example"), primary=True),),
}


def test_the_smallest_opportunity_says_only_what_was_written(make_project: Make) -> None:
    (only,) = declared(make_project({"a.yaml": text(entry(MINIMAL))}))

    assert only == Declared(Address("opportunity", "acme"), MINIMAL_VALUES, only.locator)
    assert str(only.span) == "opportunities/a.yaml:3:3"


def test_every_key_works(make_project: Make) -> None:
    body = f"""\
    description: Renewal of the 2024 contract.
    fields:
      cf_tags: [One, Two]
      cf_empty: null
      cf_region: EMEA
      cf_size: 12
      cf_rate: 1.50
      cf_vip: true
    name: Acme renewal 2027
    owner: {{email: dana@example.com}}
    pipeline: {{name: Test Pipeline}}
    step: First
    closing_date: 2027-03-31
    value: {{amount: "100.10", currency: {{code: EUR}}}}
    accounts:
      - {{email: info@acme.example, name: Acme}}
      - {{id: {ID.upper()}, primary: true}}
    contacts:
      - bob@acme.example
      - {{email: eve@acme.example, primary: true, sales_role: Decision Maker, linked: false}}
    unit: Sales EMEA
    type: Standard
    lead_source: Web
    lifecycle: {{existing: update, ignore: [step, account, fields.cf_size]}}
    formerly: {{name: Acme, account: old@acme.example, pipeline: {{id: {ID}}}}}
    state: present
    id: {ID.upper()}
"""
    (only,) = declared(make_project({"a.yaml": text(entry(body))}))

    assert only == Declared(
        address=Address("opportunity", "acme"),
        values={
            "name": "Acme renewal 2027",
            "owner": Reference("owner", email="dana@example.com"),
            "pipeline": Reference("pipeline", name="Test Pipeline"),
            "step": reference("step", "First"),
            "closing_date": date(2027, 3, 31),
            "value": Money(Decimal("100.10"), reference("currency", "EUR")),
            "accounts": (
                Link(Reference("account", name="Acme", email="info@acme.example")),
                Link(Reference("account", id=ID), primary=True),
            ),
            "contacts": (
                Link(reference("contact", "bob@acme.example")),
                Link(
                    Reference("contact", email="eve@acme.example"),
                    primary=True,
                    sales_role=reference("sales_role", "Decision Maker"),
                    linked=False,
                ),
            ),
            "unit": reference("unit", "Sales EMEA"),
            "type": reference("type", "Standard"),
            "lead_source": reference("option", "Web"),
            "description": "Renewal of the 2024 contract.",
            "fields.cf_empty": None,
            "fields.cf_rate": Decimal("1.50"),
            "fields.cf_region": "EMEA",
            "fields.cf_size": 12,
            "fields.cf_tags": ["One", "Two"],
            "fields.cf_vip": True,
        },
        locator=only.locator,
        state=Presence.PRESENT,
        id=ID,
        formerly={
            "name": "Acme",
            "account": reference("account", "old@acme.example"),
            "pipeline": Reference("pipeline", id=ID),
        },
        existing=Existing.UPDATE,
        own=dict.fromkeys(("step", "accounts", "fields.cf_size"), Owner.ONCE),
    )
    fields = [field.name for field in OPPORTUNITY.fields]
    assert list(only.values) == [name for name in fields if name in only.values] + sorted(
        name for name in only.values if name.startswith("fields.")
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("value: 100", Money(Decimal(100))),
        ("value: 100.10", Money(Decimal("100.10"))),
        ('value: "100.00"', Money(Decimal("100.00"))),
        ("value: 100.00 EUR", Money(Decimal("100.00"), reference("currency", "EUR"))),
        ("value: {amount: 7}", Money(Decimal(7))),
        ('value: {amount: " 7.5 "}', Money(Decimal("7.5"))),
        ("value: {amount: 7, currency: EUR}", Money(Decimal(7), reference("currency", "EUR"))),
        (f"value: {{amount: 7, currency: {{id: {ID}}}}}", Money(Decimal(7), Reference("currency", id=ID))),
        ("contacts: all", All.CONTACTS),
        ("contacts: []", ()),
        ("contacts:", ()),
        ("contacts: [a@x.example]", (Link(reference("contact", "a@x.example"), primary=True),)),
        (
            "contacts: [{email: a@x.example, primary: false}, b@x.example]",
            (
                Link(Reference("contact", email="a@x.example")),
                Link(reference("contact", "b@x.example"), primary=True),
            ),
        ),
        ("lead_source:", None),
        ("description: ~", None),
        ('description: "two\\nlines\\tand a tab"', "two\nlines\tand a tab"),
        ("name: no", "no"),
        ("name: 2027-03-31", "2027-03-31"),
    ],
)
def test_every_form_of_a_value(make_project: Make, written: str, expected: Any) -> None:
    name = written.partition(":")[0]
    lines = [line for line in MINIMAL.splitlines(keepends=True) if not line.startswith(f"    {name}:")]
    found = values(make_project({"a.yaml": text(entry("".join(lines) + f"    {written}\n"))}))

    assert found[name] == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("account: Acme Inc", (Link(reference("account", "Acme Inc"), primary=True),)),
        ("account: none", ()),
        ("accounts: none", ()),
        ("account: {name: none}", (Link(Reference("account", name="none"), primary=True),)),
        ("accounts: [a@x.example]", (Link(reference("account", "a@x.example"), primary=True),)),
        (
            "accounts: [{name: A}, {name: B, primary: true}]",
            (Link(Reference("account", name="A")), Link(Reference("account", name="B"), primary=True)),
        ),
    ],
)
def test_every_form_of_accounts(make_project: Make, written: str, expected: tuple[Link, ...]) -> None:
    assert (
        values(make_project({"a.yaml": text(entry(REQUIRED + f"    {written}\n"))}))["accounts"] == expected
    )


def test_an_entry_wins_over_its_file_and_the_file_over_the_project(make_project: Make) -> None:
    settings = """\
defaults:
  owner: project@example.com
  pipeline: Project
  unit: Project
  closing_date: 2027-01-01
  currency: CHF
  account: project@acme.example
  fields: {cf_a: project, cf_b: project, cf_c: project}
  lifecycle: {existing: update, ignore: [step]}
"""
    head = """\
defaults:
  pipeline: File
  unit: File
  currency: EUR
  accounts: [file@acme.example]
  fields: {cf_b: file, cf_c: file}
  lifecycle: {ignore: [value]}
"""
    body = "    name: A\n    unit: Entry\n    value: 5\n    fields: {cf_c: null}\n"
    body += "    lifecycle: {existing: report}\n"
    other = "    name: B\n    value: 5 USD\n    account: none\n"
    first, second = declared(
        make_project({"a.yaml": text(entry(body, "a"), entry(other, "b"), head=head)}, settings)
    )

    assert first.values == {
        "name": "A",
        "owner": reference("owner", "project@example.com"),
        "pipeline": reference("pipeline", "File"),
        "closing_date": date(2027, 1, 1),
        "value": Money(Decimal(5), reference("currency", "EUR")),
        "accounts": (Link(reference("account", "file@acme.example"), primary=True),),
        "unit": reference("unit", "Entry"),
        "fields.cf_a": "project",
        "fields.cf_b": "file",
        "fields.cf_c": None,
    }
    assert (first.existing, first.own) == (Existing.REPORT, {"value": Owner.ONCE})
    assert second.values["accounts"] == ()
    assert second.values["value"] == Money(Decimal(5), reference("currency", "USD"))
    assert second.existing is Existing.UPDATE


LEVELS: Final = st.dictionaries(
    st.sampled_from(["owner", "pipeline", "step", "unit"]), st.sampled_from("abcdef")
)


@settings(max_examples=examples(), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(project=LEVELS, file=LEVELS, own=LEVELS)
def test_the_nearest_default_wins(
    make_project: Make, project: dict[str, str], file: dict[str, str], own: dict[str, str]
) -> None:
    base = {"owner": "x", "pipeline": "x"}
    rest = "    name: A\n    closing_date: 2027-01-01\n    value: 5\n    account: none\n"
    head = "defaults:\n" + "".join(f"  {name}: {value}\n" for name, value in file.items())
    shared = "defaults:\n" + "".join(f"  {name}: {value}\n" for name, value in {**base, **project}.items())
    body = "".join(f"    {name}: {value}\n" for name, value in own.items())
    found = values(make_project({"a.yaml": text(entry(rest + body), head=head)}, shared))

    expected = {**base, **project, **file, **own}
    assert {name: found[name].text for name in expected} == expected


def test_the_pipeline_may_be_left_out_when_the_step_is_an_id(make_project: Make) -> None:
    body = MINIMAL.replace("pipeline: Test Pipeline", f"step: {{id: {ID}}}")

    assert "pipeline" not in values(make_project({"a.yaml": text(entry(body))}))


def test_a_step_by_name_needs_its_pipeline(make_project: Make) -> None:
    body = MINIMAL.replace("pipeline: Test Pipeline", "step: First")

    assert problems(make_project({"a.yaml": text(entry(body))})) == [
        ("missing-field", "opportunities/a.yaml:3:3")
    ]


@pytest.mark.parametrize(
    ("body", "settings"),
    [
        (f"    state: absent\n    id: {ID}\n", ""),
        ("    state: absent\n    name: A\n    account: none\n    pipeline: P\n", ""),
        ("    state: absent\n    name: A\n", "identity: {match: [name]}\n"),
        ("    state: absent\n", "identity: {key_field: cf_key}\n"),
    ],
)
def test_an_absent_opportunity_needs_only_its_identity(make_project: Make, body: str, settings: str) -> None:
    (only,) = declared(make_project({"a.yaml": text(entry(body))}, settings))

    assert only.state is Presence.ABSENT


def test_formerly_without_an_account(make_project: Make) -> None:
    (only,) = declared(make_project({"a.yaml": text(entry(MINIMAL + "    formerly: {account: none}\n"))}))

    assert only.formerly == {"account": None}


def test_one_key_in_two_files_names_both_places(make_project: Make) -> None:
    other = entry(MINIMAL.replace("2027", "2028", 1))
    project = make_project({"a.yaml": text(entry(MINIMAL)), "b.yaml": text(other)})

    with pytest.raises(ManifestError) as caught:
        manifest.read(project)

    (problem,) = caught.value.problems
    assert str(problem) == (
        'opportunities/b.yaml:3:3: Key declared twice: "acme" is already declared in '
        "opportunities/a.yaml, line 3."
    )
    (related,) = problem.related
    assert (str(related.span), related.excerpt) == ("opportunities/a.yaml:3:3", "  acme:")


@pytest.mark.parametrize(
    ("first", "second", "settings", "message"),
    [
        (
            "account: info@acme.example",
            "account: {email: INFO@acme.example}",
            "",
            "have the same name, account and pipeline",
        ),
        ("account: none", "account: none", "", "have the same name, account and pipeline"),
        ("account: Acme", "account: Beta", "identity: {match: [name]}\n", "have the same name"),
        (f"account: A\n    id: {ID}", f"account: B\n    id: {ID}", "", "have the same id"),
    ],
)
def test_two_declarations_of_one_opportunity_are_refused(
    make_project: Make, first: str, second: str, settings: str, message: str
) -> None:
    project = make_project(
        {
            "a.yaml": text(
                *(entry(f"{REQUIRED}    {line}\n", key) for key, line in (("a", first), ("b", second)))
            )
        },
        settings,
    )

    with pytest.raises(ManifestError) as caught:
        manifest.read(project)

    (problem,) = caught.value.problems
    assert problem.code == "same-identity"
    assert problem.detail == f"opportunity.b and opportunity.a {message}; they would be one opportunity."
    assert problem.related[0].label == "opportunity.a is written here"


@pytest.mark.parametrize(
    ("first", "second", "settings"),
    [
        ("account: Acme", "account: acme", ""),
        ("account: none", "account: none", "identity: {key_field: cf_key}\n"),
        (f"account: none\n    id: {ID}", "account: none", ""),
    ],
)
def test_opportunities_that_are_told_apart_are_two(
    make_project: Make, first: str, second: str, settings: str
) -> None:
    project = make_project(
        {
            "a.yaml": text(
                *(entry(f"{REQUIRED}    {line}\n", key) for key, line in (("a", first), ("b", second)))
            )
        },
        settings,
    )

    assert len(declared(project)) == 2


def test_the_key_field_cannot_be_written_by_hand(make_project: Make) -> None:
    project = make_project(
        {"a.yaml": text(entry(MINIMAL + "    fields: {cf_key: acme, cf_x: 1}\n"))},
        "identity: {key_field: cf_key}\n",
    )

    assert problems(project) == [("bad-value", "opportunities/a.yaml:10:14")]


def test_a_fault_in_the_defaults_is_said_once(make_project: Make) -> None:
    settings = "defaults:\n  closing_date: 2027-02-30\n  currency: usd\n  owner: ' '\n"
    head = "defaults: {unit: ' ', accounts: [a, b]}\n"
    body = "    name: {}\n    pipeline: P\n    value: 5\n"
    project = make_project(
        {"a.yaml": text(*(entry(body.format(key), key) for key in "abc"), head=head)}, settings
    )

    assert problems(project) == [
        ("missing-field", "opportunities/a.yaml:2:18"),
        ("no-primary", "opportunities/a.yaml:2:23"),
        ("bad-date", "syncer.yaml:2:17"),
        ("bad-value", "syncer.yaml:3:13"),
        ("missing-field", "syncer.yaml:4:10"),
    ]


def test_faults_of_different_kinds_arrive_together(make_project: Make) -> None:
    bad = (
        MINIMAL.replace("2027-03-31", "2027-02-30").replace("100 USD", "1,0") + "    ownr: x\n    step: [a]\n"
    )
    project = make_project(
        {
            "a.yaml": "broken: [\n",
            "b.yaml": text(
                entry(bad, "one"),
                entry(MINIMAL.replace("100", "-1").replace("Acme", "Beta"), "two"),
                head="colour: red\n",
            ),
            "c.yaml": b"\xff",
        }
    )

    assert problems(project) == [
        ("yaml-syntax", "opportunities/a.yaml:1:10"),
        ("unknown-field", "opportunities/b.yaml:2:1"),
        ("bad-date", "opportunities/b.yaml:8:19"),
        ("bad-amount", "opportunities/b.yaml:9:12"),
        ("unknown-field", "opportunities/b.yaml:11:5"),
        ("wrong-type", "opportunities/b.yaml:12:11"),
        ("bad-amount", "opportunities/b.yaml:18:12"),
        ("file-encoding", "opportunities/c.yaml:1:1"),
    ]


def test_defaults_of_the_wrong_type_hide_no_fault_of_an_entry(make_project: Make) -> None:
    project = make_project({"a.yaml": text(entry("    name: A\n    value: -1\n"), head="defaults: 5\n")})

    assert problems(project) == [
        ("wrong-type", "opportunities/a.yaml:2:11"),
        ("bad-amount", "opportunities/a.yaml:6:12"),
    ]


def test_an_amount_that_may_be_misread_is_a_warning(make_project: Make) -> None:
    body = MINIMAL.replace("100 USD", "1.500")
    (warning,) = manifest.read(make_project({"a.yaml": text(entry(body))})).warnings

    assert (str(warning), warning.hint, warning.severity) == (
        "opportunities/a.yaml:8:12: Amount may be misread: 1.500 is read as 1.5, with three decimals.",
        "write 1500 if you mean thousands, 1.5 if not",
        Severity.WARNING,
    )


LOCATED: Final = text(
    entry(
        """\
    <<: &base
      owner: dana@example.com
      pipeline: P
    name: A
    value: 5
    account: {email: info@acme.example, name: Acme}
    contacts: [bob@acme.example, {email: eve@acme.example}]
    fields: {cf_x: 1}
"""
    ),
    entry(
        """\
    <<: *base
    name: B
    value: {amount: 5, currency: EUR}
    accounts: [{name: A, primary: true}, {name: B}]
""",
        "beta",
    ),
    entry("    <<: *base\n    name: C\n    value: 5 CHF\n    account: none\n", "gamma"),
    head="defaults: {closing_date: 2027-01-01, currency: USD}\n",
)


@pytest.mark.parametrize(
    ("key", "path", "expected", "excerpt"),
    [
        ("acme", (), "4:3", "  acme:"),
        ("acme", ("owner",), "6:14", "      owner: dana@example.com"),
        ("beta", ("owner",), "6:14", "      owner: dana@example.com"),
        ("acme", ("value", "amount"), "9:12", "    value: 5"),
        ("acme", ("value", "currency"), "2:48", "defaults: {closing_date: 2027-01-01, currency: USD}"),
        ("beta", ("value", "currency"), "16:34", "    value: {amount: 5, currency: EUR}"),
        ("gamma", ("value", "currency"), "21:12", "    value: 5 CHF"),
        ("acme", ("closing_date",), "2:26", "defaults: {closing_date: 2027-01-01, currency: USD}"),
        ("acme", ("account",), "10:14", "    account: {email: info@acme.example, name: Acme}"),
        ("acme", ("accounts", 0, "name"), "10:47", "    account: {email: info@acme.example, name: Acme}"),
        ("acme", ("accounts",), "10:14", "    account: {email: info@acme.example, name: Acme}"),
        ("beta", ("account",), "17:15", "    accounts: [{name: A, primary: true}, {name: B}]"),
        ("beta", ("accounts", 1, "name"), "17:49", "    accounts: [{name: A, primary: true}, {name: B}]"),
        (
            "acme",
            ("contacts", 0, "email"),
            "11:16",
            "    contacts: [bob@acme.example, {email: eve@acme.example}]",
        ),
        (
            "acme",
            ("contacts", 1, "email"),
            "11:42",
            "    contacts: [bob@acme.example, {email: eve@acme.example}]",
        ),
        ("acme", ("fields.cf_x",), "12:20", "    fields: {cf_x: 1}"),
        ("acme", ("fields", "cf_x"), "12:20", "    fields: {cf_x: 1}"),
        ("acme", ("fields.cf_y",), "12:13", "    fields: {cf_x: 1}"),
        ("acme", ("unit",), "syncer:1:18", "defaults: {unit: U}"),
        ("acme", ("step",), "4:3", "  acme:"),
    ],
)
def test_a_value_is_found_where_it_was_written_or_defaulted(
    make_project: Make, key: str, path: tuple[str | int, ...], expected: str, excerpt: str
) -> None:
    project = make_project({"a.yaml": LOCATED}, "defaults: {unit: U}\n")
    only = {entry.key: entry for entry in declared(project)}[key]
    span = only.locator.span(path)

    place = (
        expected.replace("syncer:", "syncer.yaml:")
        if "syncer" in expected
        else f"opportunities/a.yaml:{expected}"
    )
    assert (str(span), only.locator.excerpt(span)) == (place, excerpt)


def test_the_excerpt_of_another_file_is_not_known(make_project: Make) -> None:
    first, second = declared(
        make_project(
            {"a.yaml": text(entry(MINIMAL)), "b.yaml": text(entry(MINIMAL.replace("Acme", "Beta"), "beta"))}
        )
    )

    assert second.locator.excerpt(first.span) == ""


def test_a_currency_that_nobody_wrote_is_found_at_the_value(make_project: Make) -> None:
    body = MINIMAL.replace("100 USD", "{amount: 100}")
    (only,) = declared(make_project({"a.yaml": text(entry(body))}))

    assert str(only.locator.span(("value", "currency"))) == "opportunities/a.yaml:8:12"


def test_owners_of_an_entry_come_on_top_of_those_of_the_defaults(make_project: Make) -> None:
    """Field by field; a list under `ignore` replaces that of the defaults, as it always did."""
    head = "defaults:\n  lifecycle: {ignore: [value], own: {step: crm, unit: git}}\n"
    body = MINIMAL + "    step: First\n    unit: EMEA\n    lead_source: Web\n"
    own = "    lifecycle: {own: {unit: once, lead_source: if-empty}}\n"
    ignore = "    lifecycle: {ignore: [closing_date]}\n"
    entries = (("a", own), ("b", ignore), ("c", ""))
    first, second, third = declared(
        make_project(
            {
                "a.yaml": text(
                    *(entry(body.replace("2027\n", f"{key}\n", 1) + more, key) for key, more in entries),
                    head=head,
                )
            }
        )
    )

    usual = {"value": Owner.ONCE, "step": Owner.CRM, "unit": Owner.GIT}
    assert first.own == {**usual, "unit": Owner.ONCE, "lead_source": Owner.IF_EMPTY}
    assert second.own == {"closing_date": Owner.ONCE, "step": Owner.CRM, "unit": Owner.GIT}
    assert third.own == usual


def test_a_rule_for_a_field_that_nothing_sets_is_a_warning(make_project: Make) -> None:
    """Of an entry; rules of the defaults are for whichever entry sets the field."""
    head = "defaults: {lifecycle: {own: {description: once}}}\n"
    body = MINIMAL + "    lifecycle: {own: {lead_source: git, value: crm}, ignore: [contacts, fields.cf_a]}\n"

    read = manifest.read(make_project({"a.yaml": text(entry(body), head=head)}))

    assert [(warning.code, warning.detail.partition(",")[0]) for warning in read.warnings] == [
        ("owner-unset", "Nothing sets lead_source here"),
        ("owner-unset", "Nothing sets contacts here"),
        ("owner-unset", "Nothing sets fields.cf_a here"),
    ]


def test_the_key_field_may_be_ignored_though_only_we_set_it(make_project: Make) -> None:
    body = MINIMAL + "    lifecycle: {ignore: [fields.cf_key]}\n"

    read = manifest.read(
        make_project({"a.yaml": text(entry(body))}, "version: 1\nidentity: {key_field: cf_key}\n")
    )

    assert read.warnings == ()
