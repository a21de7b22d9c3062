"""What people read when a reference does not fit the space, word for word, against the demo world's traps."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import manifest, one
from tests.world import Space

# What is written -> the changes to the good opportunity, and what people read.
MESSAGES: dict[str, tuple[dict[str, str | None], str]] = {
    "a user who is not there": (
        {"owner": "dana@exmaple.com"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:5:12 (opportunity.acme-renewal-2027)
    5 │     owner: dana@exmaple.com
      │            ^^^^^^^^^^^^^^^^
No user has the e-mail "dana@exmaple.com".
hint: did you mean "dana@example.com"?
""",
    ),
    "a user by name": (
        {"owner": "Dana Doe"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:5:12 (opportunity.acme-renewal-2027)
    5 │     owner: Dana Doe
      │            ^^^^^^^^
No user has the e-mail "Dana Doe".
hint: did you mean "dana@example.com"?
""",
    ),
    "a deleted user": (
        {"owner": "pat@example.com"},
        """\
error: Owner is deleted [owner-deleted]
  opportunities/deals.yaml:5:12 (opportunity.acme-renewal-2027)
    5 │     owner: pat@example.com
      │            ^^^^^^^^^^^^^^^
The user Pat Quinn (pat@example.com) is deleted in Pipeliner.
hint: name another user, or have this one restored in Pipeliner
""",
    ),
    "a pipeline": (
        {"pipeline": "Renewal"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:6:15 (opportunity.acme-renewal-2027)
    6 │     pipeline: Renewal
      │               ^^^^^^^
No pipeline is called "Renewal".
hint: did you mean "Renewals"?
""",
    ),
    "a step": (
        {"step": "Contact"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:7:11 (opportunity.acme-renewal-2027)
    7 │     step: Contact
      │           ^^^^^^^
No step of the pipeline "Renewals" is called "Contact".
hint: did you mean "Contacted"?
""",
    ),
    "a step of other pipelines": (
        {"step": "Proposal"},
        """\
error: Step belongs to another pipeline [step-of-other-pipeline]
  opportunities/deals.yaml:7:11 (opportunity.acme-renewal-2027)
    7 │     step: Proposal
      │           ^^^^^^^^
The step "Proposal" belongs to "New Business" and "Partner", not to "Renewals".
hint: steps of "Renewals": "Upcoming", "Contacted", "Quoted", "Verbal Yes", "Won"
""",
    ),
    "a type": (
        {"type": "Standrad"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:12:11 (opportunity.acme-renewal-2027)
   12 │     type: Standrad
      │           ^^^^^^^^
No type of the pipeline "Renewals" is called "Standrad".
hint: did you mean "Standard"?
""",
    ),
    "a type of another pipeline": (
        {"type": "Enterprise"},
        """\
error: Type belongs to another pipeline [type-of-other-pipeline]
  opportunities/deals.yaml:12:11 (opportunity.acme-renewal-2027)
   12 │     type: Enterprise
      │           ^^^^^^^^^^
The type "Enterprise" belongs to "New Business", not to "Renewals".
hint: types of "Renewals": "Standard"
""",
    ),
    "a type that is a draft": (
        {"pipeline": "New Business", "step": None, "type": "Public Sector"},
        """\
error: Type is not published [type-unpublished]
  opportunities/deals.yaml:11:11 (opportunity.acme-renewal-2027)
   11 │     type: Public Sector
      │           ^^^^^^^^^^^^^
The type "Public Sector" of "New Business" is still a draft.
hint: have it published in Pipeliner's administration, or name another type
""",
    ),
    "an account": (
        {"account": "info@acne.example"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:10:14 (opportunity.acme-renewal-2027)
   10 │     account: info@acne.example
      │              ^^^^^^^^^^^^^^^^^
No account has the e-mail "info@acne.example".
hint: did you mean "info@acme.example" or "info@falcon.example" or "info@dune.example"?
""",
    ),
    "an account like no other": (
        {"account": "zzzz@qqqq.test"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:10:14 (opportunity.acme-renewal-2027)
   10 │     account: zzzz@qqqq.test
      │              ^^^^^^^^^^^^^^
No account has the e-mail "zzzz@qqqq.test".
hint: correct it, or make the account in Pipeliner first
""",
    ),
    "an e-mail two accounts have": (
        {"account": "info@globex.example", "contacts": None},
        """\
error: Ambiguous reference [reference-ambiguous]
  opportunities/deals.yaml:10:14 (opportunity.acme-renewal-2027)
   10 │     account: info@globex.example
      │              ^^^^^^^^^^^^^^^^^^^
2 accounts have the e-mail "info@globex.example".
hint: write one of these instead:
  {name: Globex, email: info@globex.example}  # Lyon, France
  {name: Globex Research, email: lab@globex-research.example}  # Paris, France
""",
    ),
    "a name two accounts have": (
        {"account": "Northwind Traders", "contacts": None},
        """\
error: Ambiguous reference [reference-ambiguous]
  opportunities/deals.yaml:10:14 (opportunity.acme-renewal-2027)
   10 │     account: Northwind Traders
      │              ^^^^^^^^^^^^^^^^^
2 accounts are called "Northwind Traders".
hint: write one of these instead:
  {name: Northwind Traders, email: sales@northwind.example}  # Seattle, USA
  {name: Northwind Traders, email: contact@northwind-uk.example}  # London, United Kingdom
""",
    ),
    "the e-mail of one and the name of another": (
        {"account": "{name: Globex, email: lab@globex-research.example}", "contacts": None},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:10:14 (opportunity.acme-renewal-2027)
   10 │     account: {name: Globex, email: lab@globex-research.example}
      │              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
No account has the e-mail "lab@globex-research.example" and the name "Globex".
hint: did you mean "lab@globex-research.example"?
""",
    ),
    "a contact": (
        {"contacts": "[bib@acme.example]"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:11:16 (opportunity.acme-renewal-2027)
   11 │     contacts: [bib@acme.example]
      │                ^^^^^^^^^^^^^^^^
No contact has the e-mail "bib@acme.example".
hint: did you mean "bob@acme.example"?
""",
    ),
    "a contact by name": (
        {"contacts": "[Bob Baker]"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:11:16 (opportunity.acme-renewal-2027)
   11 │     contacts: [Bob Baker]
      │                ^^^^^^^^^
No contact has the e-mail "Bob Baker".
hint: did you mean "bob@acme.example"?
""",
    ),
    "a contact linked to nobody": (
        {"contacts": "[uma@freelance.example]"},
        """\
error: Contact not linked to the account [contact-not-linked]
  opportunities/deals.yaml:11:16 (opportunity.acme-renewal-2027)
   11 │     contacts: [uma@freelance.example]
      │                ^^^^^^^^^^^^^^^^^^^^^
Uma Free (uma@freelance.example) is not linked to Acme Corporation.
hint: link the contact to the account in Pipeliner; or, if it is meant, write:
  {email: uma@freelance.example, linked: false}
""",
    ),
    "a contact of another account": (
        {
            "account": None,
            "accounts": "[{name: Globex Research, primary: true}, Umbra Optics]",
            "contacts": "[hugo@globex.example]",
        },
        """\
error: Contact not linked to the account [contact-not-linked]
  opportunities/deals.yaml:10:16 (opportunity.acme-renewal-2027)
   10 │     contacts: [hugo@globex.example]
      │                ^^^^^^^^^^^^^^^^^^^
Hugo Blanc (hugo@globex.example) is not linked to Globex Research or Umbra Optics.
hint: link the contact to the account in Pipeliner; or, if it is meant, write:
  {email: hugo@globex.example, linked: false}
""",
    ),
    "two contacts with one e-mail, both of others": (
        {"contacts": "[sam@consult.example]"},
        """\
error: Contact not linked to the account [contact-not-linked]
  opportunities/deals.yaml:11:16 (opportunity.acme-renewal-2027)
   11 │     contacts: [sam@consult.example]
      │                ^^^^^^^^^^^^^^^^^^^
2 contacts have the e-mail "sam@consult.example", none linked to Acme Corporation.
hint: link the contact to the account in Pipeliner; or, if it is meant, write:
  {id: 01689e70-a910-75c9-e131-f4400d5c6313, linked: false}  # Sam Park, sam@consult.example
  {id: 01689e71-06d0-4ecd-e2bb-68c5ba3d9f08, linked: false}  # Sam Parker, sam@consult.example
""",
    ),
    "two contacts with one e-mail, meant to be of others": (
        {"contacts": "[{email: sam@consult.example, linked: false}]"},
        """\
error: Ambiguous reference [reference-ambiguous]
  opportunities/deals.yaml:11:16 (opportunity.acme-renewal-2027)
   11 │     contacts: [{email: sam@consult.example, linked: false}]
      │                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
2 contacts have the e-mail "sam@consult.example".
hint: write one of these instead:
  {id: 01689e70-a910-75c9-e131-f4400d5c6313}  # Sam Park, sam@consult.example
  {id: 01689e71-06d0-4ecd-e2bb-68c5ba3d9f08}  # Sam Parker, sam@consult.example
""",
    ),
    "an account in two spellings": (
        {
            "account": None,
            "accounts": "[{email: info@acme.example, primary: true}, {name: Acme Corporation}]",
        },
        """\
error: Account listed twice [account-listed-twice]
  opportunities/deals.yaml:11:59 (opportunity.acme-renewal-2027)
   11 │     accounts: [{email: info@acme.example, primary: true}, {name: Acme Corporation}]
      │                                                           ^^^^^^^^^^^^^^^^^^^^^^^^
  first listed here: opportunities/deals.yaml:11:16
   11 │     accounts: [{email: info@acme.example, primary: true}, {name: Acme Corporation}]
      │                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"info@acme.example" and "Acme Corporation" are the same account: Acme Corporation.
hint: delete one of them
""",
    ),
    "a currency": (
        {"value": "10 CHF"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:9:12 (opportunity.acme-renewal-2027)
    9 │     value: 10 CHF
      │            ^^^^^^
No currency has the code "CHF".
hint: there are: "EUR", "GBP", "USD"
""",
    ),
    "a currency whose rate is to come": (
        {"value": "10 GBP"},
        """\
error: Currency without a rate [currency-without-rate]
  opportunities/deals.yaml:9:12 (opportunity.acme-renewal-2027)
    9 │     value: 10 GBP
      │            ^^^^^^
GBP has no exchange rate in force; its next one starts on 2099-01-01.
hint: an administrator can add a rate in Pipeliner, or write the value in another currency
""",
    ),
    "a sales unit": (
        {"unit": "Sales EMAE"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:12:11 (opportunity.acme-renewal-2027)
   12 │     unit: Sales EMAE
      │           ^^^^^^^^^^
No sales unit is called "Sales EMAE".
hint: did you mean "Sales EMEA"?
""",
    ),
    "a sales role": (
        {"contacts": "[{email: bob@acme.example, sales_role: Decider}]"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:11:54 (opportunity.acme-renewal-2027)
   11 │     contacts: [{email: bob@acme.example, sales_role: Decider}]
      │                                                      ^^^^^^^
No sales role is called "Decider".
hint: there are: "Blocker", "Champion", "Decision Maker", "Economic Buyer", "Influencer", "Technical
      Buyer"
""",
    ),
    "a lead source": (
        {"lead_source": "Wbe"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:12:18 (opportunity.acme-renewal-2027)
   12 │     lead_source: Wbe
      │                  ^^^
No lead source is called "Wbe".
hint: did you mean "Web"?
""",
    ),
    "an option of a dropdown": (
        {"fields": "{cf_region: EMAE}"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:12:25 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_region: EMAE}
      │                         ^^^^
No option of cf_region is called "EMAE".
hint: did you mean "EMEA"?
""",
    ),
    "an option of several": (
        {"fields": "{cf_competitors: [Umbrela, Wonka]}"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:12:31 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_competitors: [Umbrela, Wonka]}
      │                               ^^^^^^^
No option of cf_competitors is called "Umbrela".
hint: did you mean "Umbrella"?
""",
    ),
    "a custom field": (
        {"fields": "{cf_regoin: EMEA}"},
        """\
error: Unknown custom field [field-unknown]
  opportunities/deals.yaml:12:25 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_regoin: EMEA}
      │                         ^^^^
Opportunities of this space have no field with the API name "cf_regoin".
hint: did you mean "cf_region"?
""",
    ),
    "a custom field by its label": (
        {"fields": "{region: EMEA}"},
        """\
error: Unknown custom field [field-unknown]
  opportunities/deals.yaml:12:22 (opportunity.acme-renewal-2027)
   12 │     fields: {region: EMEA}
      │                      ^^^^
Opportunities of this space have no field with the API name "region".
hint: did you mean "cf_region"?
""",
    ),
    "a field of Pipeliner's own": (
        {"fields": "{owner_id: x}"},
        """\
error: Custom field cannot be set [field-not-writable]
  opportunities/deals.yaml:12:24 (opportunity.acme-renewal-2027)
   12 │     fields: {owner_id: x}
      │                        ^
"owner_id" is one of Pipeliner's own fields; `fields:` is for custom ones.
hint: write it as owner:, not under fields:
""",
    ),
    "a field of Pipeliner's own that nobody sets": (
        {"fields": "{ranking: 3}"},
        """\
error: Custom field cannot be set [field-not-writable]
  opportunities/deals.yaml:12:23 (opportunity.acme-renewal-2027)
   12 │     fields: {ranking: 3}
      │                       ^
"ranking" is one of Pipeliner's own fields; `fields:` is for custom ones.
hint: manifests cannot set it; delete the line
""",
    ),
    "a field in two currencies": (
        {"fields": "{cf_services: 10}"},
        """\
error: Custom field cannot be set [field-not-writable]
  opportunities/deals.yaml:12:27 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_services: 10}
      │                           ^^
cf_services (Services) holds an amount in two currencies, which manifests cannot say yet.
hint: delete the line
""",
    ),
    "a fraction where a whole number is wanted": (
        {"fields": "{cf_seats: 1.5}"},
        """\
error: Wrong value for a custom field [field-type]
  opportunities/deals.yaml:12:24 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_seats: 1.5}
      │                        ^^^
cf_seats (Seats) is of the type integer; 1.5 does not fit.
hint: write a whole number such as 250
""",
    ),
    "text where a number is wanted": (
        {"fields": "{cf_seats: many}"},
        """\
error: Wrong value for a custom field [field-type]
  opportunities/deals.yaml:12:24 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_seats: many}
      │                        ^^^^
cf_seats (Seats) is of the type integer; "many" does not fit.
hint: write a whole number such as 250
""",
    ),
    "text where a truth value is wanted": (
        {"fields": '{cf_strategic: "yes"}'},
        """\
error: Wrong value for a custom field [field-type]
  opportunities/deals.yaml:12:28 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_strategic: "yes"}
      │                            ^^^^^
cf_strategic (Strategic) is of the type checkbox; "yes" does not fit.
hint: write true or false
""",
    ),
    "a date in another form": (
        {"fields": "{cf_renewal_date: 31.3.2027}"},
        """\
error: Wrong value for a custom field [field-type]
  opportunities/deals.yaml:12:31 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_renewal_date: 31.3.2027}
      │                               ^^^^^^^^^
cf_renewal_date (Renewal date) is of the type date; "31.3.2027" does not fit.
hint: write a date such as 2027-03-31
""",
    ),
    "a day that does not exist": (
        {"fields": "{cf_renewal_date: 2027-02-30}"},
        """\
error: Wrong value for a custom field [field-type]
  opportunities/deals.yaml:12:31 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_renewal_date: 2027-02-30}
      │                               ^^^^^^^^^^
