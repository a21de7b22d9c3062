"""`syncer import`: what is asked for, what is written, what is left alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.sandbox import world
from syncer.sandbox.clock import named_id
from syncer.sandbox.server import Sandbox
from tests.support import Ran

Run = Callable[..., Ran]
Make = Callable[..., Path]
BARE = "version: 1\n"
KEYED = "version: 1\nidentity: {key_field: cf_syncer_key}\n"
NO_CHANGES = "No changes. {} as declared."


def plan_of(syncer: Run, folder: Path) -> str:
    """Return the verdict of a plan."""
    ran = syncer("plan", cwd=folder)
    assert ran.code == 0, ran.err
    return ran.out.splitlines()[2]


def deal(sandbox: Sandbox, **changes: Any) -> str:
    """Make an opportunity for Acme in the CRM; return its id."""
    store = sandbox.store
    step = store.find("Step", name="Contacted")
    body = {
        "name": "Acme renewal",
        "owner_id": store.find("Client", email="dana@example.com")["id"],
        "step_id": step["id"],
        "closing_date": "2027-03-31",
        "value": {"base_value": 100, "currency_id": world.BASE_CURRENCY_ID},
        "account_relations": [
            {"account_id": store.find("Account", name="Acme Corporation")["id"], "is_primary": True}
        ],
        **changes,
    }
    return store.create("Opportunity", body)


def contact(sandbox: Sandbox, email: str) -> str:
    return str(sandbox.store.find("Contact", email1=email)["id"])


def test_a_deal_is_written_in_the_words_of_a_manifest(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    store = sandbox.store
    role = store.find("SalesRole", name="Champion")["id"]
    deal(
        sandbox,
        name="Grüße: yes",
        value={"value_foreign": 1234.5, "currency_id": store.find("Currency", code="EUR")["id"]},
        description="First line\n  second: line\n\nlast",
        lead_source_id=named_id(f"option {named_id('data-set lead_source')} Web"),
        contact_relations=[
            {"contact_id": contact(sandbox, "bob@acme.example"), "is_primary": False},
            {
                "contact_id": contact(sandbox, "eve@acme.example"),
                "is_primary": True,
                "sales_roles": [{"sales_role_id": role}],
            },
            {"contact_id": contact(sandbox, "uma@freelance.example"), "is_primary": False},
        ],
        cf_region=named_id(f"option {named_id('data-set cf_region')} EMEA"),
        cf_seats=250,
        cf_renewal_date="2027-04-01",
        cf_notes="007",
    )
    folder = project({}, BARE)
    ran = syncer("import", "--owner", "Dana@Example.com", cwd=folder)

    assert (ran.code, ran.out) == (0, "opportunities/dana.yaml\n")
    assert (
        (folder / "opportunities/dana.yaml").read_text(encoding="utf-8")
        == """\
# Imported from Pipeliner: this is there already, so a plan is empty. Edit it, plan, apply.
version: 1
opportunities:
  grusse-yes:
    name: "Grüße: yes"
    owner: dana@example.com
    pipeline: Renewals
    step: Contacted
    closing_date: 2027-03-31
    value: 1234.50 EUR
    account: info@acme.example
    contacts:
      - {email: eve@acme.example, sales_role: Champion}
      - bob@acme.example
      - {email: uma@freelance.example, linked: false}
    unit: Sales EMEA
    type: Standard
    lead_source: Web
    description: |
      First line
        second: line

      last
    fields: {cf_notes: "007", cf_region: EMEA, cf_renewal_date: 2027-04-01, cf_seats: 250}
