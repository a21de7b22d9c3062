"""Opportunities: everything syncer knows of them as a kind.

Sources: OAS Opportunity, createOpportunityInput, batchOpportunityInput; DOC create-opportunity.
"""

from typing import Final

from syncer.kinds.base import Alike, Closing, Kind
from syncer.kinds.common import OWNER, UNIT
from syncer.shapes.base import About, Default, Field, LinkEntity, RoleRows
from syncer.shapes.date import DATE
from syncer.shapes.lines import LINES
from syncer.shapes.links import LINKS
from syncer.shapes.lost import LOST, LOST_DATE
from syncer.shapes.money import MONEY
from syncer.shapes.reference import REFERENCE
from syncer.shapes.text import LINE, TEXT

_ACCOUNTS: Final = LinkEntity(
    "LeadOpptyAccountRelations",
    "account_id",
    "lead_oppty_id",
    twice="account-listed-twice",
    marked=True,
    word="none",
    item=About(
        "Account of the opportunity",
        "",
        "the e-mail address or the name of an account, or {email: …, primary: true}",
    ),
    one=About(
        "Account",
        "The primary account, by e-mail, by exact name, or by both; `none` says on purpose that "
        "there is no account.",
        "the e-mail address or the name of an account, {email: …, name: …}, {id: …}, or none",
        ("info@acme.example", {"email": "info@acme.example", "name": "Acme"}, "none"),
    ),
    proof="primary_account",
    record="oppty",
    instead="lead",
)
_CONTACTS: Final = LinkEntity(
    "LeadOpptyContactRelations",
    "contact_id",
    "lead_oppty_id",
    RoleRows(
        "sales_roles",
        "LeadOpptyContactSalesRoleRelations",
        "lead_oppty_contact_relation_id",
        "sales_role_id",
        refers="sales_role",
        name="sales_role",
    ),
    twice="contact-twice",
    word="all",
    item=About(
        "Contact of the opportunity", "", "the e-mail address of a contact, or {email: …, primary: true}"
    ),
)
_PRODUCTS: Final = LinkEntity(
    "OpptyProductRelations",
    "product_id",
    "oppty_id",
    alone=True,
    currency="product_currency",
    prices="price_list",
    item=About("Product line", "", "a product such as {sku: SEAT-1Y, quantity: 25, price: 120}"),
)

