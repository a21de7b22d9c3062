"""What moved in the CRM is written into the manifests, and nothing else: whole commands, a real server."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncer import manifest
from syncer.importing.pulled import Taken
from syncer.manifest import Manifests
from syncer.manifest.edit import Set
from syncer.manifest.load import load_bytes
from syncer.model.address import Address
from syncer.model.problem import SyncerError
from syncer.project.connection import connection
from syncer.project.load import load_project
from syncer.sandbox.server import Sandbox
from syncer.verbs import pull as pulling
from syncer.verbs.session import Session, open_session
from tests.depth import examples
from tests.support import MANIFEST, Ran, one

Run = Callable[..., Ran]
Make = Callable[..., Path]
APPLY = ("apply", "--auto-approve", "--grace", "0.1")
DEALS = """\
# What we sell in spring.
version: 1
defaults: {pipeline: Renewals, currency: USD}   # for all below

opportunities:
  # The big one.
  acme:
    name: "Acme renewal"   # as Bob calls it
    owner: 'dana@example.com'
    step: Contacted  # for now
    closing_date: "2027-03-31"
    value: 100   # a guess
    account: info@acme.example
    contacts: [bob@acme.example, {email: eve@acme.example, sales_role: Influencer}]  # Bob decides
    unit: Sales EMEA
    description: |
      One.

      Two.
    lead_source: Event
    fields:
      cf_region: EMEA        # where
      cf_competitors: [Umbrella, Tyrell]
      cf_seats: 10
      cf_strategic: true
      cf_notes: plain text
      cf_renewal_date: 2027-06-30

  globex: &globex {name: Globex upgrade, owner: lucas@example.com, step: Quoted, closing_date: 2027-05-01,
    value: {amount: "2500.00", currency: EUR}, account: {name: Globex Research}}

  initech:
    <<: *globex
    name: Initech rollout 2   # an own name
    account: billing@initech.example
    contacts:
      # Peter signs.
      - peter@initech.example
      - email: milton@initech.example
        primary: true