"""
    )
    assert plan_of(syncer, folder) == NO_CHANGES.format("1 opportunity is")


def test_what_has_no_name_of_its_own_goes_by_id_with_a_word_about_it(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    store = sandbox.store
    rows = [row for row in store.rows("Account") if row["name"] == "Northwind Traders"]
    for row in rows:
        store.edit("Account", row["id"], email1="")
    sam = [row["id"] for row in store.rows("Contact") if row["email1"] == "sam@consult.example"]
    here, there = rows
    deal(
        sandbox,
        account_relations=[
            {"account_id": here["id"], "is_primary": True},
            {"account_id": there["id"], "is_primary": False},
        ],
        contact_relations=[{"contact_id": sam[0], "is_primary": True}],
    )
    folder = project({}, BARE)
    syncer("import", "--owner", "dana@example.com", cwd=folder)
    text = (folder / "opportunities/dana.yaml").read_text(encoding="utf-8")

    assert f"- {{id: {here['id']}, primary: true}}  # Northwind Traders, {here['city']}" in text
    assert f"- {{id: {there['id']}}}  # Northwind Traders, {there['city']}" in text
    assert f"- {{id: {sam[0]}, linked: false}}  # Sam Park" in text
    assert plan_of(syncer, folder) == NO_CHANGES.format("1 opportunity is")


def test_a_deal_of_a_deleted_user_says_so_and_is_found_by_its_id(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    made = deal(sandbox)
    store = sandbox.store
    with sandbox.db.transaction():
        gone = store.db.one("SELECT id FROM Client WHERE email = 'pat@example.com'")
        store.db.conn.execute("UPDATE Opportunity SET owner_id = ? WHERE id = ?", (gone, made))
    sandbox.db.refresh()
    folder = project({}, BARE)
    ran = syncer("import", "--owner", "pat@example.com", cwd=folder)

    assert (
        (folder / "opportunities/pat.yaml").read_text(encoding="utf-8")
        == f"""\
# Imported from Pipeliner: this is there already, so a plan is empty. Edit it, plan, apply.
version: 1
opportunities:
  # left out: owner: the user Pat Quinn (pat@example.com) is deleted
  acme-renewal:
    name: Acme renewal
    pipeline: Renewals
    step: Contacted
    closing_date: 2027-03-31
    value: 100 USD
    account: info@acme.example
    unit: Sales EMEA
    type: Standard
    id: {made}  # a part that manifests need cannot be written, so its id finds it