# Every field the service itself gives an opportunity (OAS Opportunity); `fields:` is for all others.
_SYSTEM_FIELDS: Final = frozenset(
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

OPPORTUNITY: Final = Kind(
    name="opportunity",
    section="opportunities",
    noun=("opportunity", "opportunities"),
    entity="Opportunities",
    wire_name="Opportunity",
    about=About("Opportunity", "One opportunity.", "fields such as name, owner and closing_date"),
    fields=(
        Field(
            "name",
            LINE,
            "name",
            required=True,
            own=True,
            mistaken=("title",),
            about=About("Name", "The name of the opportunity.", "text", ("Acme renewal 2027",)),
        ),
        OWNER,
        Field(
            "pipeline",
            REFERENCE,
            refers="pipeline",
            required=True,
            via="step",
            follows=("step", "type"),
            about=About(
                "Pipeline",
                "The pipeline, by its exact name.",
                "the name of a pipeline, or {id: …}",
                ("Test Pipeline",),
            ),
        ),
        Field(
            "step",
            REFERENCE,
            "step_id",
            refers="step",
            within="pipeline",
            default=Default.FIRST,
            mistaken=("stage",),
            about=About(
                "Step",
                "The step within the pipeline, by its exact name. "
                "Left out: the first step, and then only when the opportunity is created.",
                "the name of a step, or {id: …}",
                ("First",),
            ),
        ),
        Field(
            "closing_date",
            DATE,
            "closing_date",
            required=True,
            mistaken=("close_date", "closed", "closes", "date", "expected_close"),
            about=About(
                "Closing date", "The expected closing date.", "a date like 2027-03-31", ("2027-03-31",)
            ),
        ),
        Field(
            "value",
            MONEY,
            "value",
            refers="currency",
            required=True,
            adds="products",
            mistaken=("amount", "currency", "price"),
            about=About(
                "Value",
                "Amount and currency; without a currency it is `currency` of the defaults, then the "
                "base currency of the space. `sum` is the sum of the products.",
                'an amount like 100 USD, {amount: "100.00", currency: USD}, or sum',
                ("100 USD", {"amount": "100.00", "currency": "USD"}, 100, "sum"),
            ),
        ),
        Field(
            "accounts",
            LINKS,
            "account_relations",
            refers="account",
            required=True,
            link=_ACCOUNTS,
            alias="account",
            mistaken=("client", "company", "customer", "organisation", "organization"),
            about=About(
                "Accounts",
                "Several accounts, exactly one of them with `primary: true`.",
                "a list of accounts, or none",
                ([{"email": "info@acme.example", "primary": True}, "office@beta.example"],),
            ),
        ),
        Field(
            "contacts",
            LINKS,
            "contact_relations",
            refers="contact",
            link=_CONTACTS,
            among="accounts",
            empty=True,
            mistaken=("contact", "people"),
            about=About(
                "Contacts",
                "Contacts by e-mail; the first is the primary one unless another says `primary: "
                "true`. `all` takes every contact that is linked to the accounts.",
                "a list of e-mail addresses such as [bob@acme.example], or all",
                (["bob@acme.example", {"email": "eve@acme.example", "primary": True}], "all"),
            ),
        ),
        UNIT,
        Field(
            "type",
            REFERENCE,
            "oppty_type_id",
            refers="type",
            within="pipeline",
            default=Default.FIRST,
            about=About(
                "Opportunity type",
                "The type, by its name within the pipeline. Left out: the type of the pipeline.",
                "the name of an opportunity type, or {id: …}",
                ("Standard",),
            ),
        ),
        Field(
            "lead_source",
            REFERENCE,
            "lead_source_id",
            refers="option",
            empty=True,
            mistaken=("source",),
            about=About(
                "Lead source",
                "The lead source, by the name of the option; null for empty.",
                "the name of a lead source, {id: …}, or nothing for empty",
                ("Web",),
            ),
        ),
        Field(
            "description",
            TEXT,
            "description",
            empty=True,
            about=About("Description", "Free text; null for empty.", "text"),
        ),
        Field(
            "lost",
            LOST,
            "is_archived",
            refers="option",
            listed="reason_of_close_id",
            wires=("reason_of_close_id", "reason_of_close_description", LOST_DATE),
            own=True,
            about=About(
                "Lost",
                "Whether the deal is lost, with the reason and a comment. Left out: it is open.",
                "true, false, or {reason: Price, comment: …}",
                (True, {"reason": "Price", "comment": "They took the cheaper one."}),
            ),
        ),
        Field(
            "product_currency",
            REFERENCE,
            "product_currency_id",
            refers="currency",
            beside="products",
            about=About(
                "Product currency",
                "The currency of the prices of the products. Left out: the base currency of the space.",
                "a currency code such as USD, or {id: …}",
                ("USD",),
            ),
        ),
        Field(
            "price_list",
            REFERENCE,
            "product_price_list_id",
            refers="price_list",
            empty=True,
            beside="products",
            about=About(
                "Price list",
                "The price list that says what a product costs whose price is left out; null for none.",
                "the name of a price list, {id: …}, or nothing for none",
                ("List prices",),
            ),
        ),
        Field(
            "products",
            LINES,
            "product_relations",
            refers="product",
            link=_PRODUCTS,
            empty=True,
            about=About(
                "Products",
                "Product lines; an empty list removes all. Discounts are computed by the service.",
                "a list of products such as [{sku: SEAT-1Y, quantity: 25, price: 120}]",
                ([{"sku": "SEAT-1Y", "quantity": 25, "price": 120}, {"name": "Onboarding"}], []),
            ),
        ),
    ),
    identity=("name", "account", "pipeline"),
    keyed=True,
    alike=Alike(
        "account",
        "closing_date",
        "value",
        told=(("step", "step"), ("owner", "owner"), ("value", "value"), ("closing_date", "closing")),
    ),
    sums="value",
    # OAS Opportunity: won is what is in the last step of its pipeline, lost is what is archived.
    closing=Closing("lost", "step", "won", lost="lost"),
    restorable=True,
    example=(
        "acme-renewal-2027",
        {
            "name": "Acme renewal 2027",
            "owner": "dana@example.com",
            "pipeline": "Test Pipeline",
            "closing_date": "2027-03-31",
            "value": "100 USD",
            "account": "info@acme.example",
        },
    ),
    system=_SYSTEM_FIELDS,
    # The order of the vendor's own example first, so that a payload reads like the documents.
    sent=(
        *("closing_date", "name", "owner", "step", "value", "accounts", "contacts", "type"),
        *("unit", "lead_source", "description", "lost", "product_currency", "price_list", "products"),
    ),
)
