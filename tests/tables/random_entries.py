"""Random manifests as people write them, hostile texts among them."""

from typing import Any, Final

from hypothesis import strategies as st

UUID: Final = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
# What spreadsheets take for a formula, and what ends a cell or a line too early.
_SIGNS: Final = "=+-@'\"`;,|\t\r\n \uff1d\uff0b\uff20%{}[]#&*!?:<>/\\0aZ9.éß\u00a0\u3000𝄞"
HOSTILE: Final = st.sampled_from(
    [
        "=1+1",
        "@SUM(A1)",
        "+49 1 2345",
        "-5",
        "-5 USD",
        "'=x",
        "' quoted",
        '=HYPERLINK("http://x","y")',
        "=cmd|' /C calc'!A0",
        "\uff1d1+1",
        "https://x.example/?a=1",
        "internal:Sheet1!A1",
        "0123",
        "1e5",
        "TRUE",
        "true",
        "null",
        "2027-03-31",
        "a;b",
        "  =1+1",
        "#N/A",
        "_x000D_",
    ]
)
LINES: Final = HOSTILE | st.text(_SIGNS, max_size=8)
LINE: Final = LINES.map(lambda text: "".join(sign for sign in text if sign >= " ")).filter(str.strip)
_EMAIL: Final = st.sampled_from(["dana@example.com", "bob@acme.example", "eve@acme.example"])
_DAY: Final = st.sampled_from(["2027-03-31", "2028-02-29", "1999-12-01"])
_NUMBER: Final = st.integers(0, 10**9) | st.decimals(0, 10**6, places=2).map(str).map(float)
_MONEY: Final = st.sampled_from(
    [
        "100 USD",
        "1500.50 EUR",
        100,
        99.5,
        "7.25",
        {"amount": "12.00", "currency": "USD"},
        {"amount": 5},
        {"amount": "3", "currency": {"code": "EUR"}},
        {"amount": "3", "currency": {"id": UUID}},
    ]
)
_ACCOUNT: Final = st.sampled_from(
    [
        "info@acme.example",
        "none",
        "Acme, Inc.",
        {"email": "info@acme.example", "name": "Acme"},
        {"id": UUID},
    ]
)
_CONTACTS: Final = st.sampled_from(
    [
        "all",
        [],
        ["bob@acme.example"],
        ["eve@acme.example", "bob@acme.example"],
        [{"email": "eve@acme.example", "sales_role": "Blocker"}],
    ]
)
_CUSTOM: Final = st.dictionaries(
    st.sampled_from(["cf_region", "cf_Tags", "cf_hot", "x"]),
    LINES | _NUMBER | st.booleans() | st.none() | st.lists(LINE.map(str.strip), unique=True, max_size=2),
    max_size=3,
)
_LIFECYCLE: Final = st.fixed_dictionaries(
    {},
    optional={
        "existing": st.sampled_from(["merge", "report", "update"]),
        "ignore": st.lists(st.sampled_from(["step", "value", "fields.cf_hot"]), unique=True, max_size=2),
        "own": st.dictionaries(
            st.sampled_from(["unit", "closing_date", "fields.cf_Tags"]),
            st.sampled_from(["git", "crm"]),
            max_size=2,
        ),
    },
)
_REQUIRED: Final[dict[str, st.SearchStrategy[Any]]] = {
    "name": LINE,
    "owner": _EMAIL | st.just({"id": UUID}),
    "pipeline": LINE.map(str.strip),
    "closing_date": _DAY,
    "value": _MONEY,
    "account": _ACCOUNT,
}
_OPTIONAL: Final[dict[str, st.SearchStrategy[Any]]] = {
    "step": LINE.map(str.strip),
    "contacts": _CONTACTS,
    "unit": LINE.map(str.strip),
    "lead_source": LINE.map(str.strip) | st.none(),
    "description": LINES.filter(bool) | st.none(),
    "fields": _CUSTOM,
    "lifecycle": _LIFECYCLE,
    "formerly": st.sampled_from([{"name": "Old"}, {"name": "=Old", "account": "none"}]),
    "state": st.sampled_from(["present", "absent"]),
}
_DEFAULTS: Final = st.fixed_dictionaries(
    {},
    optional={
        "owner": _EMAIL,
        "pipeline": LINE.map(str.strip),
        "currency": st.sampled_from(["USD", "EUR"]),
        "account": _ACCOUNT,
        "fields": _CUSTOM,
        "lifecycle": _LIFECYCLE,
        "unit": LINE.map(str.strip),
    },
)


@st.composite
def manifests(draw: st.DrawFn) -> dict[str, Any]:
    """A manifest of a few opportunities, which may lean on the defaults of the file."""
    defaults = draw(_DEFAULTS)
    required = {name: of for name, of in _REQUIRED.items() if name not in defaults}
    optional = _OPTIONAL | {name: of for name, of in _REQUIRED.items() if name in defaults}
    keys = draw(st.lists(st.sampled_from(["acme", "b-2", "4711", "x.y"]), unique=True, min_size=1))
    entries = {key: draw(st.fixed_dictionaries(required, optional=optional)) for key in keys}
    for number, entry in enumerate(entries.values()):
        entry["name"] = f"{entry['name']} {number}"  # two deals of one name are one
    return {"version": 1, "defaults": defaults, "opportunities": entries}
