"""Product lines: what is sold, how much of it, at which price.

The product of a line never changes; discounts and the total are computed. A batch cannot say the product, so
a new line is nested in a new record, or posted alone.
Sources: OAS OpptyProductRelation, batchOpptyProductRelationInput.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from syncer.model.change import RelationWrite
from syncer.model.declared import Line, Reference
from syncer.model.names import Labels
from syncer.model.observed import LinkRow, Observed
from syncer.model.span import ValuePath
from syncer.shapes import canon
from syncer.shapes.amounts import MAX_DECIMALS, MAX_DIGITS
from syncer.shapes.base import At, Faulty, Field, Forms, Names, Piece, Plain, Schema, Spellings, Value, ref
from syncer.shapes.money import amount
from syncer.shapes.reference import check_name, shared
from syncer.shapes.rows import Canonical, RowShape, entity_of
from syncer.shapes.spelling import Bare, Commented, plain
from syncer.shapes.text import control_in
from syncer.shapes.words import name_of
from syncer.shapes.words import shown as said

LISTED: Final = "listed"
QUANTITY: Final = "quantity"
PRICE: Final = "price"
COMMENT: Final = "comment"
_PARTS: Final = (QUANTITY, PRICE, COMMENT)
_NUMBERS: Final = frozenset({QUANTITY, PRICE})
_ONE: Final = "1"
_DIGITS: Final = re.compile(r"[0-9]+(\.[0-9]+)?")


class LinesShape(Plain, RowShape):
    """`{line: {"quantity": "25", "price": "120", "comment": text}}`.

    A line is called by the id of its product, the second one of a product by `<id>#2`: several lines of one
    product pair in their order.
    """

    name = "lines"
    json: Schema = {"type": ["array", "null"]}  # noqa: RUF012 (read only)

    def parse(self, raw: Any, field: Field, at: At, name: str) -> tuple[Line, ...]:
        """Return the lines as they are written."""
        lines: list[Line] = []
        faulty: Faulty | None = None
        for index, item in enumerate(raw or ()):
            try:
                lines.append(_parsed(item, field, (name, index), at))
            except Faulty as fault:
                faulty = fault
        if faulty is not None:
            raise faulty
        return tuple(lines)

    def resolve(self, _written: Any, field: Field, _names: Names) -> Value:
        """Refuse: which products lines mean depends on the pipeline, see `syncer.resolve.lines`."""
        raise NotImplementedError(field.name)

    def load(self, field: Field) -> tuple[str, ...]:
        """Return the parts of the rows."""
        parts = ("id", "is_deleted", entity_of(field).target, "sort_order", *_PARTS)
        return tuple(f"{field.wire}.{part}" for part in parts)

    def expand(self, field: Field) -> tuple[str, ...]:
        """Return the relation."""
        return (field.wire or "",)

    def read(self, wire: Any, field: Field) -> dict[str, Any]:
        """Return the lines in a nested list of rows."""
        return self.read_rows(wire, field, None)

    def write(self, canonical: Canonical, field: Field) -> list[dict[str, Any]]:
        """Return the nested list of a new record."""
        link = entity_of(field)
        return [
            {link.target: product_of(key), **_body(line), "sort_order": place}
            for place, (key, line) in enumerate(canonical.items(), 1)
        ]

    def ids(self, canonical: Canonical | None, field: Field) -> list[tuple[str, str]]:
        """Return the products."""
        return [(field.refers or "", product_of(key)) for key in canonical or {}]

    def holds(self, value: Any) -> bool:
        """Tell whether *value* is canonical."""
        return value is None or (isinstance(value, Mapping) and all(map(_is_line, value.values())))

    def pieces(self, canonical: Canonical | None, asked: Canonical | None) -> dict[Piece, Any]:
        """Return which lines there are, and of each the parts that are *asked* for."""
        found: dict[Piece, Any] = {}
        for key, line in (canonical or {}).items():
            found[key, LISTED] = True
            for part in (asked or {}).get(key, ()):
                found[key, part] = line.get(part)
        return found

    def whole(self, pieces: Mapping[Piece, Any], *sides: Canonical | None) -> dict[str, Any]:
        """Return the lines with these parts."""
        found: dict[str, Any] = {}
        for key, part in pieces:
            if part != LISTED or not pieces[key, part]:
                continue
            line = dict(next(side[key] for side in sides if side and key in side))
            line.update({part: pieces[key, part] for part in _PARTS if (key, part) in pieces})
            found[key] = line
        return found

    def torn(self, pieces: Mapping[Piece, Any]) -> frozenset[Piece]:
        """Return the parts of lines that are not there."""
        there = {key for key, part in pieces if part == LISTED and pieces[key, part]}
        return frozenset(
            (key, part)
            for (key, part), value in pieces.items()
            if part != LISTED and value is not None and key not in there
        )

    def show(self, canonical: Canonical | None, field: Field, labels: Labels) -> list[dict[str, Any]] | None:
        """Return the lines as a manifest would list them."""
        if canonical is None:
            return None
        return self.listed(field, canonical, canonical, _called(canonical, {}, field, labels), labels)

    def spell(self, canonical: Canonical, field: Field, names: Spellings) -> Any:
        """Return the list of lines, in their order."""
        return [_spelled(key, line, field, names) for key, line in canonical.items()]

    def nothing(self, _field: Field) -> Any:
        """Return an empty list."""
        return []

    def schema(self, field: Field, _forms: Forms) -> Schema:
        """Return the JSON schema of a list of lines."""
        items = {"type": "array", "items": ref(_item_name(field)), "x-expects": f"a list of {field.name}"}
        return field.about.schema() | {"anyOf": [{"type": "null"}, items]}

    def parts(self, field: Field, forms: Forms) -> Mapping[str, Schema]:
        """Return the definition of a line."""
        link = entity_of(field)
        ways = (*forms[field.refers or ""], "id")
        number: Schema = {"type": ["number", "string"], "minLength": 1}
        head = {} if link.item is None else link.item.schema()
        item: Schema = head | {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                **{way: ref("text") | {"description": f"The {way} of the product."} for way in ways[:-1]},
                "id": ref("id"),
                QUANTITY: number
                | {"description": "How many units. Left out: 1.", "x-expects": "a number like 25"},
                PRICE: number
                | {
                    "description": (
                        "Price of a unit, in `product_currency`. Left out: that of the price list."
                    ),
                    "x-expects": 'a price like 120 or "99.50"',
                },
                COMMENT: ref("text") | {"description": "A note on the line."},
            },
            "anyOf": [{"required": [way]} for way in ways],
        }
        return {_item_name(field): item}

    def defaults(self, _field: Field) -> tuple[str, ...]:
        """Return nothing: lines are nobody's default."""
        return ()

    # Rows

    def read_rows(self, wire: Any, field: Field, rows: dict[str, LinkRow] | None) -> dict[str, Any]:
        """Return the lines, in their order; put their rows into *rows*."""
        link = entity_of(field)
        alive = [item for item in _rows(wire) if item.get(link.target) and not item.get("is_deleted")]
        times: Counter[str] = Counter()
        found: dict[str, Any] = {}
        for item in sorted(alive, key=lambda item: item.get("sort_order") or 0):
            product = shared(item[link.target])
            times[product] += 1
            key = line_key(product, times[product])
            found[key] = {
                part: value for part in _PARTS if (value := canon.scalar(item.get(part))) is not None
            }
            if rows is not None:
                rows[key] = LinkRow(item.get("id") or "")
        return found

    def writes(
        self, field: Field, parent: str, before: Mapping[str, LinkRow], now: Canonical, after: Canonical
    ) -> list[RelationWrite]:
        """Return the lines to add, to change and to delete, in this order."""
        link = entity_of(field)
        added, changed = [], []
        for place, (key, line) in enumerate(after.items(), 1):
            row = before.get(key)
            if row is None:
                body = {link.parent: parent, link.target: product_of(key), **_body(line), "sort_order": place}
                added.append(RelationWrite(link.entity, "create", None, body, nth_of(key)))
                continue
            held = now.get(key, {})
            moved = {part: line.get(part) for part in _PARTS if part in line and line[part] != held.get(part)}
            if moved:
                changed.append(RelationWrite(link.entity, "update", row.id, _body(moved)))
        gone = [
            RelationWrite(link.entity, "delete", row.id, None)
            for key, row in before.items()
            if key not in after
        ]
        return added + changed + gone

    def satisfied(self, write: RelationWrite, record: Observed, field: Field) -> bool:
        """Tell whether the line is there, is as it was sent, or is gone."""
        rows, body = record.rows.get(field.name, {}), write.payload or {}
        by_id = {row.id: key for key, row in rows.items()}
        if write.operation == "delete":
            return write.id not in by_id
        if write.operation == "create":
            return line_key(body[entity_of(field).target], write.nth) in rows
        line = (record.values.get(field.name) or {}).get(by_id.get(write.id or "", ""), {})
        return all(line.get(part) == canon.scalar(body[part]) for part in _PARTS if part in body)

    def writes_to(self, field: Field) -> tuple[str, ...]:
        """Return the one entity."""
        return (entity_of(field).entity,)

    def complete(self, pulled: Canonical, _observed: Canonical) -> Canonical:
        """Return the lines as they are pulled: what a manifest leaves out of one stays the CRM's."""
        return pulled

    def joined(self, now: Canonical, wanted: Canonical) -> Canonical:
        """Return the lines there are, and those that are wanted besides."""
        return {**now, **wanted}

    # For people

    def names(
        self,
        field: Field,
        desired: Canonical,
        written: Sequence[Mapping[str, Any]],
        others: Iterable[Canonical],
        labels: Labels,
    ) -> dict[str, str]:
        """Return what to call each line, as it is written where it is."""
        noun = field.refers or ""
        spelt = dict(zip(desired, (item[noun] for item in written), strict=True))
        every = dict.fromkeys([*desired, *(key for side in others for key in side)])
        return _called(every, spelt, field, labels)

    def listed(
        self, _field: Field, value: Canonical, asked: Canonical, names: Mapping[str, str], _labels: Labels
    ) -> list[dict[str, Any]]:
        """Return the lines by product; numbers as people write them."""
        found = []
        for key, line in value.items():
            aspects = asked.get(key, line)
            item: dict[str, Any] = {_field.refers or "": names[key]}
            for part in _PARTS:
                if part in aspects and line.get(part) is not None:
                    item[part] = amount(line[part]) if part == PRICE else line[part]
            found.append(item)
        return found

    def piece(self, _field: Field, name: str, aspect: str | None = None) -> Piece:
        """Return the line, or its part."""
        return name, aspect or LISTED


