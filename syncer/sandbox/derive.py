"""Fields nobody stores: each is an SQL expression over its row, called `t`.

Because they are expressions, a computed field can be read, filtered and sorted like any other.
"""

from typing import Final

_NO = "CAST(0 AS INTEGER)"  # a bare 0 would be the number of a column where rows are sorted by it
_NAME = "trim(t.first_name || ' ' || t.last_name)"
_FULL_NAME = (
    "trim(replace(replace(t.title || ' ' || t.first_name || ' ' || t.middle_name || ' ' || t.last_name,"
    " '  ', ' '), '  ', ' '))"
)
_PRIMARY = 'SELECT {key} FROM "{link}" r WHERE r.{ours} = t.id AND r.is_primary AND NOT r.is_deleted LIMIT 1'

# OAS Opportunity.step, status: 1 open, 2 lost (archived), 3 won (last step of the pipeline). That archived
# wins over the last step is undocumented, our assumption.
_STATUS = """(CASE WHEN t.is_archived THEN 2 WHEN EXISTS (
    SELECT 1 FROM "Step" s JOIN "Step" n ON n.pipeline_id = s.pipeline_id
    WHERE s.id = t.step_id AND NOT n.is_deleted AND n.sort_order > s.sort_order) THEN 1 ELSE 3 END)"""

# The relations that follow from other rows: entity and to-one field -> expression of the id.
COMPUTED_KEYS: Final = {
    ("Opportunity", "primary_account"): "("
    + _PRIMARY.format(key="account_id", link="LeadOpptyAccountRelation", ours="lead_oppty_id")
    + ")",
    ("Opportunity", "primary_contact"): "("
    + _PRIMARY.format(key="contact_id", link="LeadOpptyContactRelation", ours="lead_oppty_id")
    + ")",
    ("Contact", "primary_account"): "("
    + _PRIMARY.format(key="account_id", link="ContactAccountRelation", ours="contact_id")
    + ")",
}

COMPUTED: Final = {
    ("Opportunity", "table_name"): "'opportunity'",
    ("Opportunity", "status"): _STATUS,
    (
        "Opportunity",
        "days_in_step",
    ): "CAST(julianday('now') - julianday(substr(t._step_since, 1, 19)) AS INTEGER)",
    ("Opportunity", "is_favorite"): _NO,
    ("Opportunity", "formatted_name"): "t.name",
    ("Account", "is_favorite"): _NO,
    ("Account", "formatted_name"): "t.name",
    ("Account", "health"): "'{}'",
    ("Contact", "is_favorite"): _NO,
    ("Contact", "formatted_name"): _FULL_NAME,
    ("Contact", "primary_account_position"): "COALESCE(("
    + _PRIMARY.format(key="position", link="ContactAccountRelation", ours="contact_id")
    + "), '')",
    ("Client", "name"): _NAME,
    ("Client", "formatted_name"): _NAME,
    ("Client", "timezone_name"): "'UTC'",
    ("Client", "user_recalculation_state"): "'NoRecalculation'",
    ("Client", "unit_member_ids"): (
        '(SELECT json_group_array(m.unit_id) FROM "SalesUnitClientRelation" m'
        " WHERE m.client_id = t.id AND m.unit_role = 1 AND NOT m.is_deleted)"
    ),
    ("Client", "unit_manager_ids"): (
        "(WITH RECURSIVE below(id) AS ("
        'SELECT m.unit_id FROM "SalesUnitClientRelation" m'
        " WHERE m.client_id = t.id AND m.unit_role = 2 AND NOT m.is_deleted"
        ' UNION SELECT u.id FROM "SalesUnit" u JOIN below ON u.parent_id = below.id WHERE NOT u.is_deleted'
        ") SELECT json_group_array(id) FROM below)"
    ),
    ("OpportunityType", "has_draft"): "NOT t.is_published",
    ("OpportunityType", "form_edit_api"): "t.form_edit",
    ("OpportunityType", "form_lost_api"): "t.form_lost",
    ("OpportunityType", "form_qualify_api"): "'[]'",
    ("OpportunityType", "form_won_api"): "'[]'",
    ("AccountType", "has_draft"): "NOT t.is_published",
    ("AccountType", "form_edit_api"): "t.form_edit",
    ("ContactType", "has_draft"): "NOT t.is_published",
    ("ContactType", "form_edit_api"): "t.form_edit",
    ("Field", "translated_name"): "t.name",
    ("Field", "name_translated"): "''",
    ("Field", "column_name"): "t.api_name",
    ("Field", "source_field_id"): "t.id",
    ("Field", "source_type_id"): "t.type_id",
    ("Field", "has_draft"): _NO,
    ("Data", "option_name_translated"): "''",
    ("Data", "has_draft"): _NO,
    ("Product", "formatted_name"): "t.name",
    (
        "Product",
        "oppty_product_relation_type_id",
    ): '(SELECT id FROM "OpptyProductRelationType" ORDER BY id LIMIT 1)',
}
