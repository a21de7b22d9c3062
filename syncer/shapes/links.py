"""Linked records, with their mark and their role.

The relation rows behind them are written one by one in an update: whether a PATCH with a nested list replaces
or merges is undocumented.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from syncer.model import pending
from syncer.model.change import RelationWrite
from syncer.model.declared import All, Link
from syncer.model.names import Labels
from syncer.model.observed import LinkRow, Observed
from syncer.model.span import ValuePath
from syncer.shapes import canon
from syncer.shapes.base import (
    At,
    Faulty,
    Field,
    Forms,
    LinkEntity,
    Names,
    Piece,
    Schema,
    Spellings,
    Value,
    ref,
)
from syncer.shapes.quoting import quoted
from syncer.shapes.reference import form_of, identity_of, named, shared, spelled
from syncer.shapes.rows import Canonical, RowShape, entity_of
from syncer.shapes.spelling import Commented, Unsayable, plain

_NOTHING: Final[Mapping[str, str]] = {}
# Most links are one of these two; ten thousand records hold thirty thousand links.
_PLAIN_LINK: Final[Mapping[bool, Mapping[str, Any]]] = {
    primary: {"primary": primary, "roles": []} for primary in (True, False)
}

# Parts of links that move on their own, each with the id of the linked record.
LINKED: Final = "linked"
ROLES: Final = "roles"
TIMES: Final = "times"
PRIMARY: Final[Piece] = ("", "primary")
_OF_ALL: Final = frozenset({"primary", TIMES})
_LEFT: Final = frozenset({"primary", ROLES, TIMES})
_NO_ASPECTS: Final = frozenset({LINKED, TIMES})
_NO_ROLES: Final[Sequence[str]] = []


class LinksShape(RowShape):
    """`{id of the record: {"primary": bool, "roles": [ids]}}`."""

    name = "links"
    repeats = True
    json: Schema = {"type": ["array", "null"]}  # noqa: RUF012 (read only)

    def resolve(self, _written: Any, field: Field, _names: Names) -> Value:
        """Refuse: which records links mean depends on other links, see `syncer.resolve.links`."""
        raise NotImplementedError(field.name)

    def parse(self, raw: Any, field: Field, at: At, name: str) -> All | tuple[Link, ...]:
        """Return the links of a list, of the short spelling, or of the word for one."""
        link = entity_of(field)
        if raw == link.word:
            return () if field.among is None else All.CONTACTS
        if not raw:
            return ()
        if name == field.alias:
            reference = named(field.refers or "", raw, (name,), at)
            return (Link(reference, primary=True, columns=_columns(raw, link, (name,), at)),)
        plain = tuple(raw) if all(item.__class__ is str for item in raw) else None
        if plain is not None and (known := at.lists.get((name, plain))) is not None:
            return known
        links = _parsed(raw, field, link, at)
        if not any(found.primary for found in links):
            index = _first_to_be_primary(raw, field, link, at)
            links = (*links[:index], links[index]._replace(primary=True), *links[index + 1 :])
        if plain is not None:
            at.lists[name, plain] = links
        return links

    def load(self, field: Field) -> tuple[str, ...]:
        """Return the parts of the relation rows."""
        link = entity_of(field)
        own = (column.wire for column in link.columns)
        load = [f"{field.wire}.{part}" for part in ("id", "is_deleted", link.target, "is_primary", *own)]
        if link.roles is not None:
            parts = ("id", "is_deleted", link.roles.target)
            load += [f"{field.wire}.{link.roles.wire}.{part}" for part in parts]
        if link.proof is not None:
            load.append(link.proof)
        return tuple(load)

    def expand(self, field: Field) -> tuple[str, ...]:
        """Return the relation, and the one with the roles."""
        link = entity_of(field)
        own = field.wire or ""
        return (own,) if link.roles is None else (own, f"{own}.{link.roles.wire}")

    def read(self, wire: Any, field: Field) -> dict[str, Any]:
        """Return the links in a nested list of relation rows."""
        return self.read_rows(wire, field, None)

    def write(self, canon: Canonical, field: Field) -> list[dict[str, Any]]:
        """Return the nested list of a new record."""
        link = entity_of(field)
        return [link_body(link, target, wanted) for target, wanted in with_primary(canon).items()]

    def ids(self, canon: Canonical | None, field: Field) -> list[tuple[str, str]]:
        """Return the linked records and the roles."""
        link = entity_of(field)
        refers = "" if link.roles is None else link.roles.refers
        linked = canon or {}
        roles = [(refers, role) for wanted in linked.values() for role in wanted.get("roles", ())]
        return [(field.refers or "", id_) for id_ in linked] + roles

    def bind(self, canon: Canonical | None, ids: Mapping[str, str]) -> Canonical | None:
        """Return the links to records whose ids are known now."""
        return None if canon is None else {ids.get(id_, id_): link for id_, link in canon.items()}

    def holds(self, value: Any) -> bool:
        """Tell whether *value* is canonical."""
        return value is None or (isinstance(value, Mapping) and all(map(_is_link, value.values())))

    def pieces(self, canon: Canonical | None, asked: Canonical | None) -> dict[Piece, Any]:
        """Return who is linked, what is *asked* of each link, and who is the primary one."""
        wanted = asked or {}
        found: dict[Piece, Any] = {}
        for id_, link in (canon or {}).items():
            found[id_, LINKED] = True
            for aspect in wanted.get(id_, ()):
                if aspect not in _OF_ALL:
                    found[id_, aspect] = link.get(aspect, _NO_ROLES if aspect == ROLES else None)
            if TIMES in link:
                found[id_, TIMES] = link["times"]
        if any("primary" in link for link in wanted.values()):
            found[PRIMARY] = next((id_ for id_, link in (canon or {}).items() if link.get("primary")), None)
        return found

    def whole(self, pieces: Mapping[Piece, Any], *sides: Canonical | None) -> dict[str, Any]:
        """Return the links with these parts."""
        found: dict[str, Any] = {}
        for id_, part in pieces:
            if part != LINKED or not pieces[id_, part]:
                continue
            link = dict(next(side[id_] for side in sides if side and id_ in side))
            link.pop(TIMES, None)
            for of, aspect in pieces:
                if of == id_ and aspect not in _NO_ASPECTS:
                    link[aspect] = pieces[of, aspect] or ([] if aspect == ROLES else None)
            if PRIMARY in pieces:
                link["primary"] = pieces[PRIMARY] == id_
            found[id_] = link
        return found

    def torn(self, pieces: Mapping[Piece, Any]) -> frozenset[Piece]:
        """Return what is said of links that are none, and the mark when nothing that is linked has it."""
        linked = {id_ for id_, part in pieces if part == LINKED and pieces[id_, part]}
        said = {piece for piece, value in pieces.items() if piece[1] not in _NO_ASPECTS and value}
        torn = {piece for piece in said if piece[0] not in linked} - {PRIMARY}
        primary = pieces.get(PRIMARY)
        if PRIMARY in pieces and (linked or primary is not None) and primary not in linked:
            torn.add(PRIMARY)
        return frozenset(torn)

    def show(self, canon: Canonical | None, field: Field, labels: Labels) -> list[dict[str, Any]] | None:
        """Return the links as a manifest would list them."""
        if canon is None:
            return None
        return self.listed(field, canon, canon, called(field, canon, labels), labels)

    def spell(self, canon: Canonical, field: Field, names: Spellings) -> Any:
        """Return the list of links, the primary one first; or the one record, for the short spelling."""
        primaries = sum(bool(link.get("primary")) for link in canon.values())
        if primaries != 1:
            what = "none of them is" if not primaries else f"{primaries} of them are"
            raise Unsayable(f"{what} the primary one")
        if field.among is None:
            return _spelled_alone(canon, field, names)
        around = frozenset() if names.is_left_out(field.among) else frozenset(names.beside(field.among) or ())
        return _in_order(canon, {id_: _among(field, id_, link, around, names) for id_, link in canon.items()})

    def nothing(self, field: Field) -> Any:
        """Return the word for no links, or an empty list."""
        link = entity_of(field)
        if link.marked and link.word:
            return link.word
        if not field.empty:
            raise Unsayable("it has none")
        return []

    def spelled_as(self, canon: Canonical | None, field: Field) -> str:
        """Return the short spelling for one record, or none."""
        return field.alias if field.alias and len(canon or ()) < 2 else field.name

    def schema(self, field: Field, _forms: Forms) -> Schema:
        """Return the JSON schema of a list, and of the word that may stand for one."""
        link = entity_of(field)
        either: list[Schema] = [{"const": link.word}] if link.word else []
        if field.empty:
            either.append({"type": "null"})
        several: Schema = {"type": "array"}
        if not field.empty:
            several["minItems"] = 1
        several |= {"items": ref(f"{field.refers}_link"), "x-expects": f"a list of {field.name}"}
        return field.about.schema() | {"anyOf": [*either, several]}

    def parts(self, field: Field, forms: Forms) -> Mapping[str, Schema]:
        """Return the definition of an item, and of the short spelling."""
        link, noun = entity_of(field), field.refers or ""
        own = forms[noun]
        if field.among is not None:
            own = tuple(form for form in own if form in {"email", "ref"})
        parts: dict[str, Schema] = {}
        columns = {column.name: column.shape.schema(column, forms) for column in link.columns}
        if field.alias and link.one:
            parts[field.alias] = spelled(link.one, noun, own, columns)
        parts[f"{noun}_link"] = _item(field, link, noun, own, columns)
        return parts

    def defaults(self, field: Field) -> tuple[str, ...]:
        """Return both spellings."""
        return (field.alias, field.name) if field.alias else (field.name,)

    # Rows

    def read_rows(self, wire: Any, field: Field, rows: dict[str, LinkRow] | None) -> dict[str, Any]:
        """Return the links in relation rows; put the rows into *rows*, by linked record."""
        link = entity_of(field)
        target, role_rows = link.target, link.roles
        found: dict[str, Any] = {}
        for item in _alive(wire):
            linked = shared(pending.from_wire(item.get(target)))
            if not linked:
                continue
            # Which role, by the row that gives it; most links have none.
            given = (
                [
                    (role[role_rows.target], role.get("id") or "")
                    for role in _alive(item[role_rows.wire])
                    if role.get(role_rows.target)
                ]
                if role_rows is not None and item.get(role_rows.wire)
                else None
            )
            roles = dict(given or ())
            primary = bool(item.get("is_primary"))
            wanted = {"primary": primary, "roles": sorted(roles)} if roles else _PLAIN_LINK[primary]
            if link.columns and (said := _read_columns(item, link)):
                wanted = {**wanted, **said}
            row = LinkRow(item.get("id") or "", roles or _NOTHING)
            if given and len(given) > len(roles):
                row = row._replace(more_roles=tuple(id_ for role, id_ in given if roles[role] != id_))
                wanted = {**wanted, "times": len(given)}
            if linked in found:
                wanted, row = _doubled(found[linked], wanted, (rows or {}).get(linked), row)
            found[linked] = wanted
            if rows is not None:
                rows[linked] = row
        return found

    def writes(
        self, field: Field, parent: str, before: Mapping[str, LinkRow], now: Canonical, after: Canonical
    ) -> list[RelationWrite]:
        """Return the writes to relation rows that turn the links of *parent* from observed into *after*.

        The new primary comes first: setting one on a single row is said to clear the others (OAS), and where
        it does not, the following write does.
        """
        link = entity_of(field)
        after = _with_kept_primary(after, now)
        promote: list[RelationWrite] = []
        demote: list[RelationWrite] = []
        for target, wanted in after.items():
            row, held = before.get(target), now.get(target)
            if row is None or held is None:
                body = link_body(link, target, wanted) | {link.parent: parent}
                promote.append(RelationWrite(link.entity, "create", None, body))
                continue
            marked = "primary" in wanted and wanted["primary"] != held["primary"]
            body = {"is_primary": wanted["primary"]} if marked else {}
            for column in link.columns:
                name = column.name
                if name in wanted and not canon.same(wanted[name], held.get(name)):
                    body[column.wire or ""] = column.shape.write(wanted[name], column)
            if body:
                side = demote if marked and not wanted["primary"] else promote
                side.append(RelationWrite(link.entity, "update", row.id, body))
            if link.roles is not None:
                given = link.roles
                roles = wanted.get("roles", held["roles"])
                promote += [
                    RelationWrite(given.entity, "create", None, {given.parent: row.id, given.target: role})
                    for role in roles
                    if role not in row.roles
                ]
                superfluous = [id_ for role, id_ in row.roles.items() if role not in roles]
                demote += [
                    RelationWrite(given.entity, "delete", id_, None)
                    for id_ in (*superfluous, *row.more_roles)
                ]
            demote += [RelationWrite(link.entity, "delete", id_, None) for id_ in row.more]
        demote += [
            RelationWrite(link.entity, "delete", id_, None)
            for target, row in before.items()
            if target not in after
            for id_ in (row.id, *row.more)
        ]
        promote.sort(key=lambda write: not (write.payload or {}).get("is_primary"))
        return promote + demote

    def satisfied(self, write: RelationWrite, record: Observed, field: Field) -> bool:
        """Tell whether *record* already is as a *write* to the rows of *field* would make it."""
        link, body = entity_of(field), write.payload or {}
        linked = record.rows.get(field.name, {})
        if link.roles is not None and write.entity == link.roles.entity:
            rows = linked.values()
            if write.operation == "delete":
                return all(write.id not in (*row.roles.values(), *row.more_roles) for row in rows)
            return any(
                row.id == body[link.roles.parent] and body[link.roles.target] in row.roles for row in rows
            )
        if write.operation == "delete":
            return all(write.id not in (row.id, *row.more) for row in linked.values())
        target = body.get(link.target) or next(
            (target for target, row in linked.items() if row.id == write.id), None
        )
        if target not in linked:
            return False
        if write.operation == "create":
            return True
        held = (record.values.get(field.name) or {}).get(target, {})
        if "is_primary" in body and bool(held.get("primary")) != bool(body["is_primary"]):
            return False
        return all(
            canon.same(column.shape.read(body[wire], column), held.get(column.name))
            for column in link.columns
            if (wire := column.wire or "") in body
        )

    def writes_to(self, field: Field) -> tuple[str, ...]:
        """Return the entities of the links, and of their roles."""
        link = entity_of(field)
        return (link.entity,) if link.roles is None else (link.entity, link.roles.entity)

    def complete(self, pulled: Canonical, observed: Canonical) -> dict[str, Any]:
        """Return links with their marks and roles, which a manifest may have left to the CRM."""
        marked = any(link.get("primary") for link in pulled.values())
        left = {id_: {k: v for k, v in link.items() if k in _LEFT} for id_, link in observed.items()}
        return {
            id_: {
                **left.get(id_, {}),
                **link,
                "primary": (link if marked else observed.get(id_, {})).get("primary", False),
            }
            for id_, link in pulled.items()
        }

    def joined(self, now: Canonical, wanted: Canonical) -> dict[str, Any]:
        """Return both; one that is wanted with the mark has it alone."""
        primary = any(link.get("primary") for link in wanted.values())
        kept = {id_: {**link, "primary": link["primary"] and not primary} for id_, link in now.items()}
        return {
            **kept,
            **{id_: {k: v for k, v in link.items() if k != TIMES} for id_, link in wanted.items()},
        }

    # For people

    def names(
        self,
        field: Field,
        desired: Canonical,
        written: Sequence[Mapping[str, Any]],
        others: Iterable[Canonical],
        labels: Labels,
    ) -> dict[str, str]:
        """Return what to call each linked record: of *desired* as it is *written*, and of the *others*."""
        noun = field.refers or ""
        spelt = dict(zip(desired, (item[noun] for item in written), strict=True))
        every = dict.fromkeys([*desired, *(id_ for side in others for id_ in side)])
        return called(field, every, labels, spelt)

    def listed(
        self, field: Field, value: Canonical, asked: Canonical, names: Mapping[str, str], labels: Labels
    ) -> list[dict[str, Any]]:
        """Return links by name; of those in *asked* only the aspects it mentions."""
        noun, roles = field.refers or "", entity_of(field).roles
        found = []
        for id_, link in value.items():
            aspects = asked.get(id_, link)
            item: dict[str, Any] = {noun: names[id_]}
            if "primary" in aspects:
                item["primary"] = link.get("primary", False)
            if roles is not None and link.get("roles") and "roles" in aspects:
                item[roles.name] = ", ".join(labels.label(roles.refers, role) for role in link["roles"])
            for column in entity_of(field).columns:
                if column.name in aspects and link.get(column.name) is not None:
                    item[column.name] = column.shape.show(link[column.name], column, labels)
            if "times" in link:
                item["times"] = link["times"]
            found.append(item)
        return sorted(found, key=lambda item: str(item[noun]))

    def piece(self, field: Field, name: str, aspect: str | None = None) -> Piece:
        """Return the part of links that people see as *aspect* of a linked record."""
        if aspect == PRIMARY[1]:
            return PRIMARY
        roles = entity_of(field).roles
        return name, ROLES if roles is not None and aspect == roles.name else aspect or LINKED


def _is_link(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("primary", False), bool)
        and isinstance(roles := value.get("roles", []), list)
        and all(isinstance(role, str) for role in roles)
    )


def _parsed(raw: list[Any], field: Field, link: LinkEntity, at: At) -> tuple[Link, ...]:
    links: list[Link] = []
    faulty: Faulty | None = None
    for index, item in enumerate(raw):
        path = (field.name, index)
        rich = item if isinstance(item, dict) else {}
        try:
            role = rich.get(link.roles.name) if link.roles is not None else None
            links.append(
                Link(
                    named(field.refers or "", item, path, at),
                    primary=rich.get("primary") is True,
                    sales_role=None
                    if role is None or link.roles is None
                    else named(link.roles.refers, role, (*path, link.roles.name), at),
                    linked=rich.get("linked") is not False,
                    columns=_columns(item, link, path, at),
                )
            )
        except Faulty as fault:
            faulty = fault
    if faulty is not None:
        raise faulty
    if len(links) > 1:
        _check_several(links, field.name, link.twice, at)
    return tuple(links)


def _columns(item: Any, link: LinkEntity, path: ValuePath, at: At) -> tuple[tuple[str, Any], ...]:
    """Return what else is said of a link, by name."""
    if not link.columns or not isinstance(item, dict):
        return ()
    inside = at.inside(path)
    return tuple(
        (column.name, column.shape.parse(item[column.name], column, inside, column.name))
        for column in link.columns
        if column.name in item
    )


def _check_several(links: Sequence[Link], name: str, twice: str, at: At) -> None:
    seen: dict[tuple[str, ...], int] = {}
    faulty: Faulty | None = None
    for index, link in enumerate(links):
        first = seen.setdefault(identity_of(link.reference), index)
        if first != index:
            faulty = at.note(
                twice,
                (name, index),
                f'"{link.reference}" is item {first + 1} and item {index + 1} of {name}.',
                "delete one of them",
                related=(at.related((name, first), "first listed here"),),
            )
    primaries = [index for index, link in enumerate(links) if link.primary]
    for index in primaries[1:]:
        faulty = at.note(
            "two-primaries",
            (name, index),
            f'"{links[index].reference}" and "{links[primaries[0]].reference}" both say primary: true.',
            "leave primary: true to one of them",
            related=(at.related((name, primaries[0]), "the first primary"),),
        )
    if faulty is not None:
        raise faulty


def _first_to_be_primary(raw: list[Any], field: Field, link: LinkEntity, at: At) -> int:
    """Return which of the items is the primary one, when none says so.

    Raises:
        Faulty: None may be.
    """
    noun, name = field.refers, field.name
    first = next((index for index, item in enumerate(raw) if not _says_not_primary(item)), None)
    if link.marked and (len(raw) > 1 or first is None):
        raise at.note(
            "no-primary",
            (name,),
            f"None of the {name} says primary: true."
            if len(raw) > 1
            else f"The only {noun} says primary: false.",
            f"{name}: [{{{_inline(raw[0])}, primary: true}}, …]",
            key=True,
        )
    if first is None:
        raise at.note(
            "bad-value",
            (name,),
            f"Every {noun} says primary: false; one of them has to be the primary {noun}.",
            "leave primary out, then the first one is",
            key=True,
        )
    return first


def _says_not_primary(item: Any) -> bool:
    return isinstance(item, dict) and item.get("primary") is False


def _inline(item: Any) -> str:
    if isinstance(item, str):
        return f"{'email' if '@' in item else 'name'}: {quoted(item)}"
    return ", ".join(f"{name}: {quoted(str(value))}" for name, value in item.items() if name != "primary")


_WORDS: Final = {"email": "E-mail address", "name": "Exact name"}


def _item(
    field: Field, link: LinkEntity, noun: str, forms: tuple[str, ...], columns: Mapping[str, Schema]
) -> Schema:
    """Return the JSON schema of an item of a list of links."""
    words = {form: f"{word} of the {noun}." for form, word in _WORDS.items()}
    properties = {"id": ref("id")} | {form: form_of(noun, form, words) for form in forms}
    properties["primary"] = {
        "type": "boolean",
        "description": f"true for the primary {noun}.",
        "x-expects": "true or false",
    }
    properties |= columns
    if link.roles is not None:
        properties[link.roles.name] = ref(link.roles.refers)
    if field.among is not None:
        properties["linked"] = {
            "type": "boolean",
            "description": (
                f"false says on purpose that the {noun} is not linked to one of the {field.among}."
            ),
            "x-expects": "true or false",
        }
    whole = {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "anyOf": [{"required": [form]} for form in (*forms, "id")],
    }
    head = {} if link.item is None else link.item.schema()
    return head | {"anyOf": [ref("text"), whole]}


def _spelled_alone(links: Canonical, field: Field, names: Spellings) -> Any:
    """Return links that are not looked for among others, or the one there is."""
    reserved = () if field.link is None else (field.link.word,)
    written = {id_: names.named(field.refers or "", id_, *reserved) for id_ in links}
    alone = len(links) == 1 and field.alias is not None
    items = {}
    for id_, link in links.items():
        value, said = written[id_], ""
        if isinstance(value, Commented):
            value, said = value.value, value.comment
        more = _spelled_columns(link, field, names)
        if link["primary"] and not alone:
            more["primary"] = True
        if more:
            rich = {"email" if "@" in value else "name": value} if isinstance(value, str) else value
            value = rich | more
        items[id_] = Commented(value, said) if said else value
    return next(iter(items.values())) if alone else _in_order(links, items)


def _spelled_columns(link: Mapping[str, Any], field: Field, names: Spellings) -> dict[str, Any]:
    """Return what else is said of a link."""
    return {
        column.name: column.shape.spell(link[column.name], column, names)
        for column in entity_of(field).columns
        if link.get(column.name) is not None
    }


def _among(field: Field, id_: str, link: Mapping[str, Any], around: frozenset[str], names: Spellings) -> Any:
    """Return a link to a record that is looked for among those linked to *around*, with its role."""
    written, is_linked = names.among(field.refers or "", id_, around)
    said = ""
    if isinstance(written, Commented):
        written, said = written.value, written.comment
    parts: dict[str, Any] = {"email": written} if isinstance(written, str) else dict(written)
    if not is_linked and around:
        parts["linked"] = False
    given: list[str] = list(link.get("roles") or ())
    roles = entity_of(field).roles
    if roles is not None and len(given) == 1:
        try:
            parts[roles.name] = plain(names.named(roles.refers, given[0]))
        except Unsayable as why:
            said = str(why)
    elif roles is not None and given:
        labels = ", ".join(sorted(names.label(roles.refers, role) for role in given))
        said = f"has several sales roles: {labels}"
    value = parts["email"] if parts.keys() == {"email"} else parts
    return Commented(value, said) if said else value


def _in_order(links: Canonical, written: Mapping[str, Any]) -> list[Any]:
    """Return the primary one first, the others by what they are called."""

    def place(id_: str) -> tuple[bool, str]:
        value = plain(written[id_])
        if not isinstance(value, str):
            value = value.get("email") or value.get("name") or value.get("id") or value["ref"]
        return (not links[id_]["primary"], value)

    return [written[id_] for id_ in sorted(written, key=place)]


LINKS: Final = LinksShape()


def _read_columns(row: Mapping[str, Any], link: LinkEntity) -> dict[str, Any]:
    """Return what else a row says, of what it says anything."""
    read = ((column.name, column.shape.read(row.get(column.wire or ""), column)) for column in link.columns)
    return {name: value for name, value in read if value is not None}


def _alive(items: Any) -> list[Mapping[str, Any]]:
    """Return the expanded rows of a relation that are not deleted."""
    if not items or not isinstance(items, list):
        return []
    return [item for item in items if isinstance(item, dict) and not item.get("is_deleted")]


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


def primary(links: Canonical | None) -> str | None:
    """Return the id of the primary record among *links*; None when there is none."""
    return next((id_ for id_, link in (links or {}).items() if link.get("primary")), None)


def with_primary(links: Canonical) -> dict[str, dict[str, Any]]:
    """Return *links* with exactly one primary: the service refuses a non-empty list without (DOC)."""
    chosen = primary(links) or next(iter(links), None)
    return {id_: {**link, "primary": id_ == chosen} for id_, link in links.items()}


def link_body(link: LinkEntity, target: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of one relation row, nested form (without the id of the record it belongs to)."""
    body: dict[str, Any] = {link.target: pending.to_wire(target), "is_primary": bool(wanted.get("primary"))}
    if link.roles is not None and wanted.get("roles"):
        body[link.roles.wire] = [{link.roles.target: role} for role in wanted["roles"]]
    for column in link.columns:
        if wanted.get(column.name) is not None:
            body[column.wire or ""] = column.shape.write(wanted[column.name], column)
    return body


def _with_kept_primary(after: Canonical, now: Canonical) -> Canonical:
    """Return *after* with a primary where it names none: the present one if it stays, else the first."""
    if any(link.get("primary") for link in after.values()):
        return after
    stays = next((id_ for id_ in after if now.get(id_, {}).get("primary")), None)
    if stays is not None or not after:
        return after
    first = next(iter(after))
    return {id_: {**link, "primary": True} if id_ == first else link for id_, link in after.items()}


def called(
    field: Field, ids: Iterable[str], labels: Labels, spelt: Mapping[str, str] = _NOTHING
) -> dict[str, str]:
    """Return what to call each of several linked records: two with one e-mail get their own names too."""
    noun = field.refers or ""
    names = {id_: spelt.get(id_) or labels.written(noun, id_) for id_ in ids}
    times = Counter(names.values())
    for id_, name in names.items():
        if times[name] > 1:
            names[id_] = f"{name} ({labels.label(noun, id_)}, {id_})"
    return names