LINES: Final = LinesShape()


def line_key(product: str, nth: int) -> str:
    """Return what the *nth* line of a product is called."""
    return product if nth == 1 else f"{product}#{nth}"


def product_of(key: str) -> str:
    """Return the id of the product of a line."""
    return key.partition("#")[0]


def nth_of(key: str) -> int:
    """Return which line of its product a line is, from 1."""
    return int(key.partition("#")[2] or 1)


def total(lines: Canonical) -> Decimal:
    """Return the exact sum of *lines*, each of which has a price."""
    return sum((Decimal(line[QUANTITY]) * Decimal(line[PRICE]) for line in lines.values()), Decimal(0))


def _item_name(field: Field) -> str:
    return f"{field.refers}_line"


def _parsed(item: Mapping[str, Any], field: Field, path: ValuePath, at: At) -> Line:
    """Return one line.

    Raises:
        Faulty: Something of it cannot be taken; every problem of it is noted.
    """
    faulty: Faulty | None = None
    ways = {way: item[way] for way in ("sku", "name", "id") if item.get(way) is not None}
    if len(ways) > 1:
        first, second = list(ways)[:2]
        faulty = at.note(
            "bad-value",
            path,
            f"{name_of(path)} has both {first} and {second}; one of them says which product it is.",
            "leave one of them",
        )
    for way, value in ways.items():
        if way != "id":
            try:
                check_name(value, (*path, way), at)
            except Faulty as fault:
                faulty = fault
    numbers: dict[str, Decimal] = {}
    for part in (QUANTITY, PRICE):
        if item.get(part) is None:
            continue
        try:
            numbers[part] = _number(at.as_written(item[part], (*path, part)), part, (*path, part), at)
        except Faulty as fault:
            faulty = fault
    comment = item.get(COMMENT)
    if comment is not None and (sign := control_in(comment, lines=True)) is not None:
        detail = f"{name_of((*path, COMMENT))} holds the control character U+{ord(sign):04X}."
        faulty = at.note("bad-value", (*path, COMMENT), detail, "delete it")
    if faulty is not None:
        raise faulty
    id_ = ways.get("id")
    reference = Reference(
        field.refers or "", name=ways.get("name"), id=id_.lower() if id_ else None, code=ways.get("sku")
    )
    return Line(reference, numbers.get(QUANTITY, Decimal(1)), numbers.get(PRICE), comment)


