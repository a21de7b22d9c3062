"""Several kinds are imported at once, each by its table: nothing here knows what a company is but that."""

from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.cli.import_ import import_
from syncer.importing.files import splits
from syncer.kinds.account import ACCOUNT
from syncer.kinds.contact import CONTACT
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.kinds.registry import KINDS
from syncer.sandbox.server import Sandbox
from tests.kinds.registered import registered
from tests.support import Ran
from tests.toys import COMPANY

Run = Callable[..., Ran]
Make = Callable[..., Path]
SETTINGS = "version: 1\nmanifests: [companies/, opportunities/]\n"


pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, COMPANY.name, COMPANY)


def written(folder: Path) -> dict[str, str]:
    """Return the manifests of a project."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.yaml")
        if path.name != "syncer.yaml"
    }


def test_each_kind_goes_into_a_folder_of_its_own(project: Make, syncer: Run) -> None:
    """It is called as the section, and the files say it; what is wanted of the owner is said of both."""
    folder = project({}, SETTINGS)
    ran = syncer("import", "--kinds", "opportunity, Companies", "--owner", "lucas@example.com", cwd=folder)

    assert (ran.code, ran.out) == (0, "opportunities/lucas.yaml\ncompanies/lucas.yaml\n")
    assert "Imported 1 opportunity and 10 companies into 2 files." in ran.err
    assert "Reading the opportunities and companies of space" in ran.err
    deals, companies = written(folder)["opportunities/lucas.yaml"], written(folder)["companies/lucas.yaml"]
    assert "\nopportunities:\n  globex-expansion:\n    name: Globex expansion\n" in deals
    assert "\ndefaults: {owner: lucas@example.com}\ncompanies:\n" in companies
    assert companies.endswith(
        "\n  verde-agricola:\n    name: Verde Agricola\n    email: info@verde.example\n    city: Bologna\n"
    )


def test_one_kind_goes_into_the_folder_that_is_named(project: Make, syncer: Run) -> None:
    """A kind that has no pipeline cannot be put into files by it: there is one."""
    folder = project({}, SETTINGS)
    ran = syncer(
        *("import", "--kinds", "company", "--split", "pipeline", "--out", "companies/old"), cwd=folder
    )

    assert (ran.code, ran.out) == (0, "companies/old/companies.yaml\n")
    assert "Imported 41 companies into 1 file." in ran.err


def test_several_kinds_go_into_folders_in_the_one_that_is_named(project: Make, syncer: Run) -> None:
    """And what does not find them there says how to plan all of them."""
    folder = project({}, SETTINGS)
    ran = syncer(*("import", "--kinds", "company,opportunity", "--split", "none", "--out", "old"), cwd=folder)

    assert ran.out == "old/opportunities/opportunities.yaml\nold/companies/companies.yaml\n"
    assert ran.err.splitlines()[-1].endswith("plan them with: syncer plan old/opportunities old/companies")


def test_an_option_narrows_the_kinds_that_have_it(project: Make, syncer: Run) -> None:
    """Companies have no pipeline, so they are all there."""
    ran = syncer(
        *("import", "--kinds", "company,opportunity", "--pipeline", "Renewals"), cwd=project({}, SETTINGS)
    )

    assert "Imported 41 companies into 6 files." in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--pipeline", "Renewals", "--step", "First"), "--pipeline fits no company."),
        (("--pipeline", "Renewals", "--step", "First"), "--step fits no company."),
        (("--account", "Globex"), "--account fits no company."),
        (("--since", "2027-01-01"), "A day, --since or --until, fits no company."),
        (("--include-lost",), "--include-lost fits no company."),
    ],
)
def test_an_option_that_narrows_none_of_them_is_refused(
    options: tuple[str, ...], said: str, project: Make, syncer: Run
) -> None:
    """Else everything would be imported, and nobody would know why; all of them are told at once."""
    ran = syncer("import", "--kinds", "company", *options, cwd=project({}, SETTINGS))

    assert (ran.code, ran.out) == (64, "")
    assert said in ran.err


@pytest.mark.parametrize(
    ("kinds", "said"),
    [("deal,company,x", "There is no kind deal and x."), (" , ", "--kinds names none.")],
)
def test_a_kind_that_is_not_there_is_refused(kinds: str, said: str, project: Make, syncer: Run) -> None:
    """The kinds that are there are listed."""
    ran = syncer("import", "--kinds", kinds, cwd=project({}, SETTINGS))

    assert ran.code == 64
    assert said in ran.err
    assert "kinds are account, contact, opportunity and company" in ran.err


def test_two_of_one_name_are_found_by_their_ids(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    """Whether all were read, or those of one owner alone: then its namesakes are looked for."""
    twins = [row for row in sandbox.store.rows("Account") if row["name"] == "Northwind Traders"]
    owner = sandbox.store.get("Client", twins[0]["owner_id"])["email"]
    texts = []
    for narrowed in ((), ("--owner", owner)):
        folder = project({}, SETTINGS)
        syncer("import", "--kinds", "company", "--split", "none", "--force", *narrowed, cwd=folder)
        texts.append(written(folder)["companies/companies.yaml"])

    for text in texts:
        assert f"    id: {twins[0]['id']}  # another one has the same name\n" in text


def test_files_are_made_by_what_every_record_has() -> None:
    """The choices of the option are the references that a kind requires."""
    (split,) = (option for option in import_.params if option.name == "split")
    assert tuple(getattr(split.type, "choices", ())) == splits() == ("owner", "pipeline", "none")


def test_what_no_name_tells_apart_is_referred_to_by_its_key(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    """Accounts come first, so that contacts and deals can say which of two of one name they mean."""
    store = sandbox.store
    twins = [row for row in store.rows("Account") if row["name"] == "Northwind Traders"]
    for row in twins:
        store.edit("Account", row["id"], email1="")
    deal = store.find("Opportunity", name="Globex expansion")
    link = store.find("LeadOpptyAccountRelation", lead_oppty_id=deal["id"])
    store.edit("LeadOpptyAccountRelation", link["id"], account_id=twins[1]["id"])
    folder = project({}, "version: 1\n")

    with registered(ACCOUNT, CONTACT, OPPORTUNITY):
        ran = syncer(*("import", "--kinds", "opportunity,contact,account", "--split", "none"), cwd=folder)

    assert ran.out.split() == [
        *("accounts/accounts.yaml", "contacts/contacts.yaml", "opportunities/opportunities.yaml")
    ]
    assert "Imported 41 accounts, 102 contacts and 2 opportunities into 3 files." in ran.err
    accounts, contacts, deals = (written(folder)[name] for name in ran.out.split())
    for row, key in zip(twins, ("northwind-traders", "northwind-traders-2"), strict=True):
        assert f"    id: {row['id']}  # another one has the same name\n" in accounts
        assert f"\n  {key}:\n    name: Northwind Traders\n" in accounts
    assert "\n    account: {ref: northwind-traders}\n" in contacts
    assert "    account: {ref: northwind-traders" in deals
    assert "unsubscribed" not in accounts + contacts


def test_what_was_imported_plans_to_nothing_and_is_pulled_when_it_moves(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    """What a colleague changes in the CRM is written into the file, at its place and nowhere else."""
    folder = project({}, SETTINGS)
    file = folder / "companies/companies.yaml"
    syncer("import", "--kinds", "company", "--split", "none", cwd=folder)
    assert "No changes. 41 companies are as declared." in syncer("plan", cwd=folder).out
    before = file.read_text(encoding="utf-8")

    sandbox.edit(
        *("Account", sandbox.store.find("Account", name="Acme Corporation")["id"]), city="Graz", name="Acme"
    )
    moved = syncer("plan", cwd=folder).out
    pulled = syncer("pull", cwd=folder)

    assert "! drift company.acme-corporation" in moved
    assert "1 company with fields that somebody has changed in the CRM" in moved
    assert pulled.out.splitlines() == [
        "companies/companies.yaml:5: company.acme-corporation name: Acme Corporation → Acme",
        "companies/companies.yaml:8: company.acme-corporation city: Berlin → Graz",
    ]
    after = before.replace("name: Acme Corporation", "name: Acme").replace("Berlin", "Graz", 1)
    assert file.read_text(encoding="utf-8") == after
    assert "No changes. 41 companies are as declared." in syncer("plan", cwd=folder).out


def test_records_of_all_kinds_are_pulled(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    """Each moves in the file of its own kind, and the plan after it is empty for all of them."""
    store = sandbox.store
    folder = project({}, "version: 1\nmanifests: [accounts/, contacts/, opportunities/]\n")
    with registered(ACCOUNT, CONTACT, OPPORTUNITY):
        syncer(*("import", "--kinds", "account,contact,opportunity", "--split", "none"), cwd=folder)
        planned = syncer("plan", cwd=folder).out
        sandbox.edit("Account", store.find("Account", name="Globex")["id"], country="Austria")
        sandbox.edit("Contact", store.find("Contact", email1="bob@acme.example")["id"], last_name="Bakerman")
        sandbox.edit("Opportunity", store.find("Opportunity", name="Globex expansion")["id"], name="Globex 2")
        pulled = syncer("pull", cwd=folder).out
        again = syncer("plan", cwd=folder).out

    same = "No changes. 41 accounts, 102 contacts and 2 opportunities are as declared."
    assert same in planned
    assert [line.partition(": ")[2] for line in pulled.splitlines()] == [
        "account.globex country: France → Austria",
        "contact.bob-baker last_name: Baker → Bakerman",
        "opportunity.globex-expansion name: Globex expansion → Globex 2",
    ]
    assert same in again
