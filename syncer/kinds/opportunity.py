"""Opportunities: everything syncer knows of them as a kind.

Sources: OAS Opportunity, createOpportunityInput, batchOpportunityInput; DOC create-opportunity.
"""

from typing import Final

from syncer.kinds.base import Kind
from syncer.shapes.base import Default, Field, LinkEntity, RoleRows
from syncer.shapes.date import DATE
from syncer.shapes.links import LINKS
from syncer.shapes.money import MONEY
from syncer.shapes.reference import REFERENCE
from syncer.shapes.text import TEXT

_ACCOUNTS: Final = LinkEntity("LeadOpptyAccountRelations", "account_id", "lead_oppty_id")
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
    fields=(
        Field("name", TEXT, "name", required=True),
        Field("owner", REFERENCE, "owner_id", refers="owner", required=True),
        Field(
            "pipeline",
            REFERENCE,
            refers="pipeline",
            required=True,
            via="step",
            follows=("step", "type"),
        ),
        Field("step", REFERENCE, "step_id", refers="step", within="pipeline", default=Default.FIRST),
        Field("closing_date", DATE, "closing_date", required=True),
        Field("value", MONEY, "value", refers="currency", required=True),
        Field(
            "accounts",
            LINKS,
            "account_relations",
            refers="account",
            required=True,
            link=_ACCOUNTS,
            alias="account",
        ),
        Field("contacts", LINKS, "contact_relations", refers="contact", link=_CONTACTS, among="accounts"),
        Field("unit", REFERENCE, "unit_id", refers="unit"),
        Field("type", REFERENCE, "oppty_type_id", refers="type", within="pipeline", default=Default.FIRST),
        Field("lead_source", REFERENCE, "lead_source_id", refers="option"),
        Field("description", TEXT, "description"),
    ),
    identity=("name", "account", "pipeline"),
    sums="value",
    system=_SYSTEM_FIELDS,
    # The order of the vendor's own example first, so that a payload reads like the documents.
    sent=(
        *("closing_date", "name", "owner", "step", "value", "accounts", "contacts", "type"),
        *("unit", "lead_source", "description"),
    ),
)
