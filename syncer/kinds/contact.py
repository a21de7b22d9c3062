"""Contacts, the people at accounts: everything syncer knows of them as a kind.

Sources: OAS Contact, createContactInput, batchContactInput, ContactAccountRelation; DOC create-contact.
"""

from typing import Final

from syncer.kinds.base import Alike, Closing, Kind
from syncer.kinds.common import COMMENTS, EMAILS, OWNER, PHONES, PLACE, SHARING, UNIT, UNSUBSCRIBED
from syncer.shapes.base import About, Field, LinkEntity
from syncer.shapes.enum import ENUM
from syncer.shapes.links import LINKS
from syncer.shapes.reference import REFERENCE
from syncer.shapes.text import LINE, TEXT

_ACCOUNTS: Final = LinkEntity(
    "ContactAccountRelations",
    "account_id",
    "contact_id",
    twice="account-listed-twice",
    marked=True,
    word="none",
    item=About(
        "Account of the contact",
        "",
        "the e-mail address or the name of an account, or {email: …, position: …, primary: true}",
    ),
    one=About(
        "Account",
        "The primary account, by e-mail, by exact name, or by both, with the position of the contact; "
        "`none` says that there is no account.",
        "the e-mail address or the name of an account, {name: …, position: …}, {id: …}, or none",
        ("info@acme.example", {"name": "Acme Corporation", "position": "Head of Purchasing"}, "none"),
    ),
    proof="primary_account",
    record="contact",
    columns=(
        Field(
            "position",
            LINE,
            "position",
            empty=True,
            mistaken=("job", "job_title", "role"),
            about=About("Position", "The job title at the account; null for empty.", "text", ("Buyer",)),
        ),
        Field(
            "relationship",
            ENUM,
            "relationship",
            empty=True,
            enum=((0, "NoRelationship"), (1, "Weak"), (2, "Moderate"), (3, "Strong")),
            about=About(
                "Relationship",
                "How strong the relationship is.",
                "NoRelationship, Weak, Moderate or Strong",
                ("Strong",),
            ),
        ),
        Field(
            "comment",
            TEXT,
            "comment",
            empty=True,
            about=About("Comment", "A note on the link; null for empty.", "text"),
        ),
    ),
)

# Every field the service itself gives a contact (OAS Contact); `fields:` is for all others.
_SYSTEM_FIELDS: Final = frozenset(
    """
    is_delete_protected id is_deleted modified created contact_type currency_exchange_rates_list owner
    picture unit address city comments contact_type_id country currency_exchange_rates_list_id email1
    email2 email3 email4 email5 first_name gender is_archived last_name middle_name owner_id phone1
    phone2 phone3 phone4 phone5 picture_id position quick_account_name share_mode state_province title
    unit_id zip_code revision formatted_name social_media primary_account account_relations
    sharing_units sharing_clients documents exchange_entity_id gapi_entity_id o365_entity_id is_favorite
    primary_account_account_roles primary_account_position account_position is_unsubscribed tags
    static_profiles primary_account_relationship modified_by_user
    """.split()  # noqa: SIM905 (60 quoted words would hide the one that is missing)
)

CONTACT: Final = Kind(
    name="contact",
    section="contacts",
    noun=("contact", "contacts"),
    entity="Contacts",
    wire_name="Contact",
    about=About("Contact", "One contact: a person.", "fields such as first_name, last_name and owner"),
    fields=(
        *(
            Field(
                name,
                LINE,
                name,
                empty=True,
                own=True,
                mistaken=mistaken,
                about=About(title, f"{what}; null for empty.", "text", (example,)),
            )
            for name, mistaken, title, what, example in (
                ("title", ("salutation",), "Title", "The form of address", "Dr."),
                ("first_name", ("firstname", "given_name"), "First name", "The given name", "Bob"),
                ("middle_name", (), "Middle name", "The middle name", "Ross"),
                (
                    "last_name",
                    ("family_name", "lastname", "surname"),
                    "Last name",
                    "The family name",
                    "Baker",
                ),
            )
        ),
        Field(
            "gender",
            ENUM,
            "gender",
            empty=True,
            own=True,
            enum=((0, "Unknown"), (1, "Male"), (2, "Female"), (3, "NonBinary")),
            about=About(
                "Gender",
                "Null, and as long as nobody says another: Unknown.",
                "Unknown, Male, Female or NonBinary",
                ("Female",),
            ),
        ),
        OWNER,
        Field(
            "accounts",
            LINKS,
            "account_relations",
            refers="account",
            empty=True,
            link=_ACCOUNTS,
            alias="account",
            mistaken=("client", "company", "customer", "organisation", "organization"),
            about=About(
                "Accounts",
                "Several accounts, exactly one of them with `primary: true`, each with what the contact is "
                "there.",
                "a list of accounts, or none",
                ([{"name": "Acme", "position": "Buyer", "primary": True}, "office@beta.example"],),
            ),
        ),
        Field(
            "position",
            LINE,
            "position",
            empty=True,
            own=True,
            about=About(
                "Position",
                "The job title of the contact alone; that at an account is the `position` of its link.",
                "text",
                ("Head of Purchasing",),
            ),
        ),
        *EMAILS,
        *PHONES,
        *PLACE,
        Field(
            "contact_type",
            REFERENCE,
            "contact_type_id",
            refers="contact_type",
            about=About(
                "Contact type",
                "The type, by its exact name. Left out: Pipeliner chooses it.",
                "the name of a contact type, or {id: …}",
                ("Contact",),
            ),
        ),
        UNIT,
        Field(
            "quick_account_name",
            LINE,
            "quick_account_name",
            empty=True,
            own=True,
            about=About(
                "Name of the account",
                "What the company is called, where no account is linked; null for empty.",
                "text",
                ("Acme",),
            ),
        ),
        COMMENTS,
        SHARING,
        UNSUBSCRIBED,
    ),
    identity=("first_name", "last_name", "account"),
    alone=tuple(spec.name for spec in EMAILS),
    called=("first_name", "last_name"),
    alike=Alike("account", told=(("email", "e-mail"), ("position", "position"))),
    closing=Closing(archived="archived"),
    example=(
        "bob",
        {
            "first_name": "Bob",
            "last_name": "Baker",
            "owner": "dana@example.com",
            "email": "bob@acme.example",
            "account": "info@acme.example",
        },
    ),
    system=_SYSTEM_FIELDS,
)
