"""The kinds people refer to by a name they know, as rows of a table."""

from typing import Final, NamedTuple

from syncer.shapes.base import About


class ReferenceKind(NamedTuple):
    """A kind people refer to by a name they know.

    Attributes:
        name: Kind of the references.
        entity: Plural in the path of the API.
        noun: How messages call one record.
        keys: Wire fields that hold a name, exact match.
        emails: Wire fields that hold an e-mail, matched without regard to case.
        code: That one of `keys` which holds a code.
        within: Wire field that ties the record to another one (a step to its pipeline, an option to its set).
        load: Wire fields to read besides id, keys, emails, within.
        places: Wire fields that say where a record is to be found, for a comment beside its id.
        told_apart_by: Wire fields shown for candidates of an ambiguous name.
        about: What people read of one, where it is no field of its own.
        include_deleted: Read deleted rows too, to say that they are deleted. Kinds of few records only: of
            the others the deleted ones are read when a name is unknown.
        many: A space may have thousands: they are read as far as somebody names them.
    """

    name: str
    entity: str
    noun: str
    keys: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    code: str | None = None
    within: str | None = None
    load: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    told_apart_by: tuple[str, ...] = ()
    include_deleted: bool = False
    many: bool = False
    about: About | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        """How a manifest may spell a record besides its id."""
        names = (key if key == self.code else "name" for key in self.keys)
        return (*(("email",) if self.emails else ()), *names)


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
            places=("city", "country"),
            told_apart_by=("name", "email1", "city", "country"),
            many=True,
        ),
        ReferenceKind(
            "account_type",
            "AccountTypes",
            "account type",
            keys=("name",),
            told_apart_by=("created",),
            include_deleted=True,
        ),
        ReferenceKind(
            "contact_type",
            "ContactTypes",
            "contact type",
            keys=("name",),
            told_apart_by=("created",),
            include_deleted=True,
        ),
        ReferenceKind(
            "contact",
            "Contacts",
            "contact",
            emails=EMAILS,
            load=("formatted_name",),
            told_apart_by=("formatted_name", "email1"),
            many=True,
        ),
        ReferenceKind(
            "currency",
            "Currencies",
            "currency",
            keys=("code",),
            code="code",
            load=("is_base",),
            told_apart_by=("is_base",),
            about=About(
                "Currency",
                "A currency code of three capital letters. Left out: the base currency of the space.",
                "a currency code such as USD, or {id: …}",
                ("USD", "EUR"),
            ),
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
            about=About(
                "Sales role",
                "The role of the contact, by its exact name.",
                "the name of a sales role, or {id: …}",
                ("Decision Maker",),
            ),
        ),
        ReferenceKind(
            "product",
            "Products",
            "product",
            keys=("sku", "name"),
            code="sku",
            load=("allowed_pipelines", "product_pipelines"),
            told_apart_by=("sku", "name", "unit_symbol"),
        ),
        ReferenceKind(
            "price_list",
            "ProductPriceLists",
            "price list",
            keys=("name",),
            load=("is_active",),
            told_apart_by=("created",),
        ),
        ReferenceKind(
            "option",
            "Data",
            "option",
            keys=("option_name",),
            within="data_set_id",
            told_apart_by=("created",),
            many=True,
        ),
    )
}
