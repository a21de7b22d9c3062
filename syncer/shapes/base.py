"""What a sort of value is, and what a field of one is.

A stage asks the shape of a field and never the name of the field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

from syncer.model.declared import Link, Reference
from syncer.model.names import Entry, Labels
from syncer.model.problem import Related, Severity
from syncer.model.span import ValuePath
from syncer.shapes import canon as canonical
from syncer.shapes.spelling import Unsayable

# A canonical value: JSON types, in the one form that is compared (see `syncer.shapes.canon`).
Canon = Any
# The same as people read it: names in place of ids.
Human = Any


# A part of a value that moves on its own: of which record, and what of it; WHOLE where there are no parts.
Piece = tuple[str, str]
WHOLE: Final[Piece] = ("", "")


# How a manifest may spell a record, by reference kind: `("email", "name")`.
Forms = Mapping[str, tuple[str, ...]]
# A definition of the manifest schema.
Schema = dict[str, Any]


class Default(StrEnum):
    """What a create gets where the manifest is silent, and what is not compared afterwards."""

    FIRST = "first"


class Unfit(ValueError):  # noqa: N818 - who reads a value turns it into a problem
    """A scalar that cannot be taken; carries code, detail and hint of the problem."""

    def __init__(self, code: str, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.hint = hint


class Misfit(Exception):  # noqa: N818 - who resolves a value turns it into a problem
    """A value is not of its sort; carries what is wrong with it."""


class Value(NamedTuple):
    """A value in its three forms: as it is compared, as people write it, as the API takes it."""

    canon: Any
    human: Any
    wire: Any


class Rate(NamedTuple):
    """A currency amounts are in.

    Attributes:
        id: Of the currency.
        code: As people call it.
        rate: Foreign = base * rate; None for the base currency itself.
        written: The rate as a decimal text.
    """

    id: str
    code: str
    rate: Decimal | None
    written: str | None


class Names(Protocol):
    """What a value that is being resolved may ask of the space."""

    def option(self, text: str, options: str, index: int | None) -> Entry:
        """Return the option called *text* of the set *options*; the one at *index* of a list."""

    def one(self, reference: Reference, path: ValuePath) -> Entry:
        """Return the one record that *reference*, written at *path*, means."""

    def said(self, reference: Reference, found: Entry) -> str:
        """Return how people call what was found: as written, or its name when only an id was written."""

    def rate(self, currency: Reference | None, path: ValuePath) -> Rate:
        """Return the currency that is meant, with its rate; None means the base currency."""

    def refused(self, path: ValuePath, code: str, detail: str, hint: str) -> Exception:
        """Note a problem; return what to raise."""


class Spellings(Protocol):
    """What a value that is being spelled may ask: of the space, and of the record it belongs to.

    What cannot be named raises `Unsayable`.
    """

    def beside(self, name: str) -> Canon:
        """Return the canonical value of another field of the record."""

    def is_left_out(self, name: str) -> bool:
        """Tell whether the field *name* of the record cannot be said."""

    def named(self, kind: str, id_: str, *reserved: str) -> Any:
        """Return how a record is written: by a name that no other one has, else by its id.

        A name among *reserved* means something else where it would stand alone.
        """

    def inside(self, kind: str, id_: str, field: str, around: str | None) -> Any:
        """Return the same for a record that belongs to the one the record's *field* holds, *around*."""

    def listed_option(self, id_: str, listed_as: tuple[str, ...]) -> Any:
        """Return the same for an option of a field that the service lists under one of these names."""

    def choice(self, id_: str, options: str) -> str:
        """Return the name of an option of the set *options*, which no other one of the set has."""

    def among(self, kind: str, id_: str, around: frozenset[str]) -> tuple[Any, bool]:
        """Return the same for a record that is looked for among those linked to *around*; whether it is."""

    def currency(self, id_: str | None) -> tuple[str, bool]:
        """Return what people call a currency, and whether amounts in it can be converted."""

    def label(self, kind: str, id_: str | None) -> str:
        """Return what people call a record; the id if unknown."""