cf_renewal_date (Renewal date) is of the type date; "2027-02-30" does not exist.
hint: write a date such as 2027-03-31
""",
    ),
    "a date where a time is wanted": (
        {"fields": "{cf_kickoff_at: 2027-02-03}"},
        """\
error: Wrong value for a custom field [field-type]
  opportunities/deals.yaml:12:29 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_kickoff_at: 2027-02-03}
      │                             ^^^^^^^^^^
cf_kickoff_at (Kick-off at) is of the type datetime; "2027-02-03" does not fit.
hint: write a time such as 2027-03-31T14:00:00Z; without a zone it counts as UTC
""",
    ),
    "a number where text is wanted": (
        {"fields": "{cf_notes: 5}"},
        """\
error: Wrong value for a custom field [field-type]
  opportunities/deals.yaml:12:24 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_notes: 5}
      │                        ^
cf_notes (Notes) is of the type text_area; 5 does not fit.
hint: write text; in quotes where YAML would read a number or a truth value
""",
    ),
    "all contacts of no account": (
        {"account": "none", "contacts": "all"},
        """\
error: Value not allowed [bad-value]
  opportunities/deals.yaml:11:15 (opportunity.acme-renewal-2027)
   11 │     contacts: all
      │               ^^^
contacts: all means every contact of the accounts, and no account is written.
hint: write the account, or list the contacts that are meant
""",
    ),
    "an id nobody has": (
        {"id": "00000000-0000-0000-0000-000000000001"},
        """\
