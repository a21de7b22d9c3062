"""Names that the space does not know, or knows too often: what is said, where, and what to write instead."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import Ran, manifest, one, writes

Make = Callable[..., Path]
Run = Callable[..., Ran]

# what does not fit, how it is written, everything that is said
ONLINE: Final = (
    (
        "owner",
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
    (
        "owner, nothing near",
        {"owner": "zzz@nowhere.org"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:5:12 (opportunity.acme-renewal-2027)
    5 │     owner: zzz@nowhere.org
      │            ^^^^^^^^^^^^^^^
No user has the e-mail "zzz@nowhere.org".
hint: correct the e-mail, or have the user invited in Pipeliner
""",
    ),
    (
        "owner, by id",
        {"owner": "{id: 11111111-1111-1111-1111-111111111111}"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:5:12 (opportunity.acme-renewal-2027)
    5 │     owner: {id: 11111111-1111-1111-1111-111111111111}
      │            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
No user has the id 11111111-1111-1111-1111-111111111111.
hint: an id is the same in one space only; copy it from this one, or write the name
""",
    ),
    (
        "pipeline",
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
    (
        "step",
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
    (
        "step, nothing near",
        {"step": "Zebra"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:7:11 (opportunity.acme-renewal-2027)
    7 │     step: Zebra
      │           ^^^^^
No step of the pipeline "Renewals" is called "Zebra".
hint: there are: "Upcoming", "Contacted", "Quoted", "Verbal Yes", "Won"
""",
    ),
    (
        "type",
        {"type": "Standart"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:12:11 (opportunity.acme-renewal-2027)
   12 │     type: Standart
      │           ^^^^^^^^
No type of the pipeline "Renewals" is called "Standart".
hint: did you mean "Standard"?
""",
    ),
    (
        "account, by e-mail",
        {"account": "inof@acme.example"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:10:14 (opportunity.acme-renewal-2027)
   10 │     account: inof@acme.example
      │              ^^^^^^^^^^^^^^^^^
No account has the e-mail "inof@acme.example".
hint: did you mean "info@acme.example"?
""",
    ),
    (
        "account, by name",
        {"account": "Acme Corp"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:10:14 (opportunity.acme-renewal-2027)
   10 │     account: Acme Corp
      │              ^^^^^^^^^
No account is called "Acme Corp".
hint: did you mean "Acme Corporation"?
""",
    ),
    (
        "contact",
        {"contacts": "[bobby@acme.example]"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:11:16 (opportunity.acme-renewal-2027)
   11 │     contacts: [bobby@acme.example]
      │                ^^^^^^^^^^^^^^^^^^
No contact has the e-mail "bobby@acme.example".
hint: did you mean "bob@acme.example"?
""",
    ),
    (
        "currency",
        {"value": "100 USX"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:9:12 (opportunity.acme-renewal-2027)
    9 │     value: 100 USX
      │            ^^^^^^^
No currency has the code "USX".
hint: did you mean "USD"?
""",
    ),
    (
        "unit",
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
    (
        "sales role",
        {"contacts": "[{email: bob@acme.example, sales_role: Decison Maker}]"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:11:54 (opportunity.acme-renewal-2027)
   11 │     contacts: [{email: bob@acme.example, sales_role: Decison Maker}]
      │                                                      ^^^^^^^^^^^^^
No sales role is called "Decison Maker".
hint: did you mean "Decision Maker"?
""",
    ),
    (
        "lead source",
        {"lead_source": "Webb"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:12:18 (opportunity.acme-renewal-2027)
   12 │     lead_source: Webb
      │                  ^^^^
No lead source is called "Webb".
hint: did you mean "Web"?
""",
    ),
    (
        "custom field",
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
    (
        "option",
        {"fields": "{cf_region: EMA}"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:12:25 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_region: EMA}
      │                         ^^^
No option of cf_region is called "EMA".
hint: did you mean "EMEA"?
""",
    ),
    (
        "option of several",
        {"fields": "{cf_competitors: [Tyrell, Umbrela]}"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:12:39 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_competitors: [Tyrell, Umbrela]}
      │                                       ^^^^^^^
No option of cf_competitors is called "Umbrela".
hint: did you mean "Umbrella"?
""",
    ),
    (
        "custom field of another type",
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
    (
        "account name of two accounts",
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
    (
        "account e-mail of two accounts",
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
    (
        "contact e-mail of two contacts",
        {
            "account": None,
            "accounts": "[{email: billing@initech.example, primary: true}, info@vandelay.example]",
            "contacts": "[sam@consult.example]",
        },
        """\
error: Ambiguous reference [reference-ambiguous]
  opportunities/deals.yaml:10:16 (opportunity.acme-renewal-2027)
   10 │     contacts: [sam@consult.example]
      │                ^^^^^^^^^^^^^^^^^^^
2 contacts have the e-mail "sam@consult.example".
hint: write one of these instead:
  {id: 01689e70-a910-75c9-e131-f4400d5c6313}  # Sam Park, sam@consult.example, linked to Initech
  {id: 01689e71-06d0-4ecd-e2bb-68c5ba3d9f08}  # Sam Parker, sam@consult.example, linked to Vandelay Industries
""",
    ),
    (
        "deleted owner",
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
    (
        "step of other pipelines",
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
    (
        "type of another pipeline",
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
    (
        "type that is only a draft",
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
    (
        "contact of no account",
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
    (
        "currency without a rate in force",
        {"value": "100 GBP"},
        """\
error: Currency without a rate [currency-without-rate]
  opportunities/deals.yaml:9:12 (opportunity.acme-renewal-2027)
    9 │     value: 100 GBP
      │            ^^^^^^^
GBP has no exchange rate in force; its next one starts on 2099-01-01.
hint: an administrator can add a rate in Pipeliner, or write the value in another currency
""",
    ),
    (
        "everything at once",
        {"owner": "dana@exmaple.com", "step": "Contact", "account": "Acme Corp", "unit": "Sale"},
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:5:12 (opportunity.acme-renewal-2027)
    5 │     owner: dana@exmaple.com
      │            ^^^^^^^^^^^^^^^^
No user has the e-mail "dana@exmaple.com".
hint: did you mean "dana@example.com"?

error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:7:11 (opportunity.acme-renewal-2027)
    7 │     step: Contact
      │           ^^^^^^^
No step of the pipeline "Renewals" is called "Contact".
hint: did you mean "Contacted"?

error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:10:14 (opportunity.acme-renewal-2027)
   10 │     account: Acme Corp
      │              ^^^^^^^^^
No account is called "Acme Corp".
hint: did you mean "Acme Corporation"?

error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:12:11 (opportunity.acme-renewal-2027)
   12 │     unit: Sale
      │           ^^^^
No sales unit is called "Sale".
hint: did you mean "Sales"?

4 errors in 1 file
""",
    ),
)


@pytest.mark.parametrize(("changes", "told"), [case[1:] for case in ONLINE], ids=[case[0] for case in ONLINE])
def test_a_name_that_does_not_fit_the_space(
    changes: Mapping[str, str | None], told: str, project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    folder = project(one(**changes))

    assert syncer("plan", "-q", cwd=folder) == Ran(1, "", told)
    assert syncer("apply", "-q", "--auto-approve", cwd=folder) == Ran(1, "", told)
    assert writes(sandbox) == []


@pytest.mark.usefixtures("sandbox")
def test_what_is_wrong_in_many_places_is_told_once(project: Make, syncer: Run) -> None:
    ran = syncer(
        "plan",
        "-q",
        cwd=project(manifest({f"deal-{n}": {"name": f"Deal {n}", "unit": "Sale"} for n in range(3)})),
    )

    assert ran == Ran(
        1,
        "",
        """\
error: Unknown reference [reference-unknown]
  opportunities/deals.yaml:12:11 (opportunity.deal-0)
   12 │     unit: Sale
      │           ^^^^
  also here: opportunities/deals.yaml:22:11
   22 │     unit: Sale
      │           ^^^^
  also here: opportunities/deals.yaml:32:11
   32 │     unit: Sale
      │           ^^^^
No sales unit is called "Sale". Written in 2 more places.
hint: did you mean "Sales"?
""",
    )


@pytest.mark.usefixtures("sandbox")
def test_the_suggested_yaml_mends_it(project: Make, syncer: Run) -> None:
    """What a hint says to write can be pasted."""
    told = syncer("plan", "-q", cwd=project(one(account="Northwind Traders", contacts=None))).err
    choice = next(line for line in told.splitlines() if line.startswith("  {"))

    ran = syncer("plan", "-q", cwd=project(one(account=choice.strip(), contacts=None)))

    assert ran.code == 0
    assert "[primary] → Northwind Traders" in ran.out
