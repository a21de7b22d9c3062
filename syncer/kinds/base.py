"""What a kind that people declare is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from syncer.model.observed import Observed
from syncer.model.policy import MatchRule
from syncer.shapes import canon
from syncer.shapes.base import About, Field, LinkEntity
from syncer.shapes.links import primary

_NOTHING: Final[frozenset[str]] = frozenset()


class Closing(NamedTuple):
    """When a record is closed: nothing of it is written then, unless somebody says so.

    Attributes:
        archived: How people call a record that is archived, which the service does not let be edited.
        field: The field whose last record closes it: the step, within its pipeline; None when no field does.
        reached: How people call that.
        lost: The field that says that it is archived; None when a manifest cannot say it.
    """

    archived: str
    field: str | None = None
    reached: str = ""
    lost: str | None = None


class Alike(NamedTuple):
    """What makes two records look alike, though nothing proves that they are one: their names, and this.

    Attributes:
        within: The part of the natural key whose records are looked at: the account; None: all of the kind.
        day: The field with the day that counts, beside the money.
        money: The field with the amount that counts, beside the day.
        told: Fields by which people tell records apart, each with what it is called before its value.
    """

    within: str | None = None
    day: str | None = None
    money: str | None = None
    told: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind people declare: one table, and nothing else says what is in it.

    Attributes:
        name: First part of its addresses.
        section: Where a manifest declares records of it.
        noun: How messages call one, and several.
        entity: Plural in the path of the API.
        wire_name: Name of the record in the API's messages.
        fields: Every field a manifest may set, in the order people read them.
        identity: Parts of the natural key.
        alone: Fields each of which alone finds a record, whichever of them holds the value: the e-mails of an
            account.
        called: Fields with the words that people call one by.
        keyed: syncer.yaml may say other parts of its natural key, and a field that holds our key.
        alike: What makes two records look alike.
        sums: The field with the money that summaries and guards add up.
        system: Names of the fields that the service itself gives it; those of a space are custom.
        sent: Order of the fields in a body; that of `fields` when it is empty.
        about: What people read of a record before they write one.
        example: A key, and what a manifest says of a record.
        closing: When a record is closed; None when it never is.
        restorable: Whether the API brings deleted ones back.
        links: Relation rows by the name of their field.
        natural: The field of each part of the natural key.
        referring: Fields that hold ids of other records.
    """

    name: str
    section: str
    noun: tuple[str, str]
    entity: str
    wire_name: str
    fields: tuple[Field, ...]
    identity: tuple[str, ...]
    alone: tuple[str, ...] = ()
    called: tuple[str, ...] = ("name",)
    keyed: bool = False
    alike: Alike = Alike()  # noqa: RUF009 (a tuple)
    sums: str | None = None
    system: frozenset[str] = frozenset()
    sent: tuple[str, ...] = ()
    about: About = About("", "", "")  # noqa: RUF009 (a tuple)
    example: tuple[str, Mapping[str, Any]] | None = None
    closing: Closing | None = None
    restorable: bool = False
    links: Mapping[str, LinkEntity] = field(init=False)
    natural: Mapping[str, str] = field(init=False)
    referring: tuple[Field, ...] = field(init=False, repr=False)
    _by_name: Mapping[str, Field] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "_by_name", {spec.name: spec for spec in self.fields})
        set_(self, "natural", {part: self.spelled(part) for part in self.identity})
        set_(self, "referring", tuple(spec for spec in self.fields if spec.refers is not None))
        set_(self, "links", {spec.name: spec.link for spec in self.fields if spec.link is not None})

    def field(self, name: str) -> Field:
        """Return the field called *name* in manifests; KeyError when there is none."""
        return self._by_name[name]

    def found_by(self, rule: MatchRule) -> MatchRule:
        """Return how records of this kind are found where a project finds its records by *rule*."""
        return rule if self.keyed else MatchRule(None, self.identity)

    def parts(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parts of the natural key among canonical *values*; of links it is the primary one."""
        return {
            part: primary(values.get(name)) if name in self.links else values.get(name)
            for part, name in self.natural.items()
        }

    def sole(self, values: Mapping[str, Any]) -> frozenset[str]:
        """Return what finds a record alone among canonical *values*, as it is compared."""
        found = (values.get(name) for name in self.alone)
        return frozenset(canon.address(value) for value in found if value) if self.alone else _NOTHING

    @property
    def around(self) -> Field | None:
        """The field whose records have lists of their own that hold what looks alike; None: there is none.

        An opportunity is found among those of its account.
        """
        if self.alike.within is None:
            return None
        spec = self.field(self.natural[self.alike.within])
        return spec if spec.link is not None and spec.link.record else None

    def around_of(self, values: Mapping[str, Any]) -> Collection[str]:
        """Return the ids of the records among whose own is what has these canonical *values*: accounts."""
        if self.alike.within is None:
            return ()
        name = self.natural[self.alike.within]
        held = values.get(name)
        if name in self.links:
            return held or ()
        return (held,) if held else ()

    @property
    def lost(self) -> str | None:
        """The field that says that a record is archived; None when a manifest cannot say it."""
        return None if self.closing is None else self.closing.lost

    def closing_of(self, values: Mapping[str, Any], last: Mapping[str, str]) -> str | None:
        """Return the record that closes what has these canonical *values*, by what it is within.

        Args:
            values: With the field that it is within.
            last: Id of the record that closes what is in it, by the record that it is within.
        """
        if self.closing is None or self.closing.field is None:
            return None
        return last.get(values.get(self.field(self.closing.field).within or "") or "")

    def closed(self, record: Observed, last: Mapping[str, str]) -> str | None:
        """Return how people call it that *record* is closed; None when it is open.

        Args:
            record: With the fields that say it.
            last: Id of the record that closes what is in it, by the record that it is within.
        """
        if self.closing is None:
            return None
        if record.archived:
            return self.closing.archived
        if self.closing.field is None:
            return None
        now, end = record.values.get(self.closing.field), self.closing_of(record.values, last)
        return self.closing.reached if now is not None and now == end else None

    def name_of(self, values: Mapping[str, Any]) -> str:
        """Return what people call the record with these values; "" when they do not say it."""
        return " ".join(str(values[name]) for name in self.called if values.get(name))

    def spelled(self, part: str) -> str:
        """Return the field that *part*, a field or the short spelling of one, is written for."""
        return next((spec.name for spec in self.fields if spec.alias == part), part)