error: No record with this id [identity-unknown-id]
  opportunities/deals.yaml:12:9 (opportunity.acme-renewal-2027)
   12 │     id: 00000000-0000-0000-0000-000000000001
      │         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
No opportunity in Pipeliner has the id 00000000-0000-0000-0000-000000000001; it may have been
deleted.
hint: correct the id, or delete the line to have the opportunity created anew
""",
    ),
    "a list where text is wanted": (
        {"fields": "{cf_notes: [a]}"},
        """\
error: Wrong value for a custom field [field-type]
  opportunities/deals.yaml:12:24 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_notes: [a]}
      │                        ^^^
cf_notes (Notes) is of the type text_area; a list does not fit.
hint: write text; in quotes where YAML would read a number or a truth value
""",
    ),
    "more digits than a double has": (
        {"fields": "{cf_discount: 0.12345678901234567}"},
        """\
error: Wrong value for a custom field [field-type]
  opportunities/deals.yaml:12:27 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_discount: 0.12345678901234567}
      │                           ^^^^^^^^^^^^^^^^^^^
cf_discount (Discount) is of the type float; 0.12345678901234567 has more digits than Pipeliner can
keep.
hint: write a number such as 0.15
""",
    ),
}


@pytest.fixture(scope="module")
def demo() -> Iterator[Sandbox]:
    with Sandbox.serve() as running:
        yield running


@pytest.fixture
def space(demo: Sandbox, tmp_path: Path) -> Space:
    return Space(demo, tmp_path)


@pytest.mark.asks("misspelt-field")
@pytest.mark.parametrize("what", MESSAGES)
def test_what_does_not_fit_is_told_with_its_place_and_a_way_out(what: str, space: Space) -> None:
    changes, text = MESSAGES[what]

    assert space.refusal(one(**changes)) + "\n" == text


def test_every_fault_of_an_entry_is_told_at_once(space: Space) -> None:
    """Mending a manifest must not take eleven runs."""
    text = one(
        owner="nobody@example.com",
        pipeline="Nowhere",
        step="Nothing",
        account="none@acme.example",
        contacts="[who@acme.example, {email: bob@acme.example, sales_role: Jester}]",
        unit="Atlantis",
        type="Odd",
        value="10 CHF",
        fields="{cf_seats: many}",
    )

    told = [line for line in space.refusal(text).split("\n") if line.startswith(("No ", "cf_"))]

    assert told == [
        'No user has the e-mail "nobody@example.com".',
        'No pipeline is called "Nowhere".',
        'No step is called "Nothing".',
        'No currency has the code "CHF".',
        'No account has the e-mail "none@acme.example".',
        'No contact has the e-mail "who@acme.example".',
        'No sales role is called "Jester".',
        'No sales unit is called "Atlantis".',
        'No opportunity type is called "Odd".',
        'cf_seats (Seats) is of the type integer; "many" does not fit.',
    ]


def test_the_same_fault_in_many_places_is_told_once(space: Space) -> None:
    entries = {f"deal-{n}": {"name": f"Deal {n}", "owner": "dnaa@example.com"} for n in range(8)}

    told = space.refusal(manifest(entries))

    assert told.count("error:") == 1
    assert 'No user has the e-mail "dnaa@example.com". Written in 7 more places.' in told
    assert told.count("also here") == 5
