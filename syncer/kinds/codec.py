"""Wire ↔ values: the one file that knows how the API spells an opportunity.

Sources: OAS Opportunity, createOpportunityInput, batchOpportunityInput; DOC create-opportunity.
"""

from collections.abc import Iterable, Mapping
from sys import intern
from typing import Any, Final

from syncer.kinds import OPPORTUNITY, Shape
from syncer.model.change import RelationWrite
from syncer.model.observed import LinkRow, Observed
from syncer.shapes import canon

# The order of the vendor's own example first, so that a payload reads like the documents.
_PAYLOAD_ORDER: Final = (
    *("closing_date", "name", "owner", "step", "value", "accounts", "contacts", "type"),
    *("unit", "lead_source", "description"),
)
_PAYLOAD_FIELDS: Final = tuple((name, OPPORTUNITY.field(name).wire or "") for name in _PAYLOAD_ORDER)
_NOTHING: Final[Mapping[str, str]] = {}
_ROLES: Final = "LeadOpptyContactSalesRoleRelations"


def load_only(names: Iterable[str]) -> tuple[str, ...]:
    """Return what to load to learn the fields *names* (`owner`, `contacts`, `fields.cf_x`) of opportunities.

    Identity is always part of it: the name, the step (hence the pipeline) and the accounts.
    """
    wanted = {*names, "name", "step", "accounts"}
    load = ["id", "is_archived", "created", "modified"]
    for spec in OPPORTUNITY.fields:
        if spec.name not in wanted or spec.wire is None:
            continue
        if spec.shape is Shape.LINKS:
            target = OPPORTUNITY.links[spec.name].target
            load += [f"{spec.wire}.{part}" for part in ("id", "is_deleted", target, "is_primary")]
            if spec.name == "contacts":
                load += [f"{spec.wire}.sales_roles.{part}" for part in ("id", "is_deleted", "sales_role_id")]
        else:
            load.append(spec.wire)
    load += sorted(name.removeprefix("fields.") for name in wanted if name.startswith("fields."))
    return tuple(load)


def expand(names: Iterable[str]) -> tuple[str, ...]:
    """Return the relations to expand to learn the fields *names*."""
    wanted = {*names, "accounts"}
    relations = [
        spec.wire
        for spec in OPPORTUNITY.fields
        if spec.shape is Shape.LINKS and spec.name in wanted and spec.wire
    ]
    if "contacts" in wanted:
        relations.append("contact_relations.sales_roles")
    return tuple(relations)


def observed(row: Mapping[str, Any], pipeline_of: Mapping[str, str] = _NOTHING) -> Observed:
    """Return the values of a wire row; tolerant of whatever a person left in it years ago.

    Args:
        row: As listed, with `load_only` and `expand` of this module.
        pipeline_of: Pipeline ids by step id; an opportunity names only its step. `place` may tell later.
    """
    rows: dict[str, dict[str, LinkRow]] = {name: {} for name in OPPORTUNITY.links}
    return Observed(
        id=row["id"],
        values=_values(row, pipeline_of, rows),
        rows=rows,
        archived=bool(row.get("is_archived")),
        created=row.get("created") or "",
        modified=row.get("modified") or "",
    )


def place(record: Observed, pipeline_of: Mapping[str, str]) -> None:
    """Fill in the pipeline of *record*, by the step it is in."""
    values = record.values
    if "step" in values and isinstance(values, dict):
        values["pipeline"] = pipeline_of.get(values["step"])


def values(row: Mapping[str, Any], pipeline_of: Mapping[str, str]) -> dict[str, Any]:
    """Return the canonical values in a wire row or in a payload: the two have the same shape."""
    return _values(row, pipeline_of, None)


def _values(
    row: Mapping[str, Any], pipeline_of: Mapping[str, str], rows: Mapping[str, dict[str, LinkRow]] | None
) -> dict[str, Any]:
    """Return the values; put the relation rows behind linked records into *rows*, by field."""
    found: dict[str, Any] = {}
    for wire_name, value in row.items():
        known = _KNOWN.get(wire_name)
        if known is None:
            if wire_name not in _BOOKKEEPING:
                found[f"fields.{wire_name}"] = canon.scalar(value)
            continue
        name, shape = known
        if shape is Shape.REFERENCE:
            found[name] = _shared(value) or None
            if name == "step":
                found["pipeline"] = pipeline_of.get(value)
        elif shape is Shape.LINKS:
            found[name] = _links(value, _TARGETS[name], None if rows is None else rows[name])
        elif shape is Shape.MONEY:
            found[name] = canon.money(value) if isinstance(value, dict) else None
        elif shape is Shape.DATE:
            found[name] = str(value)[:10] if value else None
        else:
            found[name] = canon.text(value if value is None else str(value))
    return found