"""


def client(sandbox: Sandbox, email: str) -> str:
    return str(sandbox.store.find("Client", email=email)["id"])


def contact(sandbox: Sandbox, email: str) -> str:
    return str(sandbox.store.find("Contact", email1=email)["id"])


def deal(sandbox: Sandbox, name: str) -> str:
    return str(sandbox.store.find("Opportunity", name=name)["id"])


def step(sandbox: Sandbox, name: str, pipeline: str = "Renewals") -> str:
    within = sandbox.store.find("Pipeline", name=pipeline)["id"]
    return str(sandbox.store.find("Step", name=name, pipeline_id=within)["id"])


def option(sandbox: Sandbox, name: str) -> str:
    return str(sandbox.store.find("Data", option_name=name)["id"])


def link(sandbox: Sandbox, deal_id: str, email: str) -> Any:
    return sandbox.store.find(
        "LeadOpptyContactRelation", lead_oppty_id=deal_id, contact_id=contact(sandbox, email)
    )


def diff(folder: Path, before: str, name: str = MANIFEST) -> list[str]:
    """What git would show, without the context."""
    after = (folder / name).read_bytes().decode()
    lines = unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


@pytest.fixture
def deals(project: Make, syncer: Run, sandbox: Sandbox) -> Path:  # noqa: ARG001 (its environment)
    """A project with three deals, applied."""
    folder = project(DEALS)
    ran = syncer(*APPLY, cwd=folder)
    assert ran.code == 0, ran.err + ran.out
    assert "No changes" in syncer("plan", cwd=folder).out
    return folder


def test_every_sort_of_value_comes_into_the_file_as_it_is_written_there(
    deals: Path, syncer: Run, sandbox: Sandbox
) -> None:
    """A colleague edits fields of every sort: the diff shows them, comments stay, and the plan is empty."""
    acme, store = deal(sandbox, "Acme renewal"), sandbox.store
    store.edit(
        "Opportunity",
        acme,
        name='Acme "gold" renewal',
        owner_id=client(sandbox, "omar@example.com"),
        step_id=step(sandbox, "Quoted"),
        closing_date="2027-04-15",
        value={"base_value": 250.5, "currency_id": sandbox.store.find("Currency", code="USD")["id"]},
        description="One.\n\nThree.",
        lead_source_id=None,
        cf_region=option(sandbox, "APAC"),
        cf_competitors=[option(sandbox, "Tyrell"), option(sandbox, "Wonka")],
        cf_seats=25,
        cf_strategic=False,
        cf_notes="007",
        cf_renewal_date=None,
    )

    ran = syncer("pull", cwd=deals)

    assert ran.code == 0, ran.err
    assert diff(deals, DEALS) == [
        '-    name: "Acme renewal"   # as Bob calls it',
        "-    owner: 'dana@example.com'",
        "-    step: Contacted  # for now",
        '-    closing_date: "2027-03-31"',
        "-    value: 100   # a guess",
        '+    name: "Acme \\"gold\\" renewal"   # as Bob calls it',
        "+    owner: 'omar@example.com'",
        "+    step: Quoted  # for now",
        '+    closing_date: "2027-04-15"',
        "+    value: 250.50   # a guess",
        "-      Two.",
        "-    lead_source: Event",
        "+      Three.",
        "+    lead_source: null",
        "-      cf_region: EMEA        # where",
        "-      cf_competitors: [Umbrella, Tyrell]",
        "-      cf_seats: 10",
        "-      cf_strategic: true",
        "-      cf_notes: plain text",
        "-      cf_renewal_date: 2027-06-30",
        "+      cf_region: APAC        # where",
        "+      cf_competitors: [Tyrell, Wonka]",
        "+      cf_seats: 25",
        "+      cf_strategic: false",
        '+      cf_notes: "007"',
        "+      cf_renewal_date: null",
    ]
    assert (
        ran.out
        == """\
