"""What an apply did not write is kept in a file, corrected there, applied alone and written back."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from syncer import manifest
from syncer.model.address import Address
from syncer.model.outcome import Outcome, Result
from syncer.model.problem import ManifestError, Problem, UsageError
from syncer.project.load import Project, load_project
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from syncer.verbs import rejected
from tests.render.samples import create
from tests.support import Ran, environment, run_here, write_files, writes

Command = Callable[..., Ran]

DEALS: Final = """\
version: 1
defaults: {pipeline: Renewals, currency: USD}  # all of them
opportunities:
  # the good one
  one: {name: One, closing_date: 2027-03-31, value: 100, account: info@acme.example, description: fine}
  two:
    name: Two   # second
    closing_date: 2027-03-31
    value: 200 EUR
    account: info@acme.example
  three:
    name: Three
    closing_date: "2027-04-30"
    value: {amount: 300, currency: USD}
    account: info@acme.example
    contacts: [bob@acme.example, {email: eve@acme.example, sales_role: Influencer}]
"""
MORE: Final = """\
key;name;pipeline;closing date;value;account;description
four;Four;Renewals;2027-05-31;400 USD;info@acme.example;
five;Five;Renewals;2027-05-31;500 USD;info@acme.example;fine
"""
FILES: Final = {
    "syncer.yaml": "version: 1\ndefaults: {owner: dana@example.com}\n",
    "opportunities/deals.yaml": DEALS,
    "opportunities/more.csv": MORE,
}
REFUSED: Final = "Refused by the service: description: Non-null field 'description' is null or empty."


@pytest.fixture(scope="module")
def _strict() -> Iterator[Sandbox]:
    with Sandbox.serve(switches=Switches(require=("description",))) as running:
        yield running


@pytest.fixture
def strict(_strict: Sandbox) -> Sandbox:
    """A service whose administrator wants a description of every deal."""
    _strict.reset()
    return _strict


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of five deals, of which three have no description."""
    return write_files(tmp_path / "deals", FILES)


@pytest.fixture
def command(strict: Sandbox, folder: Path) -> Command:
    """Run a command in the project, against that service."""
    return lambda *arguments: run_here(list(arguments), folder, environment(strict.env()))


def apply(command: Command, *arguments: str) -> Ran:
    return command("apply", "--auto-approve", "--grace", "0.1", *arguments)


def test_what_failed_is_corrected_in_yaml_applied_alone_and_written_back(
    command: Command, folder: Path
) -> None:
    """Every step by commands; in the end the plan is empty, and the manifests have kept their form."""
    ran = apply(command, "--rejected", "r.yaml")

    assert ran.code == 3
    assert ran.err.endswith("3 entries in r.yaml. Once corrected: syncer apply --only r.yaml\n")
    assert (
        (folder / "r.yaml").read_text()
        == f"""\
# Not written by syncer apply: correct the entries, then run `syncer apply --only` with this file,
# and `syncer fix --into-place` to write them back where they came from.
version: 1
opportunities:
  # opportunities/more.csv:2: {REFUSED}
  four:
    name: Four
    pipeline: Renewals
    closing_date: 2027-05-31
    value: 400 USD
    account: info@acme.example

  # opportunities/deals.yaml:11: {REFUSED}
  three:
    name: Three
    pipeline: Renewals
    closing_date: 2027-04-30
    value: 300 USD
    account: info@acme.example
    contacts: [bob@acme.example, {{email: eve@acme.example, sales_role: Influencer}}]

  # opportunities/deals.yaml:6: {REFUSED}
  two:
    name: Two
    pipeline: Renewals
    closing_date: 2027-03-31
    value: 200 EUR
    account: info@acme.example
"""
    )
    assert "r.yaml" not in command("validate").err, "what waits to be corrected is no forgotten manifest"

    text = (folder / "r.yaml").read_text()
    text = text.replace("name: Four\n", 'name: Four\n    description: "4; four"\n')
    text = text.replace("name: Three\n", "name: Three\n    description: third\n").replace(
        "300 USD", "350 USD"
    )
    text = text.replace("name: Two\n", "name: Two\n    description: second\n").replace(
        "eve@acme", "carl@acme"
    )
    text = text.replace(", {email: carl@acme.example, sales_role: Influencer}", "")
    (folder / "r.yaml").write_text(text)
    ran = apply(command, "--only", "r.yaml", "--rejected", "left.csv")
    assert (ran.code, (folder / "left.csv").exists()) == (0, False)
    assert "Apply complete: 3 created, 0 failed." in ran.out

    ran = command("fix", "--into-place", "r.yaml")

    assert ran == Ran(
        0,
        "opportunities/deals.yaml:6:3: opportunity.two description: (nothing) → second\n"
        "opportunities/deals.yaml:11:3: opportunity.three description: (nothing) → third\n"
        "opportunities/deals.yaml:14:12: opportunity.three value: {amount: 300, currency: USD} → "
        "{amount: 350, currency: USD}\n"
        "opportunities/deals.yaml:16:15: opportunity.three contacts: "
        "[bob@acme.example, {email: eve@acme.example, sales_role: Influencer}] → [bob@acme.example]\n"
        "opportunities/more.csv:2:57 (G2, description): opportunity.four description: (nothing) → 4; four\n",
        "Fixed 5 places in 2 files. Review it, and commit it.\n",
    )
    assert (folder / "opportunities/more.csv").read_text() == MORE.replace(
        "example;\n", 'example;"4; four"\n'
    )
    assert (folder / "opportunities/deals.yaml").read_text() == DEALS.replace(
        "    account: info@acme.example\n  three:",
        "    account: info@acme.example\n    description: second\n  three:",
    ).replace("amount: 300", "amount: 350").replace(
        ", {email: eve@acme.example, sales_role: Influencer}]", "]\n    description: third"
    )
    assert command("plan", "--detailed-exitcode").code == 0
    assert command("fix", "--into-place", "r.yaml").err == "Nothing to fix.\n"


