"""Random spaces and random declarations that fit them, for the planning core."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from syncer.model.address import Address
from syncer.model.declared import Declared, Existing, Link, Money, Owner, Presence, Reference
from syncer.model.names import CustomField
from syncer.model.observed import LinkRow, Observed
from syncer.model.span import Span, ValuePath
from syncer.resolve.directory import Directory

# How long an example takes says more of the machine than of the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

CENTS = st.decimals(0, 10**9, places=2)
AMOUNTS = CENTS | st.decimals(0, 10**6, places=6)
RATES = st.sampled_from(
    [Decimal(text) for text in ("0.8", "0.9", "1", "1.1", "1.2345", "7.46", "150", "1580")]
)
TEXTS = st.sampled_from(
    ["", "Deal", "Deal ", "  Deal", "Zürich", "Zu\u0308rich", "a\r\nb", "a\nb\n", "10", "\u3000"]
)
NAMES = st.sampled_from(["Alpha", "Beta", "Gamma"])


def uid(kind: str, number: int) -> str:
    """An id that says what it is of."""
    return f"{kind:0<8.8}-0000-4000-8000-{number:012d}".translate(
        str.maketrans("_ghijklmnopqrstuvwxyz", "0" * 21)
    )


@dataclass
class Nowhere:
    """A locator for declarations nobody wrote; counts how often it is asked."""

    asked: int = 0

    def span(self, path: ValuePath = ()) -> Span:
        self.asked += 1
        return Span("deals.yaml", 3 + len(path), 3)

    def excerpt(self, span: Span) -> str:
        return f"line {span.line}"


def directory() -> Directory:
    """A small space: two of everything."""
    space = Directory()
    for kind, field in (("pipeline", "name"), ("unit", "name"), ("sales_role", "name")):
        space.add(kind, [{"id": uid(kind, n), field: f"{kind} {n}"} for n in (1, 2)])
    space.add(
        "owner", [{"id": uid("owner", n), "email": f"o{n}@x.example", "name": f"Owner {n}"} for n in (1, 2)]
    )
    space.add(
        "step",
        [
            {
                "id": uid("step", 10 * p + n),
                "name": f"step {n}",
                "pipeline_id": uid("pipeline", p),
                "sort_order": n,
            }
            for p in (1, 2)
            for n in (1, 2, 3)
        ],
    )
    space.add(
        "type", [{"id": uid("type", p), "name": "T", "pipeline_id": uid("pipeline", p)} for p in (1, 2)]
    )
    space.add("currency", [{"id": uid("currency", n), "code": code} for n, code in ((1, "USD"), (2, "EUR"))])
    space.add(
        "account", [{"id": uid("account", n), "name": f"A {n}", "email1": f"a{n}@x.example"} for n in (1, 2)]
    )
    space.add(
        "contact",
        [
            {"id": uid("contact", n), "formatted_name": f"C {n}", "email1": f"c{n}@x.example"}
            for n in (1, 2, 3)
        ],
    )
    space.add(
        "option", [{"id": uid("option", n), "option_name": f"opt {n}", "data_set_id": "set"} for n in (1, 2)]
    )
    space.base_currency = uid("currency", 1)
    space.rates = {uid("currency", 2): Decimal("0.9")}
    space.linked = {uid("contact", n): frozenset({uid("account", 1 + n % 2)}) for n in (1, 2, 3)}
    space.fields = {
        "opportunity": {
            name: CustomField(
                name,
                name,
                type_,
                "set" if type_ in {"dropdown", "multiselect_checkbox"} else None,
                False,
                False,
            )
            for name, type_ in (
                ("cf_text", "text_area"),
                ("cf_pick", "dropdown"),
                ("cf_many", "multiselect_checkbox"),
                ("cf_number", "float"),
                ("cf_flag", "checkbox"),
                ("cf_time", "datetime"),
                ("cf_key", "input"),
            )
        }
    }
    return space


PIPELINE_OF = {uid("step", 10 * p + n): uid("pipeline", p) for p in (1, 2) for n in (1, 2, 3)}


def _references(kind: str, names: list[str]) -> st.SearchStrategy[Reference]:
    return st.sampled_from(names).map(lambda name: Reference(kind, text=name))


@st.composite
def links(draw: st.DrawFn, kind: str, numbers: tuple[int, ...]) -> tuple[Link, ...]:
    """Links with exactly one primary, or none at all."""
    chosen = draw(st.lists(st.sampled_from(numbers), unique=True, max_size=len(numbers)))
    first = draw(st.integers(0, max(len(chosen) - 1, 0)))
    return tuple(
        Link(
            Reference(kind, text=f"{kind[0]}{n}@x.example"),
            primary=index == first,
            sales_role=draw(st.none() | _references("sales_role", ["sales_role 1", "sales_role 2"]))
            if kind == "contact"
            else None,
            linked=False,
        )
        for index, n in enumerate(chosen)
    )


@st.composite
def values(draw: st.DrawFn) -> dict[str, Any]:
    """What a manifest may say of one opportunity."""
    required = {
        "name": NAMES,
        "owner": _references("owner", ["o1@x.example", "O2@X.example"]),
        "pipeline": _references("pipeline", ["pipeline 1", "pipeline 2"]),
        "closing_date": st.dates(date(2000, 1, 1), date(2100, 1, 1)),
        "value": st.builds(Money, CENTS, st.none() | _references("currency", ["USD", "EUR"])),
        "accounts": links("account", (1, 2)),
    }
    optional = {
        "step": _references("step", ["step 1", "step 2", "step 3"]),
        "contacts": links("contact", (1, 2, 3)),
        "unit": _references("unit", ["unit 1", "unit 2"]),
        "type": _references("type", ["T"]),
        "description": st.none() | TEXTS,
        "fields.cf_text": st.none() | TEXTS,
        "fields.cf_pick": st.none() | st.sampled_from(["opt 1", "opt 2"]),
        "fields.cf_many": st.lists(st.sampled_from(["opt 1", "opt 2"]), unique=True),
        "fields.cf_number": st.none() | AMOUNTS,
        "fields.cf_flag": st.none() | st.booleans(),
        "fields.cf_time": st.sampled_from(["2027-03-31T10:00:00+02:00", "2027-03-31 10:00"]),
    }
    return draw(st.fixed_dictionaries(required, optional=optional))


@st.composite
def declared(draw: st.DrawFn) -> tuple[Declared, ...]:
    """Declarations that differ in their names, sorted by nothing in particular."""
    names = draw(st.lists(NAMES, unique=True, max_size=3))
    return tuple(
        Declared(
            address=Address("opportunity", name.lower()),
            values={**draw(values()), "name": name},
            locator=Nowhere(),
            state=draw(st.sampled_from([Presence.PRESENT] * 4 + [Presence.ABSENT])),
            existing=draw(st.sampled_from([None, Existing.UPDATE])),
            own=draw(
                st.dictionaries(
                    st.sampled_from(["value", "step", "contacts", "fields.cf_text"]),
                    st.sampled_from([Owner.ONCE, Owner.ONCE, *Owner]),
                    max_size=2,
                )
            ),
        )
        for name in names
    )


def stored(id_: str, canonical: Mapping[str, Any], archived: bool = False) -> Observed:
    """A record that holds *canonical* values, with a row for each link."""
    rows = {
        name: {
            target: LinkRow(
                f"{id_}-{name}-{target}", {role: f"{id_}-{target}-{role}" for role in link.get("roles", ())}
            )
            for target, link in (canonical.get(name) or {}).items()
        }
        for name in ("accounts", "contacts")
    }
    return Observed(id_, dict(canonical), rows, archived, "2026-01-01 00:00:00", "2026-01-01 00:00:00")