opportunities/deals.yaml:8: opportunity.acme name: Acme renewal → Acme "gold" renewal
opportunities/deals.yaml:9: opportunity.acme owner: dana@example.com → omar@example.com
opportunities/deals.yaml:10: opportunity.acme step: Contacted → Quoted
opportunities/deals.yaml:11: opportunity.acme closing_date: 2027-03-31 → 2027-04-15
opportunities/deals.yaml:12: opportunity.acme value: 100 → 250.50
opportunities/deals.yaml:16: opportunity.acme description: "One.\\n\\nTwo.\\n" → "One.\\n\\nThree."
opportunities/deals.yaml:20: opportunity.acme lead_source: Event → null
opportunities/deals.yaml:22: opportunity.acme fields.cf_region: EMEA → APAC
opportunities/deals.yaml:23: opportunity.acme fields.cf_competitors: [Umbrella, Tyrell] → [Tyrell, Wonka]
opportunities/deals.yaml:24: opportunity.acme fields.cf_seats: 10 → 25
opportunities/deals.yaml:25: opportunity.acme fields.cf_strategic: true → false
opportunities/deals.yaml:26: opportunity.acme fields.cf_notes: plain text → 007
opportunities/deals.yaml:27: opportunity.acme fields.cf_renewal_date: 2027-06-30 → null
"""
    )
    assert ran.err.endswith(
        "Pulled 13 values into 1 file. Review it, commit it, and run apply when it is merged.\n"
    )
    assert "No changes. 3 opportunities are as declared. 1 to remember." in syncer("plan", cwd=deals).out
    assert syncer("pull", "--check", cwd=deals).code == 0


def test_links_come_part_by_part(deals: Path, syncer: Run, sandbox: Sandbox) -> None:
    """Who was added is added, who was taken away goes, mark and role move; all others stay as they stand."""
    store, acme, initech = sandbox.store, deal(sandbox, "Acme renewal"), deal(sandbox, "Initech rollout 2")
    for email in ("otto@acme.example", "ruth@acme.example"):
        store.create(
            "LeadOpptyContactRelation",
            {"lead_oppty_id": acme, "contact_id": contact(sandbox, email), "is_primary": "ruth" in email},
        )
    store.edit("LeadOpptyContactRelation", link(sandbox, acme, "bob@acme.example")["id"], is_primary=False)
    store.delete("LeadOpptyContactRelation", link(sandbox, acme, "eve@acme.example")["id"])
    store.edit(
        "LeadOpptyContactRelation", link(sandbox, initech, "peter@initech.example")["id"], is_primary=True
    )
    store.edit(
        "LeadOpptyContactRelation", link(sandbox, initech, "milton@initech.example")["id"], is_primary=False
    )
    store.create(
        "LeadOpptyAccountRelation",
        {
            "lead_oppty_id": acme,
            "account_id": store.find("Account", name="Hooli")["id"],
            "is_primary": False,
        },
    )

    ran = syncer("pull", cwd=deals)

    assert ran.code == 0, ran.err
    assert diff(deals, DEALS) == [
        "-    account: info@acme.example",
        "-    contacts: [bob@acme.example, {email: eve@acme.example, sales_role: Influencer}]  # Bob decides",
        "+    accounts: [{email: info@acme.example, primary: true}, deals@hooli.example]",
        (
            "+    contacts: [bob@acme.example, otto@acme.example, {email: ruth@acme.example, primary: true}]"
            "  # Bob decides"
        ),
        "-        primary: true",
    ]
    assert "No changes" in syncer("plan", cwd=deals).out


def test_what_comes_from_elsewhere_becomes_a_value_of_the_entry(
    deals: Path, syncer: Run, sandbox: Sandbox
) -> None:
    """From defaults and from a merge key; an amount apart from its currency stays apart."""
    store, initech = sandbox.store, deal(sandbox, "Initech rollout 2")
    usd = store.find("Currency", code="USD")["id"]
    store.edit(
        "Opportunity",
        initech,
        owner_id=client(sandbox, "mei@example.com"),
        step_id=step(sandbox, "Lead In", "New Business"),
        value={"base_value": 10, "currency_id": usd},
    )

    ran = syncer("pull", cwd=deals)

    assert ran.code == 0, ran.err
    assert diff(deals, DEALS) == [
        "+    owner: mei@example.com",
        "+    step: Lead In",
        "+    value: {amount: 10, currency: USD}",
        "+    pipeline: New Business",
    ]
    assert "No changes" in syncer("plan", cwd=deals).out


def test_what_others_share_is_refused_with_its_place(deals: Path, syncer: Run, sandbox: Sandbox) -> None:
    """The value by an anchor stays, since another entry reads it too; what is to be written is shown."""
    globex = deal(sandbox, "Globex upgrade")
    sandbox.store.edit("Opportunity", globex, name="Globex 2", owner_id=client(sandbox, "mei@example.com"))

    checked = syncer("pull", "--check", cwd=deals)
    ran = syncer("pull", cwd=deals)

    assert (checked.code, ran.code) == (2, 3)
    assert [line[:40] for line in diff(deals, DEALS)] == [
        "-  globex: &globex {name: Globex upgrade",
        "+  globex: &globex {name: Globex 2, owne",
    ]
    assert ran.err.count("not-pulled") == 1
    assert (
        "owner moved in the CRM. It is written once for several values: opportunities.initech.owner"
        in ran.err
    )
    assert "hint: write it by hand: owner: mei@example.com" in ran.err


def test_a_conflict_is_left_until_it_is_taken(deals: Path, syncer: Run, sandbox: Sandbox) -> None:
    """Both moved the name; one field of the deal is taken, then all of it."""
    acme, file = deal(sandbox, "Acme renewal"), deals / MANIFEST
    edited = DEALS.replace("Acme renewal", "Acme 2027").replace('"2027-03-31"', '"2027-03-30"')
    file.write_text(edited)
    sandbox.store.edit("Opportunity", acme, name="Acme, renewed", closing_date="2027-04-01", cf_seats=11)

    first = syncer("pull", cwd=deals)

    assert first.code == 0
    assert diff(deals, edited) == ["-      cf_seats: 10", "+      cf_seats: 11"]
    assert "The manifests and the CRM have both moved name, closing_date, differently." in first.err
    assert "hint: syncer pull --take crm opportunity.acme writes what the CRM has;" in first.err

    assert syncer("pull", "--take", "crm", "acme:name", cwd=deals).code == 0
    assert '    name: "Acme, renewed"   # as Bob calls it\n' in file.read_text()
    assert '    closing_date: "2027-03-30"\n' in file.read_text()
    assert syncer("pull", "--take", "crm", "opportunity.acme", "--check", cwd=deals).code == 2
    assert syncer("pull", "--take", "crm", "opportunity.acme", cwd=deals).code == 0
    assert "No changes" in syncer("plan", cwd=deals).out


def test_without_a_memory_nobody_knows_who_moved(deals: Path, syncer: Run, sandbox: Sandbox) -> None:
    """It says so, and how to go on; what is taken is written all the same."""
    shutil.rmtree(deals / ".syncer")
    sandbox.store.edit("Opportunity", deal(sandbox, "Acme renewal"), cf_seats=11, closing_date="2027-04-01")

    ran = syncer("pull", cwd=deals)

    assert (ran.code, ran.out, diff(deals, DEALS)) == (0, "", [])
    assert " ".join(ran.err.split()).endswith(
        "2 fields differ of which nothing was ever agreed, so nobody can tell who moved. To take the CRM's "
        "side: syncer pull --take crm opportunity.acme:closing_date "
        "Nothing is remembered of this space yet; the next apply begins with it. Nothing to pull."
    )
    assert syncer("pull", "--take", "crm", "acme", cwd=deals).code == 0
    assert diff(deals, DEALS) == [
        '-    closing_date: "2027-03-31"',
        '+    closing_date: "2027-04-01"',
        "-      cf_seats: 10",
        "+      cf_seats: 11",
    ]


def test_only_what_is_asked_for_is_pulled(deals: Path, syncer: Run, sandbox: Sandbox) -> None:
    """By address, by file, and not at all with --check."""
    other = deals / "opportunities/other.yaml"
    text = one("other", name="Other deal", contacts=None)
    other.write_text(text)
    assert syncer(*APPLY, cwd=deals).code == 0
    for name in ("Acme renewal", "Initech rollout 2", "Other deal"):
        sandbox.store.edit("Opportunity", deal(sandbox, name), closing_date="2027-12-24")

    checked = syncer("pull", "--check", cwd=deals)
    assert (checked.code, checked.out.count("2027-12-24")) == (2, 3)
    assert "There is something to pull: 3 values, in 2 files." in checked.err
    assert (diff(deals, DEALS), other.read_text()) == ([], text)
    assert syncer("pull", "--target", "opportunity.acme", cwd=deals).code == 0
    assert diff(deals, DEALS) == ['-    closing_date: "2027-03-31"', '+    closing_date: "2027-12-24"']
    assert syncer("pull", "opportunities/other.yaml", cwd=deals).code == 0
    assert other.read_text() == text.replace("2027-03-31", "2027-12-24")
    assert diff(deals, DEALS) == ['-    closing_date: "2027-03-31"', '+    closing_date: "2027-12-24"']


def test_line_ends_and_the_byte_order_mark_stay(project: Make, syncer: Run, sandbox: Sandbox) -> None:
    """A file from Windows stays one, and keeps its permissions."""
    text = "\ufeff" + one().replace("\n", "\r\n").rstrip()
    folder = project({MANIFEST: text.encode()})
    (folder / MANIFEST).chmod(0o640)
    assert syncer(*APPLY, cwd=folder).code == 0
    sandbox.store.edit(
        "Opportunity", deal(sandbox, "Acme renewal 2027"), description="a\nb", lead_source_id=None
    )
    sandbox.store.edit("Opportunity", deal(sandbox, "Acme renewal 2027"), name="Ümläut")

    assert syncer("pull", cwd=folder).code == 0
    assert (folder / MANIFEST).read_bytes().decode() == text.replace("Acme renewal 2027", "Ümläut")
    assert (folder / MANIFEST).stat().st_mode & 0o777 == 0o640


def test_names_that_several_have_are_told_apart(deals: Path, syncer: Run, sandbox: Sandbox) -> None:
    """By an id, with a word of whose it is; and contacts that belong to other accounts now say so."""
    store, acme = sandbox.store, deal(sandbox, "Acme renewal")
    quiet = store.find("Account", name="Quiet Partners")
    own = {key: quiet[key] for key in ("name", "owner_id", "unit_id", "account_type_id")}
    store.create("Account", {**own, "city": "Geneva"})
    row = store.find("LeadOpptyAccountRelation", lead_oppty_id=acme)
    store.create(
        "LeadOpptyAccountRelation", {"lead_oppty_id": acme, "account_id": quiet["id"], "is_primary": True}
    )
    store.delete("LeadOpptyAccountRelation", row["id"])

    ran = syncer("pull", cwd=deals)

    assert ran.code == 0, ran.err
    assert diff(deals, DEALS) == [
        "-    account: info@acme.example",
        "-    contacts: [bob@acme.example, {email: eve@acme.example, sales_role: Influencer}]  # Bob decides",
        f"+    account: {{id: {quiet['id']}}}  # Quiet Partners, Zurich, Switzerland",
        (
            "+    contacts: [{email: bob@acme.example, linked: false}, {email: eve@acme.example, "
            "sales_role: Influencer, linked: false}]  # Bob decides"
        ),
    ]
    assert "No changes" in syncer("plan", cwd=deals).out


def test_what_no_manifest_can_say_is_left_alone(deals: Path, syncer: Run, sandbox: Sandbox) -> None:
    """It is said, with the reason; the rest is pulled."""
    store, acme = sandbox.store, deal(sandbox, "Acme renewal")
    eve = link(sandbox, acme, "eve@acme.example")
    role = store.find("SalesRole", name="Decision Maker")["id"]
    store.create(
        "LeadOpptyContactSalesRoleRelation",
        {"lead_oppty_contact_relation_id": eve["id"], "sales_role_id": role},
    )
    store.edit("Opportunity", acme, owner_id=client(sandbox, "ingrid@example.com"), cf_seats=11)

    ran = syncer("pull", cwd=deals)

    assert ran.code == 0
    assert diff(deals, DEALS) == [
        "-    owner: 'dana@example.com'",
        "+    owner: 'ingrid@example.com'",
        "-      cf_seats: 10",
        "+      cf_seats: 11",
    ]
    told = "contacts: It moved in the CRM; has several sales roles: Decision Maker, Influencer."
    assert told in " ".join(ran.err.split())


@pytest.mark.parametrize("text", ["x: {owner: me}", "a\n    owner: mei@example.com", "*globex", "x #y"])
def test_what_a_stranger_writes_is_a_text(deals: Path, syncer: Run, sandbox: Sandbox, text: str) -> None:
    """Whatever it would be in YAML: it stands in one field, and no other one changes."""
    acme = deal(sandbox, "Acme renewal")
    sandbox.store.edit("Opportunity", acme, description=text, cf_notes=text)

    assert syncer("pull", cwd=deals).code == 0
    found = load_bytes((deals / MANIFEST).read_bytes(), MANIFEST).value
    entry = found["opportunities"]["acme"]
    assert (entry["description"].rstrip("\n"), entry["fields"]["cf_notes"].rstrip("\n")) == (text, text)
    before = load_bytes(DEALS.encode(), MANIFEST).value
    entry["description"] = before["opportunities"]["acme"]["description"]
    entry["fields"]["cf_notes"] = "plain text"
    assert found == before


def test_a_deal_that_was_lost_is_lost_in_the_manifest_too(deals: Path, syncer: Run, sandbox: Sandbox) -> None:
    """The loss comes with what else moved, and afterwards nothing is to be written."""
    acme = deal(sandbox, "Acme renewal")
    sandbox.store.edit("Opportunity", acme, cf_seats=11, closing_date="2027-04-01")
    sandbox.store.edit("Opportunity", acme, is_archived=True)

    ran = syncer("pull", cwd=deals)

    found = diff(deals, DEALS)
    assert ran.code == 0, ran.err
    assert "+    lost: true" in found
    assert "+      cf_seats: 11" in found
    assert len(found) == 5
    assert "No changes" in syncer("plan", cwd=deals).out


def test_a_deal_that_was_won_is_won_in_the_manifest_too(deals: Path, syncer: Run, sandbox: Sandbox) -> None:
    """Its last step comes with what else moved, and afterwards nothing is to be written."""
    acme = deal(sandbox, "Acme renewal")
    sandbox.store.edit("Opportunity", acme, step_id=step(sandbox, "Won"), cf_seats=30)

    assert syncer("pull", cwd=deals).code == 0
    assert diff(deals, DEALS) == [
        "-    step: Contacted  # for now",
        "+    step: Won  # for now",
        "-      cf_seats: 10",
        "+      cf_seats: 30",
    ]
    assert "No changes" in syncer("plan", cwd=deals).out


def test_what_was_declared_empty_is_agreed_to_be_empty(project: Make, syncer: Run, sandbox: Sandbox) -> None:
    """A colleague fills it: it is the CRM that moved, from the very first apply on."""
    text = one(lead_source="null", account="none", contacts=None, fields="{cf_region: null}  # nobody knows")
    folder = project(text)
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    assert syncer("apply", "plan.json", "--grace", "0.1", cwd=folder).code == 0
    deal_id = deal(sandbox, "Acme renewal 2027")
    sandbox.store.edit(
        "Opportunity", deal_id, lead_source_id=option(sandbox, "Web"), cf_region=option(sandbox, "APAC")
    )
    sandbox.store.create(
        "LeadOpptyAccountRelation",
        {
            "lead_oppty_id": deal_id,
            "account_id": sandbox.store.find("Account", name="Hooli")["id"],
            "is_primary": True,
        },
    )

    assert syncer("pull", cwd=folder).code == 0
    assert diff(folder, text) == [
        "-    account: none",
        "-    lead_source: null",
        "-    fields: {cf_region: null}  # nobody knows",
        "+    account: deals@hooli.example",
        "+    lead_source: Web",
        "+    fields: {cf_region: APAC}  # nobody knows",
    ]


def test_the_entry_of_a_deleted_deal_is_taken_out(deals: Path, syncer: Run, sandbox: Sandbox) -> None:
    """With its comments, and nothing around it; afterwards nothing is said of it any more."""
    sandbox.store.delete("Opportunity", deal(sandbox, "Acme renewal"))

    checked = syncer("pull", "--check", cwd=deals)
    ran = syncer("pull", cwd=deals)

    line = "opportunities/deals.yaml:7: opportunity.acme: deleted in the CRM, so its entry is taken out\n"
    assert (checked.code, checked.out, ran.code, ran.out) == (2, line, 0, line)
    assert "There is something to pull: 1 entry to take out, in 1 file." in checked.err
    assert "Pulled 1 entry into 1 file." in ran.err
    start, end = DEALS.index("  acme:"), DEALS.index("  globex:")
    assert (deals / MANIFEST).read_text() == DEALS[:start] + "\n" + DEALS[end:]
    assert "No changes. 2 opportunities are as declared." in syncer("plan", cwd=deals).out


def test_the_entry_of_a_deal_that_nobody_can_see_stays(deals: Path, syncer: Run, sandbox: Sandbox) -> None:
    """Deleted for good, or hidden from this user: nobody can tell, so a person decides."""
    sandbox.reset()

    ran = syncer("pull", cwd=deals)

    assert (ran.code, ran.out, diff(deals, DEALS)) == (0, "", [])
    assert ran.err.count("It cannot be seen in the CRM any more") == 3


def test_the_entry_of_a_deleted_deal_that_others_read_stays(
    deals: Path, syncer: Run, sandbox: Sandbox
) -> None:
    """Another entry takes its values from it."""
    sandbox.store.delete("Opportunity", deal(sandbox, "Globex upgrade"))

    ran = syncer("pull", cwd=deals)

    assert (ran.code, ran.out, diff(deals, DEALS)) == (3, "", [])
    assert "It is deleted in the CRM; its entry stays. The file could not be read any more." in " ".join(
        ran.err.split()
    )


def test_files_that_are_not_ours_to_write_stay(
    deals: Path, syncer: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Outside the project, behind a link, write-protected: what moved is shown, and nothing is written."""
    sandbox.store.edit("Opportunity", deal(sandbox, "Acme renewal"), closing_date="2027-12-24")
    file, elsewhere = deals / MANIFEST, tmp_path / "elsewhere.yaml"

    file.chmod(0o444)
    ran = syncer("pull", cwd=deals)
    assert ran.code == 3
    assert "opportunities/deals.yaml is write-protected." in " ".join(ran.err.split())

    file.rename(elsewhere)
    ran = syncer("pull", elsewhere, cwd=deals)
    assert ran.code == 3
    assert "is not in the project. hint: write it by hand: closing_date: 2027-12-24" in " ".join(
        ran.err.split()
    )

    elsewhere.rename(deals / "real.yaml")
    file.symlink_to("../real.yaml")
    ran = syncer("pull", cwd=deals)
    assert ran.code == 3
    assert "opportunities/deals.yaml is reached through a link; it is " in " ".join(ran.err.split())
    assert (file.is_symlink(), diff(deals, DEALS)) == (True, [])


