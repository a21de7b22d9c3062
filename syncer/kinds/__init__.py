"""What Pipeliner offers, as tables: the kinds people declare, the kinds they refer to, the rows behind them.

A new declared kind is one `Kind`, a new reference one `ReferenceKind`, a new field one `Field`; the stages
loop over them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple


class Shape(StrEnum):
    """How the value of a field is written, compared and sent."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    REFERENCE = "reference"
    LINKS = "links"


class Field(NamedTuple):
    """One field of a declared kind.

    Attributes:
        name: Name in the manifest, the plan and the messages.
        shape: How it is handled.
        wire: Name in the API's records and bodies; None when it is not a property of its own (the pipeline
            of an opportunity follows from its step).
        refers: Reference kind, for references and links.
        required: Must be written or defaulted for a record that shall exist.
        expand: For links, what a list request expands to read them.
    """

    name: str
    shape: Shape
    wire: str | None = None
    refers: str | None = None
    required: bool = False
    expand: tuple[str, ...] = ()


class LinkEntity(NamedTuple):
    """The relation rows behind a field of links.

    Attributes:
        entity: Plural in the path.
        target: Field with the id of the linked record.
        parent: Field with the id of the opportunity; left out when nested in a new one.
    """

    entity: str
    target: str
    parent: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind people declare.

    Attributes:
        name: First part of its addresses.
        entity: Plural in the path of the API.
        wire_name: Name of the record in the API's messages.
        fields: Every field a manifest may set, in the order people read them.
        links: Relation rows by field name.
    """

    name: str
    entity: str
    wire_name: str
    fields: tuple[Field, ...]
    links: Mapping[str, LinkEntity]
    _by_name: dict[str, Field] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update({spec.name: spec for spec in self.fields})

    def field(self, name: str) -> Field:
        """Return the field called *name* in manifests; KeyError when there is none."""
        return self._by_name[name]


class ReferenceKind(NamedTuple):
    """A kind people refer to by a name they know.

    Attributes:
        name: Kind of the references.
        entity: Plural in the path of the API.
        noun: How messages call one record.
        keys: Wire fields that hold a name, exact match.
        emails: Wire fields that hold an e-mail, matched without regard to case.
        within: Wire field that ties the record to another one (a step to its pipeline, an option to its set).
        load: Wire fields to read besides id, keys, emails, within.
        told_apart_by: Wire fields shown for candidates of an ambiguous name.
        include_deleted: Read deleted rows too, to say that they are deleted. Kinds of few records only: of
            the others the deleted ones are read when a name is unknown.
    """

    name: str
    entity: str
    noun: str
    keys: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    within: str | None = None
    load: tuple[str, ...] = ()
    told_apart_by: tuple[str, ...] = ()
    include_deleted: bool = False


EMAILS: Final = ("email1", "email2", "email3", "email4", "email5")

REFERENCES: Final[dict[str, ReferenceKind]] = {
    kind.name: kind
    for kind in (
        ReferenceKind(
            "owner",
            "Clients",
            "user",
            emails=("email",),
            load=("name",),
            told_apart_by=("name",),
            include_deleted=True,
        ),
        ReferenceKind(
            "pipeline",
            "Pipelines",
            "pipeline",
            keys=("name",),
            told_apart_by=("created",),
            include_deleted=True,
        ),
        ReferenceKind(
            "step",
            "Steps",
            "step",
            keys=("name",),
            within="pipeline_id",
            load=("sort_order",),
            told_apart_by=("sort_order",),
            include_deleted=True,
        ),
        ReferenceKind(
            "type",
            "OpportunityTypes",
            "opportunity type",
            keys=("name",),
            within="pipeline_id",
            load=("is_published",),
            told_apart_by=("is_published", "created"),
            include_deleted=True,
        ),
        ReferenceKind(
            "account",
            "Accounts",
            "account",
            keys=("name",),
            emails=EMAILS,
            told_apart_by=("name", "email1", "city", "country"),
        ),
        ReferenceKind(
            "contact",
            "Contacts",
            "contact",
            emails=EMAILS,
            load=("formatted_name",),
            told_apart_by=("formatted_name", "email1"),
        ),
        ReferenceKind(
            "currency",
            "Currencies",
            "currency",
            keys=("code",),
            load=("is_base",),
            told_apart_by=("is_base",),
        ),
        ReferenceKind(
            "unit",
            "SalesUnits",
            "sales unit",
            keys=("name",),
            told_apart_by=("parent_id", "created"),
            include_deleted=True,
        ),
        ReferenceKind(
            "sales_role",
            "SalesRoles",
            "sales role",
            keys=("name",),
            told_apart_by=("created",),
            include_deleted=True,
        ),
        ReferenceKind(
            "option",
            "Data",
            "option",
            keys=("option_name",),
            within="data_set_id",
            told_apart_by=("created",),
        ),
    )
}

OPPORTUNITY: Final = Kind(
    name="opportunity",
    entity="Opportunities",
    wire_name="Opportunity",
    fields=(
        Field("name", Shape.TEXT, "name", required=True),
        Field("owner", Shape.REFERENCE, "owner_id", refers="owner", required=True),
        Field("pipeline", Shape.REFERENCE, None, refers="pipeline", required=True),
        Field("step", Shape.REFERENCE, "step_id", refers="step"),
        Field("closing_date", Shape.DATE, "closing_date", required=True),
        Field("value", Shape.MONEY, "value", refers="currency", required=True),
        Field("accounts", Shape.LINKS, "account_relations", refers="account", required=True),
        Field("contacts", Shape.LINKS, "contact_relations", refers="contact"),
        Field("unit", Shape.REFERENCE, "unit_id", refers="unit"),
        Field("type", Shape.REFERENCE, "oppty_type_id", refers="type"),
        Field("lead_source", Shape.REFERENCE, "lead_source_id", refers="option"),
        Field("description", Shape.TEXT, "description"),
    ),
    links={
        "accounts": LinkEntity("LeadOpptyAccountRelations", "account_id", "lead_oppty_id"),
        "contacts": LinkEntity("LeadOpptyContactRelations", "contact_id", "lead_oppty_id"),
    },
)

# Every field the service itself gives an opportunity (OAS Opportunity); `fields:` is for all others.
OPPORTUNITY_SYSTEM_FIELDS: Final = frozenset(
    """
    is_delete_protected id is_deleted modified created active_quote currency_exchange_rates_list
    lead_source oppty_type owner product_currency product_price_list reason_of_close step unit
    active_quote_id closing_date currency_exchange_rates_list_id description is_archived
    is_value_auto_calculate label_flag last_ai_buying_center_applied lead_source_id name oppty_type_id
    owner_id product_currency_id product_price_list_id product_sections quick_account_email
    quick_account_name quick_account_phone quick_contact_name quick_email quick_phone ranking
    reason_of_close_description reason_of_close_id share_mode step_id table_name unit_id was_qualified
    revision value oppty_recurrence revenue_schedule product_relations primary_contact primary_account
    contact_relations account_relations documents quote_relations status qualify_date won_date lost_date
    days_in_step is_favorite sharing_units sharing_clients tags static_profiles formatted_name
    modified_by_user
    """.split()  # noqa: SIM905 (67 quoted words would hide the one that is missing)
)
