"""The spreadsheets of docs/from-a-spreadsheet.md: `python -m tests.docs.spreadsheets --write`.

Forty deals as people keep them: words of their own, a row with the sum, a formula that finds nothing, notes
that begin with a sign, a sheet that nobody looks at.
"""

import io
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import xlsxwriter

FOLDER: Final = Path(__file__).parents[2] / "examples" / "spreadsheet"
_HEADERS: Final = (
    "No.",
    "Deal",
    "Customer",
    "Rep",
    "Value",
    "Cur.",
    "Expected close",
    "Stage",
    "Prob.",
    "Notes",
)
_CUSTOMERS: Final = (
    "Acme Corporation",
    "Umbra Optics",
    "Soleil Energie",
    "Kestrel Aviation",
    "Marula Foods",
    "Fjord Shipping",
    "Aurora Clinics",
    "Polar Data",
    "Sakura Robotics",
    "Harbour Logistics",
    "Kiwi Software",
    "Lotus Hospitals",
    "Banyan Retail",
    "Cobalt Chemicals",
    "Tulip Finance",
    "Verde Agricola",
    "Ibex Sports",
    "Cedar Bank",
    "Falcon Freight",
    "Lumen Schools",
)
_WHAT: Final = ("licences 2027", "second site")
_REPS: Final = ("Dana", "Omar", "Mei", "Lucas")
_STAGES: Final = (("Lead", 0.1), ("Qual.", 0.25), ("Proposal sent", 0.5), ("Negotiating", 0.75))
_NOTES: Final = {
    3: "=> call again",
    8: "- waits for legal",
    14: "@Mei knows the buyer",
    21: "Müller, not Mueller",
}
_FIRST: Final = date(2027, 2, 1)


def deals() -> list[list[Any]]:
    """Return the rows of the deals, as they are right."""
    rows: list[list[Any]] = []
    for number in range(1, 41):
        customer = _CUSTOMERS[(number - 1) % len(_CUSTOMERS)]
        what = _WHAT[(number - 1) // len(_CUSTOMERS)]
        stage, chance = _STAGES[number % len(_STAGES)]
        rows.append(
            [
                number,
                f"{customer} {what}",
                customer,
                _REPS[number % len(_REPS)],
                1000 * number + (0.5 if number % 10 == 0 else 0),
                "EUR" if number % 3 == 0 else "USD",
                _FIRST + timedelta(days=5 * number),
                stage,
                chance,
                _NOTES.get(number),
            ]
        )
    return rows


def first() -> list[list[Any]]:
    """Return them as somebody hands them over: four cells are wrong."""
    rows = deals()
    rows[11][6] = "3/4/2027"
    rows[19][4] = "20k"
    rows[30][2] = "=NA()"
    rows.append(["Total", *[None] * 3, "=SUM(E2:E41)", *[None] * 5])
    return rows


def december() -> list[list[Any]]:
    """Return them a month later: two have moved, one is new."""
    rows = deals()
    rows[6][7] = "Proposal sent"
    rows[14][4] = 17500
    rows.append(
        [41, "Dune Pharma pilot", "Dune Pharma", "Mei", 8000, "USD", date(2027, 6, 30), "Lead", 0.1, None]
    )
    return rows


BOOKS: Final = {"deals.xlsx": first, "deals-corrected.xlsx": deals, "deals-december.xlsx": december}


def book(rows: list[list[Any]]) -> bytes:
    """Return a workbook of such rows."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as made:
        made.set_properties({"created": datetime(2026, 11, 2)})  # noqa: DTZ001 (the same bytes every time)
        sheet = made.add_worksheet("Pipeline")
        bold, day = made.add_format({"bold": True}), made.add_format({"num_format": "dd.mm.yyyy"})
        amount, chance = made.add_format({"num_format": "#,##0.00"}), made.add_format({"num_format": "0%"})
        formats = {4: amount, 6: day, 8: chance}
        sheet.write_row(0, 0, _HEADERS, bold)
        for number, row in enumerate(rows, 1):
            for index, cell in enumerate(row):
                _write(sheet, number, index, cell, formats.get(index))
        sheet.set_column(1, 2, 28)
        sheet.set_column(6, 6, 14)
        sheet.set_column(9, 9, 24)
        lists = made.add_worksheet("Lists")
        lists.write_column(0, 0, [stage for stage, _ in _STAGES])
        lists.hide()
    return data.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Any, look: Any) -> None:
    if isinstance(cell, date):
        sheet.write_datetime(row, column, cell, look)
    elif cell == "=NA()":
        sheet.write_formula(row, column, cell, look, "#N/A")
    elif isinstance(cell, str) and cell.startswith("=SUM"):
        sheet.write_formula(row, column, cell, look, 820_002)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif cell is not None:
        sheet.write_number(row, column, cell, look)


if __name__ == "__main__" and "--write" in sys.argv:
    for name, rows_of in BOOKS.items():
        (FOLDER / name).write_bytes(book(rows_of()))