"""
    )
    assert ran.err.splitlines()[1:] == [
        "Imported 1 opportunity into 1 file.",
        "  1 found by `id:`, for the reason written beside it",
        "  1 with a part that manifests cannot say; see `left out` above them",
        "To see that it plans to nothing: syncer plan",
    ]
    assert plan_of(syncer, folder) == NO_CHANGES.format("1 opportunity is")


def test_deals_with_the_same_name_are_told_apart(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    first, second = deal(sandbox), deal(sandbox)
    other = deal(
        sandbox,
        account_relations=[
            {"account_id": sandbox.store.find("Account", name="Hooli")["id"], "is_primary": True}
        ],
    )
    folder = project({}, BARE)
    syncer("import", "--owner", "dana@example.com", cwd=folder)
    text = (folder / "opportunities/dana.yaml").read_text(encoding="utf-8")

    assert [line.strip() for line in text.splitlines() if line.startswith("  a") or " id: " in line] == [
        "acme-renewal:",
        f"id: {first}  # another one has the same name, account and pipeline",
        "acme-renewal-acme-corporation:",
        f"id: {second}  # another one has the same name, account and pipeline",
        "acme-renewal-hooli:",
    ]
    assert other not in text
    assert plan_of(syncer, folder) == NO_CHANGES.format("3 opportunities are")


def test_a_lost_twin_that_is_not_imported_is_still_told_apart(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    lost, open_ = deal(sandbox), deal(sandbox)
    sandbox.edit("Opportunity", lost, is_archived=True)
    folder = project({}, BARE)
    ran = syncer("import", "--owner", "dana@example.com", cwd=folder)

    assert f"id: {open_}  # another one" in (folder / "opportunities/dana.yaml").read_text(encoding="utf-8")
    assert "  1 left out: lost (archived); --include-lost takes them, too" in ran.err
    assert plan_of(syncer, folder) == NO_CHANGES.format("1 opportunity is")


def test_the_key_field_is_the_key(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    deal(sandbox, cf_syncer_key="acme-1")
    odd = deal(sandbox, name="Odd", cf_syncer_key="Not A Key")
    deal(sandbox, name="acme 1")
    folder = project({}, KEYED)
    ran = syncer("import", "--owner", "dana@example.com", cwd=folder)
    text = (folder / "opportunities/dana.yaml").read_text(encoding="utf-8")

    keys = [line.strip(" :") for line in text.splitlines() if line.startswith("  ") and line[2] not in " #"]
    assert keys[-3:] == ["acme-1", "acme-1-2", "odd"] or "acme-1" in keys
    assert f"id: {odd}  # its key in Pipeliner is another one, or not its own" in text
    assert "lifecycle: {ignore: [fields.cf_syncer_key]}" in text
    assert "  1 without a key in cf_syncer_key; a plan does not mind, an update writes it" in ran.err
    assert plan_of(syncer, folder) == NO_CHANGES.format("3 opportunities are")


def test_a_key_that_somebody_else_holds_is_not_used(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    deal(sandbox, name="Elsewhere", cf_syncer_key="acme-renewal", owner_id=world.TUTORIAL_USER_ID)
    for number in range(120):  # so that what the wish does not ask for is not read
        deal(sandbox, name=f"Filler {number}", owner_id=world.TUTORIAL_USER_ID)
    deal(sandbox)
    folder = project({}, KEYED)
    syncer("import", "--owner", "dana@example.com", cwd=folder)

    text = (folder / "opportunities/dana.yaml").read_text(encoding="utf-8")
    assert "  acme-renewal-acme-corporation:\n" in text or "  acme-renewal-2:\n" in text
    assert "  acme-renewal:\n" not in text
    assert plan_of(syncer, folder) == NO_CHANGES.format("1 opportunity is")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ((), ["Globex expansion", "Initech rollout"]),
        (("--include-lost",), ["Globex expansion", "Hooli pilot", "Initech rollout"]),
        (("--pipeline", "Partner", "--include-lost"), ["Hooli pilot"]),
        (("--pipeline", "New Business", "--step", "Proposal"), ["Globex expansion"]),
        (("--step", "Lead In"), ["Initech rollout"]),
        (("--owner", "lucas@example.com", "--owner", "dana@example.com"), ["Globex expansion"]),
        (("--account", "billing@initech.example"), ["Initech rollout"]),
        (("--account", "Globex"), ["Globex expansion"]),
        (("--since", "2027-02-01"), ["Globex expansion"]),
        (("--until", "2027-01-15"), ["Initech rollout"]),
        (("--since", "2027-01-16", "--until", "2027-01-31"), []),
    ],
)
@pytest.mark.usefixtures("sandbox")
def test_options_choose_what_is_imported(
    project: Make, syncer: Run, options: tuple[str, ...], names: list[str]
) -> None:
    folder = project({}, BARE)
    ran = syncer("import", "--split", "none", *options, cwd=folder)
    file = folder / "opportunities/opportunities.yaml"
    text = file.read_text(encoding="utf-8") if names else ""

    assert ran.code == 0
    assert [line[10:] for line in text.splitlines() if line.startswith("    name: ")] == names
    if not names:
        assert (ran.out, "Nothing to import." in ran.err, file.exists()) == ("", True, False)


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (
            ("--owner", "dana@exmaple.com"),
            'This space has no user "dana@exmaple.com".',
            'did you mean "dana@example.com"',
        ),
        (("--pipeline", "Nothing alike"), 'This space has no pipeline "Nothing alike".', 'there are: "'),
        (("--pipeline", "Partner", "--step", "Lead In"), 'This space has no step "Lead In".', "did you mean"),
        (("--account", "Nobody"), 'None of the opportunities is linked to an account "Nobody".', ""),
    ],
)
@pytest.mark.usefixtures("sandbox")
def test_a_wish_for_something_that_is_not_there_is_an_error(
    project: Make, syncer: Run, options: tuple[str, ...], message: str, hint: str
) -> None:
    folder = project({}, BARE)
    ran = syncer("import", *options, cwd=folder)

    assert (ran.code, ran.out) == (64, "")
    assert message in ran.err
    assert hint in ran.err
    assert not (folder / "opportunities").exists()


@pytest.mark.usefixtures("sandbox")
def test_a_wish_may_be_an_id(project: Make, syncer: Run) -> None:
    folder = project({}, BARE)
    ran = syncer("import", "--pipeline", world.TEST_PIPELINE_ID, cwd=folder)

    assert (ran.code, ran.err.splitlines()[1]) == (0, "Nothing to import.")


@pytest.mark.usefixtures("sandbox")
def test_files_that_exist_are_left_alone_unless_forced(project: Make, syncer: Run) -> None:
    folder = project({}, BARE)
    (folder / "opportunities").mkdir()
    mine = folder / "opportunities/omar.yaml"
    mine.write_text("# mine\nversion: 1\n", encoding="utf-8")
    refused = syncer("import", cwd=folder)

    assert refused.code == 1
    assert "\nopportunities/omar.yaml exists already.\n" in refused.err
    assert [path.name for path in mine.parent.iterdir()] == ["omar.yaml"]
    assert mine.read_text(encoding="utf-8") == "# mine\nversion: 1\n"

    assert syncer("import", "--force", cwd=folder).code == 0
    assert sorted(path.name for path in mine.parent.iterdir()) == ["lucas.yaml", "omar.yaml"]
    assert mine.stat().st_mode & 0o777 == 0o600


def test_the_settings_are_no_file_to_import_into(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    """A pipeline may be called as the settings are, and the folder of the project may be named."""
    pipeline = sandbox.store.find("Pipeline", name="Renewals")
    sandbox.store.edit("Pipeline", pipeline["id"], name="Syncer")
    deal(sandbox)
    folder = project({})
    before = (folder / "syncer.yaml").read_text()

    ran = syncer("import", "--out", ".", "--split", "pipeline", "--force", cwd=folder)

    assert ran.code == 0, ran.err
    assert (folder / "syncer.yaml").read_text() == before
    assert any(name.startswith("syncer-") for name in ran.out.splitlines())


def test_importing_again_takes_only_what_is_new(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    folder = project({}, BARE)
    syncer("import", cwd=folder)
    deal(sandbox, name="Globex expansion")
    again = syncer("import", cwd=folder)

    assert again.out == "opportunities/dana.yaml\n"
    assert "  globex-expansion-acme-corporation:\n" in (folder / "opportunities/dana.yaml").read_text(
        encoding="utf-8"
    )
    assert "  2 left out: a manifest declares them already" in again.err
    assert plan_of(syncer, folder) == NO_CHANGES.format("3 opportunities are")

    forced = syncer("import", "--force", cwd=folder)
    assert forced.out.split() == [f"opportunities/{name}.yaml" for name in ("dana", "lucas", "omar")]
    assert plan_of(syncer, folder) == NO_CHANGES.format("3 opportunities are")


@pytest.mark.usefixtures("sandbox")
def test_broken_manifests_are_mended_first(project: Make, syncer: Run) -> None:
    folder = project("version: 1\nopportunities: {a: {nmae: x}}\n", BARE)
    ran = syncer("import", cwd=folder)

    assert (ran.code, ran.out) == (1, "")
    assert "nmae" in ran.err


@pytest.mark.parametrize("out", ["..", "/", "opportunities/../../x", "link"])
@pytest.mark.usefixtures("sandbox")
def test_nothing_is_written_outside_of_the_project(
    project: Make, syncer: Run, out: str, tmp_path: Path
) -> None:
    folder = project({}, BARE)
    (folder / "link").symlink_to(tmp_path)
    ran = syncer("import", "--out", out, cwd=folder)

    assert ran.code == 1
    assert "Path leads out of the project" in ran.err


@pytest.mark.usefixtures("sandbox")
def test_another_folder_may_need_to_be_named_to_plan(project: Make, syncer: Run) -> None:
    folder = project({}, BARE)
    ran = syncer("import", "--out", "crm", "--split", "pipeline", cwd=folder)

    assert ran.out == "crm/new-business.yaml\n"
    assert ran.err.splitlines()[-1].endswith("plan them with: syncer plan crm")
    out = syncer("plan", "crm", cwd=folder).out.splitlines()
    assert NO_CHANGES.format("2 opportunities are") in out
    assert "warning: Manifest that no pattern matches [manifest-unread]" in out, (
        "without its name, it is not read"
    )


@pytest.mark.usefixtures("sandbox")
def test_an_editor_finds_the_schema_that_init_copied(project: Make, syncer: Run) -> None:
    folder = project({"schemas/manifest.schema.json": "{}"}, BARE)
    syncer("import", "--out", "opportunities/crm", cwd=folder)

    first = (folder / "opportunities/crm/omar.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../schemas/manifest.schema.json"


def test_users_with_alike_e_mails_get_files_of_their_own(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    store = sandbox.store
    other = store.find("Client", email="mei@example.com")["id"]
    with sandbox.db.transaction():
        store.db.conn.execute("UPDATE Client SET email = 'dana@other.example' WHERE id = ?", (other,))
    store.db.refresh()
    deal(sandbox)
    deal(sandbox, name="Other", owner_id=other)
    ran = syncer("import", cwd=project({}, BARE))

    assert ran.out.split()[:2] == ["opportunities/dana-other.example.yaml", "opportunities/dana.yaml"]


def test_a_very_long_file_becomes_several(
    sandbox: Sandbox, project: Make, syncer: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("One", "Two", "Three"):
        deal(sandbox, name=name)
    monkeypatch.setattr("syncer.importing.files.MOST_BYTES", 250)
    folder = project({}, BARE)
    ran = syncer("import", "--owner", "dana@example.com", cwd=folder)

    assert ran.out.split() == ["opportunities/dana.yaml", "opportunities/dana.2.yaml"]
    assert plan_of(syncer, folder) == NO_CHANGES.format("3 opportunities are")
    assert syncer("import", "--owner", "dana@example.com", "--force", cwd=folder).out == ran.out


def test_project_defaults_are_made_use_of_and_taken_back(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    lost_accounts = deal(sandbox, name="No account")
    with sandbox.db.transaction():
        sandbox.db.conn.execute(
            "UPDATE LeadOpptyAccountRelation SET is_primary = 0 WHERE lead_oppty_id = ?", (lost_accounts,)
        )
    sandbox.db.refresh()
    deal(sandbox, name="Plain", cf_seats=5)
    folder = project(
        {},
        "version: 1\ndefaults: {owner: dana@example.com, account: info@hooli.example, description: Same,\n"
        "  contacts: all, fields: {cf_seats: 5, cf_notes: note, cf_discount: null}}\n",
    )
    syncer("import", "--owner", "dana@example.com", cwd=folder)
    text = (folder / "opportunities/dana.yaml").read_text(encoding="utf-8")

    assert (
        text.partition("version: 1\n")[2].replace(lost_accounts, "ID")
        == """\