class Faulty(Exception):  # noqa: N818 - it never leaves the manifest package
    """The value cannot be built; its problem is noted."""


class At(Protocol):
    """Where values are being built: takes their problems, and keeps what many of them write alike."""

    currency: Reference | None
    references: dict[tuple[str, str], Reference]
    lists: dict[tuple[str, tuple[str, ...]], tuple[Link, ...]]

    def note(
        self,
        code: str,
        path: ValuePath,
        detail: str,
        hint: str = "",
        *,
        key: bool = False,
        related: tuple[Related, ...] = (),
        severity: Severity = Severity.ERROR,
    ) -> Faulty:
        """Note a problem of what is written at *path*; return what to raise."""

    def inside(self, path: ValuePath) -> "At":
        """Return where the parts of the value at *path* are built: places are said from there."""

    def related(self, path: ValuePath, label: str) -> Related:
        """Return the place of *path*, with a word about it."""

    def as_written(self, raw: Any, path: ValuePath) -> Any:
        """Return a number as text, where the file has numbers that are not written in plain digits."""


class About(NamedTuple):
    """What people read of a value before they write one: in an editor, and in messages.

    Attributes:
        title: Short name.
        description: In a sentence.
        expects: What is expected, as it follows "it should be".
        examples: As YAML has them.
    """

    title: str
    description: str
    expects: str
    examples: tuple[Any, ...] = ()

    def schema(self) -> dict[str, Any]:
        """Return the head of a JSON schema."""
        head: dict[str, Any] = {"title": self.title}
        if self.description:
            head["description"] = self.description
        head["x-expects"] = self.expects
        if self.examples:
            head["examples"] = list(self.examples)
        return head


def ref(name: str) -> Schema:
    """Return what stands for the definition *name* of the manifest schema."""
    return {"$ref": f"#/$defs/{name}"}


class RoleRows(NamedTuple):
    """The rows that give a linked record a role.

    Attributes:
        wire: Relation of a link row that holds them.
        entity: Plural in the path.
        parent: Field with the id of the link row.
        target: Field with the id of the role.
        refers: Reference kind of the roles.
        name: How a manifest spells the role of a link.
    """

    wire: str
    entity: str
    parent: str
    target: str
    refers: str
    name: str


class LinkEntity(NamedTuple):
    """The relation rows behind a field of links.

    Attributes:
        entity: Plural in the path.
        target: Field with the id of the linked record.
        parent: Field with the id of the record they belong to; left out when nested in a new one.
        roles: The rows with the roles of the linked record, where it can have any.
        twice: Code of the problem that one record is listed twice.
        marked: Of several, one must be marked as the primary one; else the first is it.
        word: What may be written in place of a list: `none`, or `all`.
        item: How an item of the list is written.
        one: How the short spelling is written.
        proof: Computed field of the record they belong to that is null just when there are none.
        columns: What else a row says of the link: the position of a contact at an account.
        record: Relation to the record they belong to; "" where the rows do not lead to it.
        instead: Relation that holds a record of another kind in rows where that one is empty.
        alone: A new row is posted alone: the input of a batch lacks a part that it needs.
        currency: Of lines, the field with the currency of their prices.
        prices: Of lines, the field with the price list that says a price which is left out.
    """

    entity: str
    target: str
    parent: str
    roles: RoleRows | None = None
    twice: str = ""
    marked: bool = False
    word: str = ""
    item: About | None = None
    one: About | None = None
    proof: str | None = None
    columns: "tuple[Field, ...]" = ()
    record: str = ""
    instead: str | None = None
    alone: bool = False
    currency: str = ""
    prices: str = ""