def _number(raw: Any, what: str, path: ValuePath, at: At) -> Decimal:
    """Return a quantity or a price.

    Raises:
        Faulty: It is no number, is negative, or has more digits than the service keeps.
    """
    text = str(raw).strip()
    if not _DIGITS.fullmatch(text):
        example = "25" if what == QUANTITY else "99.50"
        hint = f"write digits with at most one decimal point, such as {example}"
        raise at.note("bad-amount", path, f"{said(raw)} is no {what}.", hint)
    exact = Decimal(text)
    whole, _, part = text.partition(".")
    if len(part.rstrip("0")) > MAX_DECIMALS or len((whole + part).strip("0")) > MAX_DIGITS:
        detail = f"{text} has more digits than the service keeps."
        hint = f"round it to {MAX_DECIMALS} decimals and {MAX_DIGITS} digits or fewer"
        raise at.note("bad-amount", path, detail, hint)
    return exact


def _is_line(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(value.get(part, ""), str) for part in _PARTS)


def _rows(wire: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(wire, list):
        yield from (item for item in wire if isinstance(item, Mapping))


def _body(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row holds of *line*."""
    return {
        part: canon.wire_number(line[part]) if part in _NUMBERS and line[part] is not None else line[part]
        for part in _PARTS
        if part in line
    }


def _called(keys: Iterable[str], spelt: Mapping[str, str], field: Field, labels: Labels) -> dict[str, str]:
    """Return what to call each line: by its product; the second of one product says so."""
    noun = field.refers or ""
    names = {}
    for key in keys:
        name = spelt.get(key) or spelt.get(product_of(key)) or labels.written(noun, product_of(key))
        names[key] = name if nth_of(key) == 1 else f"{name} ({nth_of(key)})"
    taken = Counter(names.values())
    return {key: name if taken[name] == 1 else f"{name} ({product_of(key)})" for key, name in names.items()}


def _spelled(key: str, line: Mapping[str, Any], field: Field, names: Spellings) -> Any:
    written = names.named(field.refers or "", product_of(key))
    comment = written.comment if isinstance(written, Commented) else ""
    way = plain(written)
    item: dict[str, Any] = {"name": way} if isinstance(way, str) else dict(way)
    if "code" in item:
        item = {"sku": item["code"]}
    item[QUANTITY] = Bare(line.get(QUANTITY, _ONE))
    if line.get(PRICE) is not None:
        item[PRICE] = Bare(amount(line[PRICE]))
    if line.get(COMMENT):
        item[COMMENT] = line[COMMENT]
    return Commented(item, comment) if comment else item