@contextmanager
def reading(folder: Path, sandbox: Sandbox) -> Iterator[tuple[Session, Manifests]]:
    """A session on a project whose manifests were read."""
    loaded = load_project(folder / "syncer.yaml")
    with open_session(loaded, connection(loaded, None, sandbox.env())) as session:
        yield session, manifest.read(loaded)


@pytest.mark.parametrize("now", [DEALS + "# more\n", None])
def test_a_file_that_changed_meanwhile_is_not_overwritten(
    deals: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, now: str | None
) -> None:
    """Edited or deleted: nothing is written at all, and it says to run it again."""
    sandbox.store.edit("Opportunity", deal(sandbox, "Acme renewal"), closing_date="2027-12-24")
    monkeypatch.chdir(deals)
    with reading(deals, sandbox) as (session, manifests):
        if now is None:
            (deals / MANIFEST).unlink()
        else:
            (deals / MANIFEST).write_text(now)
        with pytest.raises(SyncerError) as told:
            pulling.compared(session, manifests)

    assert [(problem.code, problem.detail) for problem in told.value.problems] == [
        ("file-changed", "opportunities/deals.yaml has changed since it was read.")
    ]


def test_a_file_that_would_be_wrong_is_not_written(deals: Path, sandbox: Sandbox) -> None:
    """Should a value be no value of its field, the file stays, and what would be written is shown."""
    with reading(deals, sandbox) as (session, manifests):
        entries = {entry.address: entry for entry in manifests.declared}
        address = Address("opportunity", "acme")
        place = ("opportunities", "acme", "closing_date")
        wrong = Taken(address, "closing_date", place, Set(place, "soon"), "2027-03-31", "soon")

        edited = pulling._edited(session.project, MANIFEST, [wrong], entries)

    (problem,) = edited.left
    assert edited.lines == ()
    assert problem.detail.startswith("closing_date moved in the CRM. The file would be wrong: ")
    assert problem.hint == "write it by hand: closing_date: soon"


