"""Three deals, saved by Excel, LibreOffice and Google Sheets: read as they are, or refused with what to do.

Those of LibreOffice were saved by it; the others are what Excel and Google Sheets write, byte for byte.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from syncer import manifest
from syncer.model.problem import ManifestError
from syncer.project import load as projects
from tests.support import Ran

PROGRAMS: Final = Path(__file__).parent / "programs"
_COLUMNS: Final = (
    "columns: {Titel: name, Kunde: account, Betreuer: owner, Summe: value, Währung: currency,"
    " Abschluss: closing_date, Notiz: description}, key: 'deal-{ID}'"
)
_GERMAN: Final = "dates: DD.MM.YYYY, decimal: ',', thousands: '.'"
_ENGLISH: Final = "dates: MM/DD/YYYY, thousands: ','"
LOOKS: Final = {
    "excel-sep.csv": _GERMAN,
    "excel-utf-8-german.csv": _GERMAN,
    "excel-utf-8.csv": _ENGLISH,
    "google.csv": "dates: YYYY-MM-DD",
    "libreoffice.csv": "dates: DD.MM.YYYY, thousands: ','",
    "libreoffice-tabs.csv": _ENGLISH,
}
DEALS: Final = {
    "deal-4711": ("Zürich, Lizenz", "Acme Corporation", "dana@example.com", "1500.50", "2027-03-31"),
    "deal-4712": ("Größe & Länge", "Umbra Optics", "omar@example.com", "20000", "2027-12-01"),
    "deal-4713": ("=Angebot", "Kestrel Aviation", "mei@example.com", "99.99", "2028-02-29"),
}
NOTES: Final = {"deal-4711": 'sagt "ja"; ruft an', "deal-4712": "zwei\nZeilen", "deal-4713": "- offen"}


def project(folder: Path, look: str, name: str, data: bytes) -> Path:
    (folder / "opportunities").mkdir()
    (folder / "opportunities" / name).write_bytes(data)
    settings = f"defaults: {{pipeline: Renewals}}\ntables: {{{_COLUMNS}, {look}}}\n"
    (folder / "syncer.yaml").write_text(settings, encoding="utf-8")
    return folder


def said(folder: Path) -> dict[str, Any]:
    found = manifest.read(projects.load(folder, {}))
    assert found.warnings == ()
    return {entry.key: entry.values for entry in found.declared}


def check(found: dict[str, Any]) -> None:
    assert {
        key: (
            values["name"],
            values["accounts"][0].reference.text,
            values["owner"].text,
            f"{values['value'].amount:.2f}".removesuffix(".00"),
            str(values["closing_date"]),
        )
        for key, values in found.items()
    } == DEALS
    assert {key: values["description"].replace("\r\n", "\n") for key, values in found.items()} == NOTES


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_what_a_program_saves_as_utf_8_is_read(tmp_path: Path, name: str) -> None:
    """Marks, delimiters, line ends and quotes are as each program likes them; cells are texts."""
    check(said(project(tmp_path, LOOKS[name], name, (PROGRAMS / name).read_bytes())))


@pytest.mark.parametrize(
    ("name", "place", "detail"),
    [
        (
            "excel-windows-1252.csv",
            "1:32",
            'The byte 0xe4 here is not UTF-8, which is "ä" in Windows-1252; the file is in another encoding.',
        ),
        (
            "libreoffice-windows-1252.csv",
            "1:32",
            'The byte 0xe4 here is not UTF-8, which is "ä" in Windows-1252; the file is in another encoding.',
        ),
        ("excel-macintosh.csv", "1:32", "The byte 0x8a here is not UTF-8"),
        ("excel-unicode-text.csv", "1:1", 'The file is UTF-16, as Excel saves "Unicode Text".'),
    ],
)
def test_another_encoding_is_refused_and_never_mangled(
    tmp_path: Path, name: str, place: str, detail: str
) -> None:
    """With the first sign that shows it, and how each program saves UTF-8."""
    folder = project(tmp_path, _GERMAN, name, (PROGRAMS / name).read_bytes())
    with pytest.raises(ManifestError) as caught:
        manifest.read(projects.load(folder, {}))

    (problem,) = caught.value.problems
    assert (problem.code, str(problem.span)) == ("file-encoding", f"opportunities/{name}:{place}")
    assert problem.detail.startswith(detail)
    assert 'in Excel "CSV UTF-8 (Comma delimited)"' in problem.hint


def test_text_that_was_mangled_before_is_warned_of(tmp_path: Path) -> None:
    """Somebody opened the UTF-8 in Excel without its mark, and saved it."""
    name = "excel-mangled.csv"
    data = (PROGRAMS / name).read_bytes().replace("WÃ¤hrung".encode(), "Währung".encode())
    found = manifest.read(projects.load(project(tmp_path, _GERMAN, name, data), {}))

    assert {warning.code for warning in found.warnings} == {"odd-character"}
    assert [warning.span.line for warning in found.warnings if warning.span] == [2, 3]


def test_a_workbook_that_libreoffice_saved_is_read(tmp_path: Path, syncer: Callable[..., Ran]) -> None:
    """Days are days and numbers numbers, whatever `tables` says of texts."""
    folder = project(tmp_path, _GERMAN, "deals.xlsx", (PROGRAMS / "libreoffice.xlsx").read_bytes())
    ran = syncer(
        "convert", "opportunities/deals.xlsx", "--to", "csv", "--out", "opportunities/a.csv", cwd=folder
    )

    assert ran.code == 0, ran.err
    check(said(folder))