def test_the_same_in_a_table_with_the_reason_in_a_column(command: Command, folder: Path) -> None:
    """What no table can say is named with what to do, and the rest is in the file."""
    ran = apply(command, "--rejected", "r.csv")

    assert ran.code == 3
    assert "opportunity.three was not written, and a table cannot say it: contacts, " in ran.err
    rows = list(csv.reader(io.StringIO((folder / "r.csv").read_text())))
    assert rows == [
        ["key", "name", "pipeline", "closing_date", "value", "currency", "account", "reason"],
        [
            *("four", "Four", "Renewals", "2027-05-31", "400", "USD", "info@acme.example"),
            f"opportunities/more.csv:2: {REFUSED}",
        ],
        [
            *("two", "Two", "Renewals", "2027-03-31", "200", "EUR", "info@acme.example"),
            f"opportunities/deals.yaml:6: {REFUSED}",
        ],
    ]

    rows[0].append("description")
    rows[1][4] = "450"
    text = "\n".join(",".join([*row, "said"] if number else row) for number, row in enumerate(rows))
    (folder / "r.csv").write_text(text)
    assert apply(command, "--only", "r.csv").code == 0
    assert command("fix", "--into-place", "r.csv").code == 0

    assert (folder / "opportunities/more.csv").read_text() == MORE.replace(
        "400 USD;info@acme.example;", "450 USD;info@acme.example;said"
    )
    assert (folder / "opportunities/deals.yaml").read_text() == DEALS.replace(
        "    account: info@acme.example\n  three:",
        "    account: info@acme.example\n    description: said\n  three:",
    )


def test_nothing_is_written_when_nothing_was_rejected(
    command: Command, folder: Path, strict: Sandbox
) -> None:
    """A file of an earlier apply stays, and it is said whose it is."""
    (folder / "opportunities/deals.yaml").unlink()
    (folder / "opportunities/more.csv").write_text(MORE.replace("example;\n", "example;said\n"))

    assert apply(command, "--rejected", "r.yaml").code == 0
    assert not (folder / "r.yaml").exists()
    (folder / "r.yaml").write_text("# old\n")
    ran = apply(command, "--rejected", "r.yaml")

    assert ran.err.endswith("Nothing was rejected; r.yaml is of an earlier apply.\n")
    assert (folder / "r.yaml").read_text() == "# old\n"
    assert len(writes(strict)) == 1


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("opportunities/new.yaml", "it would be read as a manifest from then on"),
        ("opportunities/deals.yaml", "it is a manifest of the project"),
        ("syncer.yaml", "it holds the settings of the project"),
        ("r.txt", "ends with none of .yaml, .yml, .csv, which says the form"),
        ("nowhere/r.yaml", 'there is no folder "nowhere"'),
    ],
)
def test_it_is_never_written_onto_what_is_needed(
    command: Command, strict: Sandbox, path: str, why: str
) -> None:
    """Before anything is asked or sent."""
    ran = apply(command, "--rejected", path)

    assert (ran.code in (1, 64), why in ran.err, len(strict.requests)) == (True, True, 0)


def test_a_saved_plan_keeps_what_it_could_not_write(command: Command, folder: Path) -> None:
    """The entries are taken from the manifests, where they still are."""
    command("plan", "--out", "plan.json")
    (folder / "opportunities/more.csv").write_text(MORE.replace("four;Four", "fore;Four"))

    ran = apply(command, "plan.json", "--rejected", "r.yaml")

    assert "opportunity.four was not written, and is in no file to be corrected" in ran.err
    assert "2 entries in r.yaml" in ran.err
    assert apply(command, "plan.json", "--only", "r.yaml").code == 64
    assert apply(command, "--target", "two", "--only", "r.yaml").code == 64