@pytest.mark.parametrize("policy", ["report", "update"])
def test_what_the_policy_would_do_does_not_matter(
    deals: Path, syncer: Run, sandbox: Sandbox, policy: str
) -> None:
    """Who pulls wants what the CRM has; afterwards there is nothing to report, or to overwrite."""
    (deals / "syncer.yaml").write_text(f"version: 1\npolicy: {{existing: {policy}}}\n")
    sandbox.store.edit("Opportunity", deal(sandbox, "Acme renewal"), cf_seats=11)

    assert syncer("pull", cwd=deals).code == 0
    assert diff(deals, DEALS) == ["-      cf_seats: 10", "+      cf_seats: 11"]
    assert "No changes" in syncer("plan", cwd=deals).out


def test_what_is_imported_is_pulled(project: Make, syncer: Run, sandbox: Sandbox) -> None:
    """Import agrees on what is there: a colleague's edits come into its files, and git's are kept."""
    folder = project({}, "version: 1\n")
    assert syncer("import", "--split", "none", cwd=folder).code == 0
    name = "opportunities/opportunities.yaml"
    text = (folder / name).read_text().replace("lucas@example.com", "dana@example.com")
    (folder / name).write_text(text)
    sandbox.store.edit(
        "Opportunity", deal(sandbox, "Globex expansion"), name="Globex, grown", description="Yes."
    )

    assert syncer("pull", cwd=folder).code == 0
    assert diff(folder, text, name) == ["-    name: Globex expansion", '+    name: "Globex, grown"']
    assert "owner" in syncer("plan", cwd=folder).out