class Shape(Protocol):
    """Everything known of one sort of value. Without state; one instance each."""

    @property
    def name(self) -> str:
        """How the glossary calls it."""

    @property
    def repeats(self) -> bool:
        """Whether many entries write the same few of them."""

    def parse(self, raw: Any, field: "Field", at: At, name: str) -> Any:
        """Return what was written under *name*, the field or its short spelling; the schema has seen it.

        Raises:
            Faulty: It cannot be taken; its problem is noted.
        """

    @property
    def json(self) -> Schema:
        """The JSON type of a custom field of this sort, null for empty."""

    def resolve(self, written: Any, field: "Field", names: Names) -> Value:
        """Return the value in its forms.

        Raises:
            Misfit: It is not of this sort, or it does not exist.
            Exception: What `names` raises.
        """

    def load(self, field: "Field") -> tuple[str, ...]:
        """Return what to load of a record to read the field."""

    def expand(self, field: "Field") -> tuple[str, ...]:
        """Return the relations to expand to read the field."""

    def read(self, wire: Any, field: "Field") -> Canon:
        """Return what the service holds; tolerant of whatever a person left there years ago."""

    def write(self, canon: Canon, field: "Field") -> Any:
        """Return what the service takes."""

    def ids(self, canon: Canon, field: "Field") -> list[tuple[str, str]]:
        """Return the (reference kind, id) pairs that the value holds."""

    def bind(self, canon: Canon, ids: Mapping[str, str]) -> Canon:
        """Return the value with the *ids* of records that were pending, see `syncer.model.pending`."""

    def holds(self, value: Any) -> bool:
        """Tell whether *value* is canonical: what was remembered may have been edited by hand."""

    def pieces(self, canon: Canon, asked: Canon) -> Mapping[Piece, Canon]:
        """Return the parts of a value that move on their own.

        Args:
            canon: Desired, observed, or agreed.
            asked: What is desired: parts that it does not mention are left out.
        """

    def whole(self, pieces: Mapping[Piece, Canon], *sides: Canon) -> Canon:
        """Return the value that has *pieces*, and the rest of it as the first of *sides* has it."""

    def torn(self, pieces: Mapping[Piece, Canon]) -> frozenset[Piece]:
        """Return the parts that cannot be together with the others; none when they are one value."""

    def show(self, canon: Canon, field: "Field", labels: Labels) -> Human:
        """Return the value as people read it."""

    def spell(self, canon: Canon, field: "Field", names: Spellings) -> Any:
        """Return a value, not an empty one, as a manifest would write it under `spelled_as`.

        Raises:
            Unsayable: A manifest cannot say it.
        """

    def nothing(self, field: "Field") -> Any:
        """Return what a manifest writes for no value.

        Raises:
            Unsayable: A manifest cannot say that there is none.
        """

    def spelled_as(self, canon: Canon, field: "Field") -> str:
        """Return the name a manifest writes the value under: that of the field, or its short spelling."""

    def schema(self, field: "Field", forms: Forms) -> Schema:
        """Return the JSON schema of what a manifest may say."""

    def parts(self, field: "Field", forms: Forms) -> Mapping[str, Schema]:
        """Return further definitions that `schema` refers to, and the one of the short spelling."""

    def defaults(self, field: "Field") -> tuple[str, ...]:
        """Return the spellings that defaults may have."""


