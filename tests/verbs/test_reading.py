"""Records of several kinds are read, resolved and matched in the order in which they refer to each other."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncer import manifest as manifests
from syncer.kinds.account import ACCOUNT
from syncer.kinds.contact import CONTACT
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.manifest import Manifests
from syncer.model.problem import ResolveError
from syncer.project import load as projects
from syncer.project.connection import connection
from syncer.project.load import Project
from syncer.sandbox.server import Sandbox
from syncer.verbs.plan import Planned, plan
from syncer.verbs.session import open_session
from tests.kinds.registered import registered
from tests.support import write_files

ACCOUNTS = """\
version: 1
accounts:
  newco: {name: New Co, owner: dana@example.com, email: info@newco.example}
  acme: {name: Acme Corporation, owner: dana@example.com, email: info@acme.example}
"""
CONTACTS = """\
version: 1
contacts:
  nina: {first_name: Nina, last_name: New, owner: dana@example.com, account: {ref: newco}}
  nils: {first_name: Nils, last_name: New, owner: dana@example.com, account: {ref: newco}}
"""
DEAL = """\
    owner: dana@example.com
    pipeline: Renewals
    closing_date: 2027-03-31
    value: 100 USD
"""
DEALS = f"""\
version: 1
opportunities:
  new:
    name: New deal
    account: {{ref: newco}}
    contacts: [{{ref: nina}}]
{DEAL}  old:
    name: Old deal
    account: {{ref: acme}}
    contacts: [bob@acme.example]
{DEAL}"""
SETTINGS = 'version: 1\nmanifests: ["**/*.yaml"]\n'
FILES = {"accounts/a.yaml": ACCOUNTS, "contacts/c.yaml": CONTACTS, "opportunities/o.yaml": DEALS}


@pytest.fixture(autouse=True)
def _three() -> Iterator[None]:
    with registered(ACCOUNT, CONTACT, OPPORTUNITY):
        yield


@pytest.fixture
def planned(sandbox: Sandbox, tmp_path: Path) -> Callable[..., Planned]:
    def make(files: dict[str, str], *paths: str, targets: tuple[str, ...] = ()) -> Planned:
        folder = write_files(tmp_path, {"syncer.yaml": SETTINGS, **files})
        project = projects.load_project(folder / "syncer.yaml")
        with open_session(project, connection(project, None, sandbox.env())) as session:
            return plan(session, _read(project, folder, paths), targets=targets)

    return make


def _read(project: Project, folder: Path, paths: tuple[str, ...]) -> Manifests:
    return manifests.read(project, [folder / path for path in paths], with_rest=bool(paths))


def told(planned: Planned) -> dict[str, str]:
    return {str(change.address): str(change.action) for change in planned.plan.changes}


def test_what_is_declared_of_one_kind_is_known_to_the_next(planned: Callable[..., Planned]) -> None:
    """Whether it is there yet or not; a contact of an account that is named by its key is known to be one."""
    made = planned(FILES)

    assert told(made) == {
        "account.acme": "no-op",
        "account.newco": "create",
        "contact.nils": "create",
        "contact.nina": "create",
        "opportunity.new": "create",
        "opportunity.old": "create",
    }
    assert {problem.code for problem in made.plan.problems} == set()
    (new,) = (change for change in made.plan.changes if str(change.address) == "opportunity.new")
    assert list(new.desired["accounts"]) == ["account.newco"]
    assert list(new.desired["contacts"]) == ["contact.nina"]


def test_what_a_target_refers_to_goes_along_where_it_is_not_there_yet(
    planned: Callable[..., Planned],
) -> None:
    """And only that; it says why."""
    made = planned(FILES, targets=("opportunity.new",))

    assert told(made) == {"account.newco": "create", "contact.nina": "create", "opportunity.new": "create"}
    notes = {str(change.address): change.notes for change in made.plan.changes if change.notes}
    assert notes == {
        "account.newco": ("Planned as well: opportunity.new refers to it, and it is not there yet.",),
        "contact.nina": ("Planned as well: opportunity.new refers to it, and it is not there yet.",),
    }
    assert told(planned(FILES, targets=("old",))) == {"opportunity.old": "create"}


def test_what_is_wrong_with_others_is_no_matter_of_a_target(planned: Callable[..., Planned]) -> None:
    """But it is, where the target needs them."""
    wrong = {**FILES, "accounts/a.yaml": ACCOUNTS.replace("New Co, owner: dana", "New Co, owner: nobody")}

    assert told(planned(wrong, targets=("old",))) == {"opportunity.old": "create"}
    with pytest.raises(ResolveError) as raised:
        planned(wrong, targets=("new",))
    assert [str(problem.address) for problem in raised.value.problems] == ["account.newco"]


def test_what_paths_leave_out_is_referred_to_where_it_is_there(planned: Callable[..., Planned]) -> None:
    """What is not there yet is missed, since nothing of this plan creates it."""
    old = DEALS.partition("  new:")[0] + "  old:" + DEALS.partition("  old:")[2]

    assert told(planned({**FILES, "opportunities/o.yaml": old}, "opportunities")) == {
        "opportunity.old": "create"
    }
    with pytest.raises(ResolveError) as raised:
        planned(FILES, "opportunities")
    hint = "it is declared and not there yet, and this plan leaves it out: plan its file as well"
    assert [(problem.detail, problem.hint) for problem in raised.value.problems] == [
        ('No account has the key "newco".', hint),
        ('No contact has the key "nina".', hint),
    ]


def test_an_account_may_refer_to_another_one_that_is_declared(planned: Callable[..., Planned]) -> None:
    """Whichever of them is written first."""
    type_ = "{id: 3fa85f64-5717-4562-b3fc-2c963f66afa6}"
    child = (
        "  a: {name: Daughter, owner: dana@example.com, parent_account: {ref: newco}, "
        f"parent_account_relation_type: {type_}}}\n"
    )
    made = planned({"accounts/a.yaml": ACCOUNTS + child})

    assert told(made) == {"account.a": "create", "account.acme": "no-op", "account.newco": "create"}
    assert made.plan.changes[0].desired["parent_account"] == "account.newco"


def test_a_plan_of_all_kinds_asks_for_no_list_twice(
    sandbox: Sandbox, planned: Callable[..., Planned]
) -> None:
    """Every kind is read at once, and what several need is read once."""
    planned(FILES)

    asked = [f"{request.path}?{request.query}" for request in sandbox.requests]
    assert sorted(asked) == sorted(set(asked))