# A field and what colleagues may make of it; what no manifest can say is among it.
EDITS = (
    ("name", "Deal: 2"),
    ("name", "# no comment"),
    ("name", 'it\'s "so"'),
    ("name", "bell\x07"),
    ("description", "yes"),
    ("description", "a\n\n  b\nc\n"),
    ("description", " led\ttab"),
    ("description", None),
    ("closing_date", "2028-02-29"),
    ("cf_notes", "null"),
    ("cf_notes", "- a\n- b"),
    ("cf_notes", None),
    ("cf_seats", 0),
    ("cf_seats", None),
    ("cf_strategic", False),
    ("cf_renewal_date", "2029-01-01"),
)


@settings(max_examples=examples(5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.sampled_from(EDITS), min_size=2, max_size=6))
def test_after_a_pull_the_plan_shows_none_of_it(
    deals: Path, syncer: Run, sandbox: Sandbox, edits: list[tuple[str, Any]]
) -> None:
    """Whatever moved: what is left was said, comments are there, and the next apply remembers the rest."""
    owner = client(sandbox, "dana@example.com")
    (acme,) = [row["id"] for row in sandbox.store.rows("Opportunity") if row["owner_id"] == owner]
    sandbox.store.edit("Opportunity", acme, **dict(edits))

    ran = syncer("pull", cwd=deals)

    assert ran.code == 0
    assert ("No changes" in syncer("plan", cwd=deals).out) == ("not-pulled" not in ran.err)
    said = [line.partition(" # ")[2] for line in DEALS.splitlines()]
    assert [each for each in said if each not in (deals / MANIFEST).read_text()] == []
    assert syncer(*APPLY, "--existing", "update", cwd=deals).code == 0
