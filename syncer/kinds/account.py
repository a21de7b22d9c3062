"""Accounts, the companies that deals are made with: everything syncer knows of them as a kind.

Sources: OAS Account, createAccountInput, batchAccountInput; DOC create-account.
"""

from typing import Final

from syncer.kinds.base import Alike, Closing, Kind
from syncer.kinds.common import COMMENTS, EMAILS, OWNER, PHONES, PLACE, SHARING, UNIT, UNSUBSCRIBED
from syncer.shapes.base import About, Field
from syncer.shapes.enum import ENUM
from syncer.shapes.identifier import IDENTIFIER
from syncer.shapes.reference import REFERENCE
from syncer.shapes.text import LINE

# Every field the service itself gives an account (OAS Account); `fields:` is for all others.
_SYSTEM_FIELDS: Final = frozenset(
    """
    is_delete_protected id is_deleted modified created account_type currency_exchange_rates_list
    customer_type industry owner parent_account parent_account_relation_type picture unit account_class
    account_type_id address city comments country currency_exchange_rates_list_id customer_type_id
    email1 email2 email3 email4 email5 health_category health_status home_page industry_id is_archived
    last_ai_account_hierarchy_applied last_ai_org_chart_applied name owner_id parent_account_id
    parent_account_relation_type_id phone1 phone2 phone3 phone4 phone5 picture_id
    quick_parent_account_name share_mode state_province unit_id zip_code revision formatted_name
    social_media sharing_units sharing_clients documents is_favorite is_unsubscribed tags
    static_profiles health modified_by_user
    """.split()  # noqa: SIM905 (61 quoted words would hide the one that is missing)
)

ACCOUNT: Final = Kind(
    name="account",
    section="accounts",
    noun=("account", "accounts"),
    entity="Accounts",
    wire_name="Account",
    about=About("Account", "One account: a company.", "fields such as name, owner and email"),
    fields=(
        Field(
            "name",
            LINE,
            "name",
            required=True,
            own=True,
            about=About("Name", "The name of the account.", "text", ("Acme Corporation",)),
        ),
        OWNER,
        *EMAILS,
        *PHONES,
        Field(
            "home_page",
            LINE,
            "home_page",
            empty=True,
            own=True,
            mistaken=("url", "web", "web_site", "website"),
            about=About(
                "Home page", "The web site; null for empty.", "a web address", ("https://acme.example",)
            ),
        ),
        *PLACE,
        Field(
            "account_type",
            REFERENCE,
            "account_type_id",
            refers="account_type",
            about=About(
                "Account type",
                "The type, by its exact name. Left out: Pipeliner chooses it.",
                "the name of an account type, or {id: …}",
                ("Account",),
            ),
        ),
        Field(
            "account_class",
            ENUM,
            "account_class",
            empty=True,
            enum=((1, "NoClass"), (2, "ClassA"), (3, "ClassB"), (4, "ClassC"), (5, "ClassD")),
            mistaken=("class", "grade"),
            about=About(
                "Class",
                "The grade. Null, and as long as nobody says another: NoClass.",
                "NoClass, ClassA, ClassB, ClassC or ClassD",
                ("ClassA",),
            ),
        ),
        Field(
            "industry",
            REFERENCE,
            "industry_id",
            refers="option",
            empty=True,
            about=About(
                "Industry",
                "The industry, by the name of the option; null for empty.",
                "the name of an industry, {id: …}, or nothing for empty",
                ("Manufacturing",),
            ),
        ),
        Field(
            "customer_type",
            REFERENCE,
            "customer_type_id",
            refers="option",
            empty=True,
            about=About(
                "Customer type",
                "The type of customer, by the name of the option; null for empty.",
                "the name of a customer type, {id: …}, or nothing for empty",
                ("partner",),
            ),
        ),
        UNIT,
        Field(
            "parent_account",
            REFERENCE,
            "parent_account_id",
            refers="account",
            empty=True,
            own=True,
            along="parent_account_relation_type",
            mistaken=("parent",),
            about=About(
                "Parent account",
                "The account above, by e-mail or by exact name; null for none. It takes "
                "`parent_account_relation_type`, too.",
                "the e-mail address or the name of an account, {email: …, name: …}, {id: …}, or nothing",
                ("Acme Group", {"email": "group@acme.example"}),
            ),
        ),
        Field(
            "parent_account_relation_type",
            IDENTIFIER,
            "parent_account_relation_type_id",
            empty=True,
            about=About(
                "Relation to the parent account",
                "The kind of link to the parent account, by its id: the service documents no list of them.",
                "{id: …} of a relation type; an account that has a parent in Pipeliner names one",
                ({"id": "3fa85f64-5717-4562-b3fc-2c963f66afa6"},),
            ),
        ),
        Field(
            "quick_parent_account_name",
            LINE,
            "quick_parent_account_name",
            empty=True,
            own=True,
            about=About(
                "Name of the parent account",
                "What the account above is called, where none is linked; null for empty.",
                "text",
                ("Acme Group",),
            ),
        ),
        COMMENTS,
        SHARING,
        UNSUBSCRIBED,
    ),
    identity=("name",),
    alone=tuple(spec.name for spec in EMAILS),
    alike=Alike(told=(("email", "e-mail"), ("city", "city"))),
    closing=Closing(archived="archived"),
    restorable=True,
    example=(
        "acme",
        {
            "name": "Acme Corporation",
            "owner": "dana@example.com",
            "email": "info@acme.example",
            "city": "Vienna",
        },
    ),
    system=_SYSTEM_FIELDS,
)
