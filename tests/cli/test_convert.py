"""`syncer convert`: between YAML and tables, without a network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import MANIFEST, one
from tests.support import manifest as several

TABLE = (
    "key,name,owner,pipeline,step,closing_date,value,currency,account,contacts\n"
    "acme-renewal-2027,Acme renewal 2027,dana@example.com,Renewals,Contacted,2027-03-31,100,USD,"
    "info@acme.example,bob@acme.example\n"
)


def test_yaml_becomes_a_table_on_stdout(project: Callable[..., Path], syncer: Callable[..., Any]) -> None:
    """Without --out nothing is written; a hostile name is no formula."""
    folder = project()

    ran = syncer("convert", MANIFEST, "--to", "csv", cwd=folder)

    assert (ran.code, ran.out, ran.err) == (0, TABLE, "")
    assert sorted(path.name for path in folder.rglob("*")) == ["deals.yaml", "opportunities", "syncer.yaml"]


def test_a_table_becomes_yaml_in_a_file(project: Callable[..., Path], syncer: Callable[..., Any]) -> None:
    """What it declares is said as people write it; that two files declare the same then is told."""
    folder = project({"opportunities/deals.csv": TABLE})
    ran = syncer("convert", "opportunities/deals.csv", "--to", "yaml", "--out", MANIFEST, cwd=folder)

    assert (folder / MANIFEST).read_text() == (
        "version: 1\n"
        "opportunities:\n"
        "  acme-renewal-2027:\n"
        "    name: Acme renewal 2027\n"
        "    owner: dana@example.com\n"
        "    pipeline: Renewals\n"
        "    step: Contacted\n"
        "    closing_date: 2027-03-31\n"
        "    value: 100 USD\n"
        "    account: info@acme.example\n"
        "    contacts: [bob@acme.example]\n"
    )
    assert (ran.code, ran.out) == (0, f"{MANIFEST}\n")
    assert ran.err == (
        "Converted 1 entry of 1 file into 1 file.\n"
        "opportunities/deals.csv declares the same as what was written; take one of the two out before you "
        "plan.\n"
    )


def test_each_source_becomes_a_file_of_the_folder(
    project: Callable[..., Path], syncer: Callable[..., Any]
) -> None:
    """Folders below the one that was named are kept; what `tables` says of the look is followed."""
    folder = project(
        {"deals/a.yaml": one("a", name="Ärger"), "deals/x/b.yaml": one("b", name="B")},
        "tables: {columns: {Titel: name, Nr: key}, dates: DD.MM.YYYY}\n",
    )

    ran = syncer("convert", "deals", "--to", "csv", "--out", "out", cwd=folder)

    assert (ran.code, ran.out) == (0, "out/a.csv\nout/x/b.csv\n")
    assert (folder / "out/x/b.csv").read_text().startswith("Nr,Titel,")
    assert "31.03.2027" in (folder / "out/x/b.csv").read_text()
    # Excel takes a CSV for another encoding unless a mark says that it is UTF-8.
    assert (folder / "out/a.csv").read_bytes().startswith(b"\xef\xbb\xbfNr")
    assert (folder / "out/a.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("deals.yaml", "--to", "csv", "--out", "x.yaml"), 64, "--out x.yaml does not end with .csv"),
        (("deals.yaml", "--to", "yaml", "--out", "deals.yaml", "--force"), 1, "this command reads it"),
        (("deals.yaml", "--to", "yaml", "--out", "syncer.yaml", "--force"), 1, "it holds the settings"),
        (("deals.yaml", "--to", "yaml", "--out", "there.yaml"), 1, "there.yaml exists already"),
        (("deals.yaml", "other/deals.yml", "--to", "csv", "--out", "o"), 64, "would both become o/deals.csv"),
        (("nothing.yaml", "--to", "csv"), 1, 'There is no file or folder "nothing.yaml"'),
        (("empty", "--to", "csv"), 1, "There is no manifest in empty"),
        (("empty.csv", "--to", "yaml"), 1, "empty.csv: no opportunity is declared."),
        (("deals.yaml", "twice.yaml", "--to", "csv"), 1, "[duplicate-address]"),
        (("roles.yaml", "--to", "csv"), 1, "contacts of opportunity.r cannot be said in a table"),
        (("--to", "csv"), 64, "Missing argument"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    project: Callable[..., Path],
    syncer: Callable[..., Any],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    """Nothing is written, and nothing replaced that is needed."""
    folder = project(
        {
            "deals.yaml": one(),
            "twice.yaml": one(),
            "there.yaml": "",
            "other/deals.yml": one("b", name="B"),
            "empty/readme.txt": "",
            "empty.csv": "key,name\n",
            "roles.yaml": one("r", contacts="[{email: bob@acme.example, sales_role: Blocker}]"),
        }
    )
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    ran = syncer("convert", *arguments, cwd=folder)

    assert (ran.code, ran.out) == (code, "")
    assert said in " ".join(ran.err.split())
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_what_a_table_cannot_say_is_shown_where_it_stands(
    project: Callable[..., Path], syncer: Callable[..., Any]
) -> None:
    """The defaults of a file, too, have a place."""
    folder = project({"deals.yaml": "defaults: {lead_source: null}\n" + one().replace("version: 1\n", "")})
    ran = syncer("convert", "deals.yaml", "--to", "csv", cwd=folder)

    assert "deals.yaml:1:25 (opportunity.acme-renewal-2027)" in ran.err


def test_many_entries_become_several_files(
    project: Callable[..., Path], syncer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """None grows over the size that a manifest may have; together they declare the same."""
    monkeypatch.setattr("syncer.manifest.document.MOST_BYTES", 1000)
    monkeypatch.setattr("syncer.verbs.convert.MOST_BYTES", 1000)
    names = {f"deal-{number}": {"name": f"Deal {number}"} for number in range(20)}
    folder = project({"deals.yaml": several(names)})

    tables = syncer("convert", "deals.yaml", "--to", "csv", "--out", "t/deals.csv", cwd=folder)
    back = syncer("convert", "t", "--to", "yaml", "--out", "opportunities/b.yaml", cwd=folder)

    assert len(tables.out.split()) > 2
    assert len(back.out.split()) > 2
    assert (folder / "opportunities/b.2.yaml").is_file()
    assert "20 opportunities" in syncer("validate", cwd=folder).out
