"""What the manifests say, defaults applied, names not yet resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from syncer.model.address import Address
from syncer.model.span import Locator, Span


class Existing(StrEnum):
    """What happens to an existing record that differs from its declaration."""

    MERGE = "merge"
    REPORT = "report"
    UPDATE = "update"


class Owner(StrEnum):
    """Whose word counts for a field, for good."""

    GIT = "git"
    CRM = "crm"
    ONCE = "once"
    IF_EMPTY = "if-empty"


class Closed(StrEnum):
    """What happens to a record that is won or lost in the CRM and differs from its declaration."""

    KEEP = "keep"
    REOPEN = "reopen"


class Presence(StrEnum):
    """Whether a declared opportunity should exist."""

    PRESENT = "present"
    ABSENT = "absent"


class All(Enum):
    """`contacts: all`: every contact linked to the accounts."""

    CONTACTS = "all"


class Reference(NamedTuple):
    """A human name for a record the API knows only by id, as written.

    Attributes:
        kind: Reference kind of `syncer.kinds.references`: owner, pipeline, step, type, account, contact,
            currency, unit, sales_role, lead_source, option.
        text: The name as written when a plain string was written.
        name: `{name: …}`.
        email: `{email: …}`.
        id: `{id: …}`, lower case.
        ref: `{ref: …}`, the key of a declared record.
        code: `{sku: …}`, the code of a product.
    """

    kind: str
    text: str | None = None
    name: str | None = None
    email: str | None = None
    id: str | None = None
    ref: str | None = None
    code: str | None = None

    @property
    def is_email(self) -> bool:
        """Whether the plain string is an e-mail: an "@" says so. What is merely called so is `{name: …}`."""
        return "@" in (self.text or "")

    def __str__(self) -> str:
        return self.text or self.email or self.name or self.code or self.id or self.ref or ""


class Link(NamedTuple):
    """One linked account or contact, as written.

    Attributes:
        reference: The account or contact.
        primary: Exactly one link of a non-empty list is primary once built.
        sales_role: Only for contacts.
        linked: False when the manifest says on purpose that the contact is not linked to the accounts.
        columns: What else is said of the link, by name.
    """

    reference: Reference
    primary: bool = False
    sales_role: Reference | None = None
    linked: bool = True
    columns: tuple[tuple[str, Any], ...] = ()


class Line(NamedTuple):
    """One product line, as written.

    Attributes:
        reference: The product.
        quantity: How many units.
        price: Of a unit, in the product currency; None leaves it to the price list.
        comment: A note on the line.
    """

    reference: Reference
    quantity: Decimal = Decimal(1)
    price: Decimal | None = None
    comment: str | None = None


class Lost(NamedTuple):
    """`lost: true`, or with what is said of the loss.

    Attributes:
        reason: The option.
        comment: In free text.
    """

    reason: Reference | None = None
    comment: str | None = None


class Sum(Enum):
    """`value: sum`: what the lines come to."""

    LINES = "sum"


class Money(NamedTuple):
    """An amount as written: never a float. No currency means the base currency of the space."""

    amount: Decimal
    currency: Reference | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """One opportunity as the manifests declare it, defaults applied, references not yet resolved.

    Attributes:
        address: Of which kind it is, and its key in the manifest.
        values: What the manifest manages, by field name of its kind (`syncer.kinds`); only what was
            written or defaulted is in it. `accounts` and `contacts` are tuples of Link (`account: none` is
            the empty tuple, `contacts: all` is All.CONTACTS), `value` is Money, `closing_date` a date,
            references are Reference, custom fields are keyed `fields.<api name>` with their scalar (str,
            bool, int, Decimal), list of str, or None for "empty". None anywhere means: shall be empty.
        state: present or absent.
        id: Id of an existing record to adopt.
        formerly: Old parts of the natural key (`name`, `account`, `pipeline`), same value types, and the
            old `key`.
        existing: What this entry says of existing records; None leaves it to the policy.
        closed: What this entry says of its record when that is closed; None leaves it to the policy.
        own: Whose word counts for a field, by path, where somebody has said so: `git` writes it whoever
            moved it, `crm` leaves it to the CRM once it is created, `once` does not even compare it,
            `if-empty` writes it where the CRM has nothing.
        distinct_from: Ids of records that look alike and are other ones.
        inherited: Custom fields in `values` that the defaults say, which are those of every kind.
        locator: Finds the place of any path of the entry as it was written.
    """

    address: Address
    values: Mapping[str, Any]
    locator: Locator = field(compare=False, repr=False)
    state: Presence = Presence.PRESENT
    id: str | None = None
    formerly: Mapping[str, Any] = field(default_factory=dict)
    existing: Existing | None = None
    closed: Closed | None = None
    own: Mapping[str, Owner] = field(default_factory=dict)
    distinct_from: frozenset[str] = frozenset()
    inherited: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The key in the manifest."""
        return self.address.key

    @property
    def span(self) -> Span:
        """The place of the key."""
        return self.locator.span()