_NOTHING_SAID: Final = About("", "", "")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a declared kind, or a custom field of a space.

    Attributes:
        name: Name in the manifest, the plan and the messages.
        shape: What sort of value it holds.
        wire: Name in the API's records and bodies; None when it is not a property of its own.
        refers: Reference kind, for references, links and the currency of an amount.
        required: Must be written or defaulted for a record that shall exist.
        link: The relation rows, for links.
        within: The record must belong to the one of that field: a step to its pipeline.
        among: Looked for first among what the records of that field are linked to: contacts among accounts.
        default: What a create gets where the manifest is silent.
        alias: The short spelling: `account` for `accounts` with one.
        along: The field that has to be written along with it.
        follows: Fields that go along when this one moves to another record.
        via: The field whose record says it: the pipeline belongs to the step.
        empty: null may be written, for nothing.
        options: Id of the set of options, for a choice.
        enum: Number and word of each value, for an enum; the first is what a record has that nobody gave one.
        adds: The field of lines whose sum it may be.
        listed: The name under which the service lists its options, where that is not its own.
        wires: Names in the API's records that say it together with `wire`.
        beside: An import says it only where that field holds something: the currency of lines.
        own: Each record has its own, so that defaults cannot say it.
        mistaken: What people write for its name where they mean it.
        about: What people read of it before they write one.
    """

    name: str
    shape: Shape
    wire: str | None = None
    refers: str | None = None
    required: bool = False
    link: LinkEntity | None = None
    within: str | None = None
    among: str | None = None
    default: Default | None = None
    alias: str | None = None
    along: str | None = None
    follows: tuple[str, ...] = ()
    via: str | None = None
    empty: bool = False
    options: str | None = None
    enum: tuple[tuple[int, str], ...] = ()
    adds: str | None = None
    listed: str | None = None
    wires: tuple[str, ...] = ()
    beside: str | None = None
    own: bool = False
    mistaken: tuple[str, ...] = ()
    about: About = _NOTHING_SAID

    @property
    def spellings(self) -> tuple[str, ...]:
        """The names under which a manifest may say it."""
        return (self.name,) if self.alias is None else (self.name, self.alias)

    @property
    def listed_as(self) -> tuple[str, ...]:
        """The names under which the service may list the field among its own."""
        wire = self.listed or self.wire or ""
        return (wire, wire.removesuffix("_id"))


class Plain:
    """What holds for most shapes: one property, that names no record."""

    name = ""
    repeats = False
    json: Schema = {"type": ["string", "null"]}  # noqa: RUF012 (read only)

    def load(self, field: Field) -> tuple[str, ...]:
        """Return what to load of a record to read the field."""
        return () if field.wire is None else (field.wire,)

    def expand(self, _field: Field) -> tuple[str, ...]:
        """Return the relations to expand to read the field."""
        return ()

    def write(self, canon: Canon, _field: Field) -> Any:
        """Return what the service takes."""
        return canon

    def ids(self, _canon: Canon, _field: Field) -> list[tuple[str, str]]:
        """Return the (reference kind, id) pairs that the value holds."""
        return []

    def bind(self, canon: Canon, _ids: Mapping[str, str]) -> Canon:
        """Return the value, which holds no id of a record that is pending."""
        return canon

    def holds(self, value: Any) -> bool:
        """Tell whether *value* is canonical."""
        return value is None or isinstance(value, str)

    def pieces(self, canon: Canon, _asked: Canon) -> Mapping[Piece, Canon]:
        """Return the value, which moves as one."""
        return {WHOLE: canon}

    def whole(self, pieces: Mapping[Piece, Canon], *_sides: Canon) -> Canon:
        """Return the value."""
        return pieces[WHOLE]

    def torn(self, _pieces: Mapping[Piece, Canon]) -> frozenset[Piece]:
        """Return nothing: it is one."""
        return frozenset()

    def show(self, canon: Canon, _field: Field, _labels: Labels) -> Human:
        """Return the value as people read it."""
        return canon

    def nothing(self, field: Field) -> Any:
        """Return null, where it may be written."""
        if not field.empty:
            raise Unsayable("it has none")
        return None

    def spelled_as(self, _canon: Canon, field: Field) -> str:
        """Return the name of the field."""
        return field.name

    def parts(self, _field: Field, _forms: Forms) -> Mapping[str, Schema]:
        """Return further definitions that the schema refers to."""
        return {}

    def defaults(self, field: Field) -> tuple[str, ...]:
        """Return the spellings that defaults may have."""
        return () if field.own else (field.name,)

    def parse(self, raw: Any, _field: Field, _at: At, _name: str) -> Any:
        """Return what was written, as it stands there."""
        return raw

    def schema(self, _field: Field, _forms: Forms) -> Schema:
        """Return the JSON schema of what a manifest may say."""
        return dict(self.json)

    def read(self, wire: Any, _field: Field) -> Canon:
        """Return what the service holds, as its JSON type says."""
        return canonical.scalar(wire)