def names(payload: Mapping[str, Any]) -> set[str]:
    """Return the names of the fields that a payload sets."""
    return {
        _KNOWN[wire_name][0] if wire_name in _KNOWN else f"fields.{wire_name}"
        for wire_name in payload
        if wire_name not in _BOOKKEEPING
    }


_BOOKKEEPING: Final = frozenset({"id", "is_archived", "created", "modified", "is_deleted", "revision"})
_KNOWN: Final = {spec.wire: (spec.name, spec.shape) for spec in OPPORTUNITY.fields if spec.wire}
_SHAPES: Final = {spec.name: spec.shape for spec in OPPORTUNITY.fields}
_TARGETS: Final = {name: link.target for name, link in OPPORTUNITY.links.items()}


def _alive(items: Any) -> list[Mapping[str, Any]]:
    """Return the expanded rows of a relation that are not deleted."""
    if not items or not isinstance(items, list):
        return []
    return [item for item in items if isinstance(item, dict) and not item.get("is_deleted")]


# Most links are one of these two; ten thousand records hold thirty thousand links.
_PLAIN_LINK: Final[Mapping[bool, Mapping[str, Any]]] = {
    primary: {"primary": primary, "roles": []} for primary in (True, False)
}


def _shared(id_: Any) -> Any:
    """Return an id as the one object for all records that hold it: many hold the same few."""
    return intern(id_) if id_.__class__ is str else id_