defaults: {pipeline: Renewals, unit: Sales EMEA, type: Standard}
opportunities:
  # left out: accounts: none of them is the primary one
  no-account:
    name: No account
    step: Contacted
    closing_date: 2027-03-31
    value: 100 USD
    account: none
    contacts: []
    description: null
    fields: {cf_notes: null, cf_seats: null}
    lifecycle: {ignore: [accounts]}
    id: ID  # a part that manifests need cannot be written, so its id finds it

  plain:
    name: Plain
    step: Contacted
    closing_date: 2027-03-31
    value: 100 USD
    account: info@acme.example
    contacts: []
    description: null
    fields: {cf_notes: null}
"""
    )
    assert plan_of(syncer, folder) == NO_CHANGES.format("2 opportunities are")


def test_requests_grow_with_what_is_asked_for_and_not_with_the_space(project: Make, syncer: Run) -> None:
    folder = project({}, BARE)
    with Sandbox.serve(seed="1000") as sandbox:
        before = len(sandbox.requests)
        syncer("import", "--account", "Globex", "--owner", "lucas@example.com", cwd=folder, env=sandbox.env())
        lists = [request.path.rsplit("/", 1)[-1] for request in list(sandbox.requests)[before:]]

    assert lists.count("Opportunities") <= 4
