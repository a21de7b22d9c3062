"""Plans, problems and results the tests of this folder share."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from syncer.kinds.custom import api_name
from syncer.kinds.registry import field_at
from syncer.model.address import Address
from syncer.model.change import Absent, Action, Change, FieldChange, Side, Unchanged, Values
from syncer.model.key import Key
from syncer.model.outcome import Outcome, Result
from syncer.model.plan import Origin, Plan, ResolvedReference, SpaceId
from syncer.model.policy import MatchRule
from syncer.model.problem import Problem, Related, Severity
from syncer.model.span import Span
from syncer.planning import diff, shown
from syncer.shapes import canon, links

ACME: dict[str, Any] = {
    "name": "Acme renewal 2027",
    "owner": "dana@example.com",
    "pipeline": "Test Pipeline",
    "step": "First",
    "closing_date": "2027-03-31",
    "value": {"amount": "100.00", "currency": "USD"},
    "accounts": [{"account": "info@acme.example", "primary": True}],
    "contacts": [
        {"contact": "bob@acme.example", "primary": True, "sales_role": "Decision Maker"},
        {"contact": "eve@acme.example", "primary": False},
    ],
    "type": "Standard",
    "description": 'Says "hi"\nand more.',
    "fields": {
        "cf_region": "EMEA",
        "cf_tags": ["a", "b"],
        "cf_seats": 12,
        "cf_signed": False,
    },
}


def side(whole: dict[str, Any]) -> Values:
    """Values as a manifest nests them, with canonical ones that fit."""
    written = {path: value for path, value in shown.flat(whole).items() if value is not None}
    known = {path: canonical(path, value) for path, value in written.items()}
    known = {path: value for path, value in known.items() if value not in (None, {})}
    return Values(
        known, written, {name: written[path] for path in known if (name := api_name(path)) is not None}
    )


def canonical(path: str, value: Any) -> Any:
    """A canonical value for a written one: names in place of ids, without the dots that no id has."""
    spec = field_at(path, "opportunity")
    if isinstance(value, dict) and "amount" in value:
        plain = canon.number(Decimal(value["amount"]))
        return {"amount": plain, "currency": value["currency"], "base": plain, "rate": None}
    if spec.link is not None:
        linked = {
            str(item[spec.refers]).replace(".", "-"): {"primary": item["primary"], "roles": []}
            for item in value
            if item[spec.refers]
        }
        return links.with_primary(linked)
    if spec.refers is not None:
        return (canon.scalar(value) or "").replace(".", "-") or None
    return canon.scalar(value)


def create(key: str, line: int = 7, notes: tuple[str, ...] = (), **changed: Any) -> Change:
    """A create of `ACME` with some values changed; None leaves one out."""
    after = side({name: value for name, value in {**ACME, **changed}.items() if value is not None})
    return Change(
        address=Address("opportunity", key),
        action=Action.CREATE,
        id=None,
        span=Span("opportunities/acme.yaml", line, 3),
        before=None,
        after=after,
        precondition=Absent(Key({"name": after.written["name"]}), MatchRule(match=("name",))),
        notes=notes,
    )


def differing(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    sides: Mapping[str, Side | None],
    base: Mapping[str, Any] | None = None,
    *,
    written: bool,
) -> tuple[FieldChange, ...]:
    """What differs at the paths of *sides*, between what the CRM has and what the manifests say."""
    return tuple(
        FieldChange(
            diff.spelled(path, steps, after[path]),
            was,
            wanted,
            diff.at((base or {}).get(path), steps),
            side,
            written,
        )
        for path, side in sides.items()
        for steps, was, wanted in diff.leaves(before.get(path), after[path])
    )


def update(key: str, before: dict[str, Any], after: dict[str, Any], **more: Any) -> Change:
    """An update, or with `action` a drift."""
    id_ = "6f1d0c1e-0000-4000-8000-000000000002"
    old, new = side(before), side(after)
    said = shown.flat(after)
    moved = tuple(path for path, value in said.items() if value != old.written.get(path))
    desired = {path: new.canon.get(path) for path in said}
    action = more.pop("action", Action.UPDATE)
    sides = more.pop("sides", dict.fromkeys(moved))
    written = action is Action.UPDATE
    fields = differing(old.written, said, sides, more.pop("base", None), written=written)
    return Change(
        address=Address("opportunity", key),
        action=action,
        id=id_,
        span=Span("opportunities/beta.yaml", 12, 3),
        before=old,
        after=Values(desired, said, {name: said[path] for path in said if (name := api_name(path))}),
        sides=sides,
        writes=moved if written else (),
        fields=tuple(
            field._replace(conflict=action is Action.CONFLICT and field.moved is Side.BOTH)
            for field in fields
        ),
        precondition=Unchanged(id_, "2027-01-30 08:00:00"),
        **more,
    )


BETA = {
    "name": "Beta",
    "owner": "dana@example.com",
    "pipeline": "Test Pipeline",
    "step": "First",
    "value": {"amount": "100.00", "currency": "USD"},
    "contacts": [
        {"contact": "bob@acme.example", "primary": True},
        {"contact": "carl@acme.example", "primary": False},
    ],
    "fields": {"cf_region": "EMEA"},
}
BETA_AFTER = {
    **BETA,
    "owner": "eve@example.com",
    "step": "Proposal",
    "value": {"amount": "250.00", "currency": "USD"},
    "contacts": [
        {"contact": "bob@acme.example", "primary": False},
        {"contact": "dora@acme.example", "primary": True},
    ],
    "fields": {"cf_region": None},
}
UPDATE = update(
    "beta",
    BETA,
    BETA_AFTER,
    notes=("Proposal is the last step of Test Pipeline: the opportunity is won.",),
)
DRIFT = update(
    "gamma",
    {"closing_date": "2027-06-30", "value": {"amount": "5", "currency": "EUR"}},
    {"closing_date": "2027-03-31", "value": {"amount": "5", "currency": "USD"}},
    action=Action.DRIFT,
)
CONFLICT = update(
    "epsilon",
    {"name": "Theirs | now", "step": "First"},
    {"name": "Ours", "step": "Won"},
    action=Action.CONFLICT,
    sides={"name": Side.BOTH, "step": Side.GIT},
    base={"name": "Epsilon", "step": "First"},
)
DELETE = Change(
    address=Address("opportunity", "delta"),
    action=Action.DELETE,
    id="6f1d0c1e-0000-4000-8000-000000000004",
    span=Span("opportunities/beta.yaml", 30, 3, 8),
    before=side(
        {
            "name": "Delta",
            "owner": "dana@example.com",
            "pipeline": "Test Pipeline",
            "value": {"amount": "75.50", "currency": "USD"},
            "accounts": [],
        }
    ),
    after=None,
    precondition=Unchanged("6f1d0c1e-0000-4000-8000-000000000004", "2027-01-30 08:00:00"),
)
NOOP = Change(
    address=Address("opportunity", "omega"),
    action=Action.NOOP,
    id="6f1d0c1e-0000-4000-8000-000000000005",
    span=Span("opportunities/beta.yaml", 40, 3),
    before=side({"name": "Omega"}),
    after=side({"name": "Omega"}),
)
WARNING = Problem(
    code="closing-date-in-past",
    detail="opportunity.acme-renewal-2027 closes on 2020-01-01.",
    span=Span("opportunities/acme.yaml", 12, 19, 29),
    excerpt="    closing_date: 2020-01-01",
    hint="Move the date, or set closing_date_in_past to allow.",
    address=Address("opportunity", "acme-renewal-2027"),
    severity=Severity.WARNING,
)
UNKNOWN_OWNER = Problem(
    code="reference-unknown",
    detail='No user has the email "dana@example.con".',
    span=Span("teams.yaml", 7, 11, 27),
    excerpt="    owner: dana@example.con",
    hint='did you mean "dana@example.com"?',
)
TWICE = Problem(
    code="duplicate-address",
    detail="acme is declared in two files.",
    span=Span("b.yaml", 3, 3, 7),
    excerpt="  acme:",
    related=(Related(Span("a.yaml", 12, 3, 7), "first declared here", "  acme:"),),
    address=Address("opportunity", "acme"),
)
REFERENCES = (
    ResolvedReference("account", "info@acme.example", "a1", "Acme Inc"),
    ResolvedReference("contact", "bob@acme.example", "c1", "Bob Acme"),
    ResolvedReference("owner", "dana@example.com", "u1", "Dana Doe"),
    ResolvedReference("owner", "eve@example.com", "u2", "Eve Roe"),
    ResolvedReference("pipeline", "Test Pipeline", "p1", "Test Pipeline"),
)


def plan_of(*changes: Change, problems: tuple[Problem, ...] = (), **more: Any) -> Plan:
    """A plan of these changes."""
    settings: dict[str, Any] = {"references": REFERENCES, **more}
    return Plan(
        tool_version="0.1.0",
        created_at="2027-01-31T12:00:00Z",
        expires_at="2027-02-01T12:00:00Z",
        space=SpaceId("https://us-east.api.pipelinersales.com", "us_Acme"),
        policy={"existing": "update"},
        source=Origin(None, "sha256:00"),
        changes=changes,
        problems=problems,
        **settings,
    )


MIXED = plan_of(create("acme-renewal-2027"), UPDATE, DELETE, DRIFT, NOOP, problems=(WARNING,))
RESULTS = (
    Result(create("acme-renewal-2027"), Outcome.CREATED, "id-1"),
    Result(create("acme-two"), Outcome.CREATED, "id-2", adopted=True),
    Result(create("acme-zero"), Outcome.FAILED, None, (UNKNOWN_OWNER,)),
    Result(UPDATE, Outcome.UPDATED, "id-3"),
    Result(NOOP, Outcome.UNCHANGED, "id-4"),
)