def _links(items: Any, target: str, rows: dict[str, LinkRow] | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in _alive(items):
        linked = _shared(item.get(target))
        if not linked:
            continue
        # Which role, by the row that gives it; most links have none.
        given = item.get("sales_roles") and [
            (role["sales_role_id"], role.get("id") or "")
            for role in _alive(item["sales_roles"])
            if role.get("sales_role_id")
        ]
        roles = dict(given or ())
        primary = bool(item.get("is_primary"))
        link = {"primary": primary, "roles": sorted(roles)} if roles else _PLAIN_LINK[primary]
        row = LinkRow(item.get("id") or "", roles or _NOTHING)
        if given and len(given) > len(roles):
            row = row._replace(more_roles=tuple(id_ for role, id_ in given if roles[role] != id_))
            link = {**link, "times": len(given)}
        if linked in found:
            link, row = _doubled(found[linked], link, (rows or {}).get(linked), row)
        found[linked] = link
        if rows is not None:
            rows[linked] = row
    return found


def _doubled(
    first: Mapping[str, Any], second: Mapping[str, Any], first_row: LinkRow | None, second_row: LinkRow
) -> tuple[Mapping[str, Any], LinkRow]:
    """Return what two rows that link the same record come to: the primary one stays, and the other is to go.

    A row that was committed late beside its repetition looks like this; so it is seen, and not taken for one.
    """
    times = first.get("times", 1) + second.get("times", 1)
    if first_row is None:
        return {**first, "times": times}, second_row
    keep, drop, link = first_row, second_row, first
    if second["primary"] and not first["primary"]:
        keep, drop, link = second_row, first_row, second
    return {**link, "times": times}, keep._replace(more=(*keep.more, drop.id, *drop.more))


def wire(name: str, value: Any) -> Any:
    """Return the wire form of the canonical *value* of field *name*; not for custom fields."""
    shape = _SHAPES[name]
    if shape is Shape.MONEY:
        return None if value is None else _money(value)
    if shape is Shape.LINKS:
        return [link_body(name, target, link) for target, link in with_primary(value).items()]
    return value


def _money(value: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"base_value": canon.wire_number(value["base"]), "currency_id": value["currency"]}
    if value["rate"] is not None:
        body["value_foreign"] = canon.wire_number(value["amount"])
    return body


def with_primary(links: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return *links* with exactly one primary: the service refuses a non-empty list without (DOC)."""
    chosen = next((id_ for id_, link in links.items() if link.get("primary")), next(iter(links), None))
    return {id_: {**link, "primary": id_ == chosen} for id_, link in links.items()}


def link_body(name: str, target: str, link: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of one relation row, nested form (without the id of the opportunity)."""
    body: dict[str, Any] = {OPPORTUNITY.links[name].target: target, "is_primary": bool(link.get("primary"))}
    if link.get("roles"):
        body["sales_roles"] = [{"sales_role_id": role} for role in link["roles"]]
    return body


def payload(canonical: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body that sets *canonical* (by field name) and *custom* (wire values by api name).

    Fields that are to be empty are sent as null in an update and left out of a create, see `create_payload`.
    """
    body = {on_wire: wire(name, canonical[name]) for name, on_wire in _PAYLOAD_FIELDS if name in canonical}
    body.update(custom)
    return body


def create_payload(canonical: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a create: what is empty is not sent."""
    return {name: value for name, value in payload(canonical, custom).items() if value not in (None, [])}


def relation_writes(
    name: str,
    parent: str,
    before: Mapping[str, LinkRow],
    observed_links: Mapping[str, Any],
    after: Mapping[str, Any],
) -> list[RelationWrite]:
    """Return the writes to relation rows that turn the links of *parent* from observed into *after*.

    Whether a PATCH with a nested list replaces or merges is undocumented, so rows are written one by one. The
    new primary comes first: setting one on a single row is said to clear the others (OAS), and where it does
    not, the following write does.
    """
    link = OPPORTUNITY.links[name]
    after = _with_kept_primary(after, observed_links)
    promote: list[RelationWrite] = []
    demote: list[RelationWrite] = []
    for target, wanted in after.items():
        row, now = before.get(target), observed_links.get(target)
        if row is None or now is None:
            body = link_body(name, target, wanted) | {link.parent: parent}
            promote.append(RelationWrite(link.entity, "create", None, body))
            continue
        if "primary" in wanted and wanted["primary"] != now["primary"]:
            side = promote if wanted["primary"] else demote
            side.append(RelationWrite(link.entity, "update", row.id, {"is_primary": wanted["primary"]}))
        roles = wanted.get("roles", now["roles"])
        promote += [
            RelationWrite(
                _ROLES, "create", None, {"lead_oppty_contact_relation_id": row.id, "sales_role_id": role}
            )
            for role in roles
            if role not in row.roles
        ]
        superfluous = [id_ for role, id_ in row.roles.items() if role not in roles]
        demote += [RelationWrite(_ROLES, "delete", id_, None) for id_ in (*superfluous, *row.more_roles)]
        demote += [RelationWrite(link.entity, "delete", id_, None) for id_ in row.more]
    demote += [
        RelationWrite(link.entity, "delete", id_, None)
        for target, row in before.items()
        if target not in after
        for id_ in (row.id, *row.more)
    ]
    promote.sort(key=lambda write: not (write.payload or {}).get("is_primary"))
    return promote + demote


def _with_kept_primary(
    after: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Mapping[str, Any]]:
    """Return *after* with a primary where it names none: the present one if it stays, else the first."""
    if any(link.get("primary") for link in after.values()):
        return after
    stays = next((id_ for id_ in after if now.get(id_, {}).get("primary")), None)
    if stays is not None or not after:
        return after
    first = next(iter(after))
    return {id_: {**link, "primary": True} if id_ == first else link for id_, link in after.items()}


def field_of(wire_name: str) -> str | None:
    """Return the manifest's field for a name in the service's messages; `fields.x` for a custom one.

    Accepts `owner_id`, `owner`, `Opportunity.owner_id`, `value.base_value`.
    """
    plain = wire_name.removeprefix(f"{OPPORTUNITY.wire_name}.").split(".")[0]
    for spec in OPPORTUNITY.fields:
        if spec.wire and plain in {spec.wire, spec.wire.removesuffix("_id"), spec.name}:
            return spec.name
    return f"fields.{plain}" if plain else None


def satisfied(write: RelationWrite, record: Observed) -> bool:
    """Tell whether *record* already is as *write* would make it."""
    if write.entity == _ROLES:
        rows = record.rows.get("contacts", {}).values()
        if write.operation == "delete":
            return all(write.id not in (*row.roles.values(), *row.more_roles) for row in rows)
        body = write.payload or {}
        return any(
            row.id == body["lead_oppty_contact_relation_id"] and body["sales_role_id"] in row.roles
            for row in rows
        )
    name = next(name for name, link in OPPORTUNITY.links.items() if link.entity == write.entity)
    linked = record.rows.get(name, {})
    if write.operation == "delete":
        return all(write.id not in (row.id, *row.more) for row in linked.values())
    body = write.payload or {}
    target = body.get(OPPORTUNITY.links[name].target) or next(
        (target for target, row in linked.items() if row.id == write.id), None
    )
    if target not in linked:
        return False
    primary = (record.values.get(name) or {}).get(target, {}).get("primary")
    return write.operation == "create" or bool(primary) == bool(body.get("is_primary"))