def test_manifests_that_cannot_be_read_any_more_change_nothing_of_what_was_done(
    command: Command, folder: Path
) -> None:
    """A saved plan is applied all the same, and it is said that nothing was kept."""
    command("plan", "--out", "plan.json")
    (folder / "opportunities/more.csv").write_text("key\n")

    ran = apply(command, "plan.json", "--rejected", "r.yaml")

    assert (ran.code, (folder / "r.yaml").exists()) == (3, False)
    assert ran.err.endswith("What was not written is not in r.yaml.\n")


# Without a server


@pytest.fixture
def project(folder: Path) -> Project:
    """The project alone."""
    return load_project(folder / "syncer.yaml")


HOSTILE: Final = '=1+1\r\n  evil: {name: x}\x1b[31m\u2028"; "'


def results(*problems: str, waited_for: tuple[Address, ...] = ()) -> list[Result]:
    found = tuple(Problem("refused", detail, hint="again") for detail in problems)
    change = create("two")
    return [
        Result(change, Outcome.FAILED if problems else Outcome.SKIPPED, problems=found, waited_for=waited_for)
    ]


@pytest.mark.parametrize("name", ["r.yaml", "r.csv"])
def test_a_reason_is_nothing_but_words(project: Project, name: str) -> None:
    """Whatever the service says in it: it is no line of YAML, no cell and no formula, and reads back."""
    path = project.root / name

    found = rejected.write(project, manifest.read(project), results(HOSTILE, HOSTILE), path)

    assert (found.number, found.left) == (1, ())
    assert manifest.read(project, only=path).only == (Address("opportunity", "two"),)
    text = path.read_text()
    assert not {"\x1b", "\r", "\u2028"} & set(text)
    if name.endswith("csv"):
        assert all(cell[:1] not in "=+-@" for row in csv.reader(io.StringIO(text)) for cell in row if cell)


def test_what_was_never_sent_says_why(project: Project) -> None:
    """It waits for another one, or the apply ended before."""
    path, declared = project.root / "r.yaml", manifest.read(project)

    rejected.write(project, declared, results(waited_for=(Address("account", "acme"),)), path)
    waits = path.read_text()
    rejected.write(project, declared, results(), path)

    assert "# opportunities/acme.yaml:7: It waits for account.acme, not written either.\n" in waits
    assert "# opportunities/acme.yaml:7: It was not sent: the apply ended before.\n" in path.read_text()


def test_a_table_whose_reason_means_something_else_is_refused(folder: Path) -> None:
    """Else a reason would become a value of the deal."""
    (folder / "syncer.yaml").write_text("version: 1\ntables: {columns: {Reason: description}}\n")

    with pytest.raises(UsageError, match=r"a column reason of .*r\.csv says description"):
        rejected.check("--rejected", folder / "r.csv", load_project(folder / "syncer.yaml"))


ONLY: Final = (
    "opportunities:\n  two: {name: Two, pipeline: P, closing_date: 2027-03-31, value: 1, account: none}\n"
)


def only(project: Project, text: str) -> manifest.Manifests:
    path = project.root / "r.yaml"
    path.write_text(text)
    return manifest.read(project, only=path)


def test_corrected_entries_count_in_the_place_of_those_of_their_keys(project: Project) -> None:
    """What is wrong with those is no problem any more; all others are read as ever."""
    deals = project.root / "opportunities/deals.yaml"
    deals.write_text(
        DEALS.replace("200 EUR", "1.500 EUR").replace(
            "2027-03-31\n    value: 1.5", "31/31/2027\n    value: 1.5"
        )
    )

    found = only(project, ONLY)

    assert [str(entry.address) for entry in found.declared] == [
        f"opportunity.{key}" for key in ("five", "four", "one", "three", "two")
    ]
    assert found.only == (Address("opportunity", "two"),)
    assert next(entry for entry in found.declared if entry.key == "two").span.file == "r.yaml"
    assert (found.warnings, found.whole) == ((), True)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (ONLY.replace("two:", "twoo:"), "target-unknown", "r.yaml:2:3"),
        (
            ONLY.replace("Two", "One")
            .replace("pipeline: P", "pipeline: Renewals")
            .replace("none", "info@acme.example"),
            "same-identity",
            "",
        ),
        (ONLY.replace("2027-03-31", "31/31/2027"), "bad-date", "r.yaml:2:47"),
        ("opportunities: [\n", "yaml-syntax", "r.yaml:1:17"),
    ],
    ids=["another key", "another deal", "still wrong", "broken"],
)
def test_what_is_wrong_with_corrected_entries_is_said_at_their_place(
    project: Project, text: str, code: str, place: str
) -> None:
    """Identities are judged over everything that is declared."""
    with pytest.raises(ManifestError) as caught:
        only(project, text)

    assert [problem.code for problem in caught.value.problems] == [code]
    assert place in str(caught.value.problems[0].span)


def test_a_manifest_may_be_named_itself(project: Project) -> None:
    """Then its own entries are planned, and none is declared twice."""
    found = manifest.read(project, only=project.root / "opportunities/more.csv")

    assert [address.key for address in found.only] == ["four", "five"]
    assert len(found.declared) == 5
