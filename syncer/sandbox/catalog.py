"""Every entity and field of the API the sandbox holds, as one table.

A line without indent opens an entity: `Name = Plural` (the plural is the last part of its path). An indented
line is a field, in the order of the read schema:

    name kind RCUB [Target] [of items] [in enum]

kind    bool int float text binary date datetime object array money flags
        uuid (a plain uuid), id (uuid of a Target record), ids (list of such), one (URI of a Target record, or
        the object when expanded), many (list of such)
R       `!` always present on read, `.` may be null or empty, `w` write only
C       create: `R` required, `o` optional, `r` listed but read-only, `S` required and read-only (set once),
        `-` absent
U, B    `u` listed in the PATCH input, `b` listed in the batch-modify item
in      allowed values, with their names where published; for `flags` the bits

`one` and `many` fields that may be created are written as nested objects of the Target's own create (or
update) input, without the reference to the parent.

Source: OAS (version 100), read schemas and create/update/batch inputs of each entity. `label_flag` and
`supported_entities` are typed string there; the enum values, and the Microsoft connector, say integer.
`Field.data_set` is a list on the wire (DOC create-account) and is sent as one in DOC fields, though OAS types
it as a single URI and leaves it out of the create input; the table follows DOC.
SalesUnitClientRelation has no input of its own and is written through `Client.unit_membership` only; the
letters of its settable fields are our guess.
The part below ASSUMED holds helper entities whose schemas we have not read; their fields are our guess,
except those of Profile, which are recorded.
"""

from typing import Final

CATALOG: Final = """
Opportunity = Opportunities
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .oub
    active_quote one .--- Quote
    currency_exchange_rates_list one .--- CurrencyExchangeRatesList
    lead_source one .--- Data
    oppty_type one !--- OpportunityType
    owner one !--- Client
    product_currency one !--- Currency
    product_price_list one .--- ProductPriceList
    reason_of_close one .--- Data
    step one !--- Step
    unit one !--- SalesUnit
    active_quote_id id .oub Quote
    closing_date date !Rub
    currency_exchange_rates_list_id id .oub CurrencyExchangeRatesList
    description text .oub
    is_archived bool .oub
    is_value_auto_calculate bool .oub
    label_flag flags .oub in 1 2 4
    last_ai_buying_center_applied datetime .oub
    lead_source_id id .oub Data
    name text !Rub
    oppty_type_id id .oub OpportunityType
    owner_id id !Rub Client
    product_currency_id id .oub Currency
    product_price_list_id id .oub ProductPriceList
    product_sections object .oub
    quick_account_email text .oub
    quick_account_name text .oub
    quick_account_phone text .oub
    quick_contact_name text .oub
    quick_email text .oub
    quick_phone text .oub
    ranking int .oub
    reason_of_close_description text .oub
    reason_of_close_id id .oub Data
    share_mode int .oub in 0=Standard 1=Private 2=AllView 3=AllEdit
    step_id id !Rub Step
    table_name text !---
    unit_id id .oub SalesUnit
    was_qualified bool .oub
    revision int .oub
    value money !Rub
    oppty_recurrence one .oub OpptyRecurrence
    revenue_schedule one .oub OpptyRevenueSchedule
    product_relations many .oub OpptyProductRelation
    primary_contact one .--- Contact
    primary_account one .--- Account
    contact_relations many .oub LeadOpptyContactRelation
    account_relations many .oub LeadOpptyAccountRelation
    documents many .oub CloudObjectRelation
    quote_relations many .oub Quote
    status int !--- in 1=Open 2=Lost 3=Won
    qualify_date datetime .---
    won_date datetime .oub
    lost_date datetime .oub
    days_in_step int !---
    is_favorite bool !---
    sharing_units many .oub LeadOpptySharingSalesUnitRelation
    sharing_clients many .oub LeadOpptySharingClientRelation
    tags many .oub TagRelation
    static_profiles many .oub ProfileRelation
    formatted_name text !---
    modified_by_user datetime .---

LeadOpptyAccountRelation = LeadOpptyAccountRelations
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    account one !--- Account
    lead one .--- Lead
    oppty one .--- Opportunity
    account_id id !Rub Account
    is_primary bool !Rub
    lead_oppty_id id !Rub LeadOppty
    revision int .oub

LeadOpptyContactRelation = LeadOpptyContactRelations
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    contact one !--- Contact
    lead_oppty_contact_group_relation one .oub LeadOpptyContactGroupRelation
    lead one .--- Lead
    oppty one .--- Opportunity
    comment text .oub
    contact_id id !Rub Contact
    is_primary bool !Rub
    lead_oppty_contact_group_relation_id id .oub LeadOpptyContactGroupRelation
    lead_oppty_id id !Rub LeadOppty
    position_in_group object .oub
    relationship int .oub in 0=NoRelationship 1=Weak 2=Moderate 3=Strong
    revision int .oub
    sales_roles many .oub LeadOpptyContactSalesRoleRelation

LeadOpptyContactSalesRoleRelation = LeadOpptyContactSalesRoleRelations
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    lead_oppty_contact_relation one .oub LeadOpptyContactRelation
    sales_role one !--- SalesRole
    lead_oppty_contact_relation_id id .oub LeadOpptyContactRelation
    sales_role_id id !Rub SalesRole
    revision int .oub

OpptyProductRelation = OpptyProductRelations
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    currency_exchange_rates_list one .--- CurrencyExchangeRatesList
    online_form_field one .--- Field
    online_form one .--- OnlineForm
    oppty one .--- Opportunity
    oppty_product_relation_type one !--- OpptyProductRelationType
    paired_oppty_product_relation one .oub OpptyProductRelation
    product one !--- Product
    quote one .--- Quote
    amount float .oub
    comment text .oub
    currency_exchange_rates_list_id id .oub CurrencyExchangeRatesList
    online_form_field_id id .oub Field
    online_form_id id .oub OnlineForm
    oppty_id id .oub Opportunity
    oppty_product_relation_type_id id .oub OpptyProductRelationType
    paired_oppty_product_relation_id id .oub OpptyProductRelation
    price float .oub
    product_id id !S-- Product
    quantity float .oub
    quote_id id .oub Quote
    section_id uuid .oub
    sort_order int .oub
    revision int .oub
    revenue_schedule one .oub OpptyProductRelationRevenueSchedule
    discount_value float .---
    discount_percentage float .---
    modified_by_user datetime .---

Client = Clients
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    default_unit one !--- SalesUnit
    master_right one !--- MasterRight
    default_unit_id id !Rub SalesUnit
    email text !R--
    first_name text .r--
    last_active datetime .r--
    last_name text .r--
    master_right_id id !Rub MasterRight
    middle_name text .r--
    phone text .r--
    picture_url text .---
    position text .oub
    region text .r--
    timezone text .r--
    type int .oub in 0=Customer 1=Support
    revision int .oub
    default_idp int .---
    user_profile_id int .---
    unit_membership many !Rub SalesUnitClientRelation
    appointment_favorite many .oub ClientFavorite
    task_favorite many .oub ClientFavorite
    account_favorite many .oub ClientFavorite
    contact_favorite many .oub ClientFavorite
    profile_favorite many .oub ClientFavorite
    report_favorite many .oub ClientFavorite
    lead_favorite many .oub ClientFavorite
    opportunity_favorite many .oub ClientFavorite
    timezone_name text .---
    name text .---
    formatted_name text !---
    unit_manager_ids ids !--- SalesUnit
    unit_member_ids ids !--- SalesUnit
    user_recalculation_state text .--- in InProgress NoRecalculation Pending

SalesUnit = SalesUnits
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    parent one .--- SalesUnit
    picture one .oub CloudObject
    name text !Rub
    parent_id id .oub SalesUnit
    picture_id id .oub CloudObject
    revision int .oub

SalesUnitClientRelation = SalesUnitClientRelations (read only)
    is_delete_protected bool !---
    id uuid !---
    is_deleted bool .---
    modified datetime .---
    created datetime .---
    client one !--- Client
    unit one !--- SalesUnit
    client_id id !Rub Client
    unit_id id !Rub SalesUnit
    unit_role int .oub in 1=Member 2=Manager
    revision int .---

Pipeline = Pipelines
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    color int !Rub
    name text !Rub
    revision int .oub
    steps many !Rub Step
    opportunity_types many !--- OpportunityType

Step = Steps
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    lead_process one .--- LeadProcess
    pipeline one .--- Pipeline
    quote_process one .--- QuoteProcess
    description text .oub
    has_readonly_form bool .oub
    has_version_increment bool .oub
    lead_process_id id .oub LeadProcess
    name text !Rub
    percent int .oub
    pipeline_id id .r-- Pipeline
    quote_process_id id .oub QuoteProcess
    sort_order int .oub
    timeframe int .oub
    revision int .oub
    documents many .oub CloudObjectStepRelation
    step_checklists many .oub StepChecklist

OpportunityType = OpportunityTypes
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    pipeline one !--- Pipeline
    form_edit object .oub
    form_lost object .oub
    form_qualify object .oub
    form_won object .oub
    is_readonly bool !Rub
    name text !Rub
    pipeline_id id !Rub Pipeline
    settings binary !Rub
    is_published bool .r--
    revision int .oub
    has_draft bool !---
    is_delete_protected bool !---
    form_edit_api object !---
    can_change_readonly bool .---
    form_lost_api object !---
    form_qualify_api array !--- of object
    form_won_api array !--- of object

LeadOppty = LeadOppties (read only)
    is_delete_protected bool !---
    id uuid !---

Currency = Currencies
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    code text !R--
    is_base bool .---
    symbol text .o--
    revision int .oub
    currency_exchange_rates many !Rub CurrencyExchangeRate

CurrencyExchangeRate = CurrencyExchangeRates
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    currency_exchange_rate_list one !--- CurrencyExchangeRatesList
    currency one !--- Currency
    currency_exchange_rate_list_id id !Rub CurrencyExchangeRatesList
    currency_id id !Rub Currency
    exchange_rate float .oub
    revision int .oub

CurrencyExchangeRatesList = CurrencyExchangeRatesLists
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    valid_from datetime !Rub
    revision int .oub
    currency_exchange_rates many !Rub CurrencyExchangeRate

Account = Accounts
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .oub
    account_type one !--- AccountType
    currency_exchange_rates_list one .--- CurrencyExchangeRatesList
    customer_type one .--- Data
    industry one .--- Data
    owner one !--- Client
    parent_account one .--- Account
    parent_account_relation_type one .--- ParentAccountRelationType
    picture one .oub CloudObject
    unit one !--- SalesUnit
    account_class int .oub in 1=NoClass 2=ClassA 3=ClassB 4=ClassC 5=ClassD
    account_type_id id .oub AccountType
    address text .oub
    city text .oub
    comments text .oub
    country text .oub
    currency_exchange_rates_list_id id .oub CurrencyExchangeRatesList
    customer_type_id id .oub Data
    email1 text .oub
    email2 text .oub
    email3 text .oub
    email4 text .oub
    email5 text .oub
    health_category uuid .---
    health_status int .---
    home_page text .oub
    industry_id id .oub Data
    is_archived bool .oub
    last_ai_account_hierarchy_applied datetime .oub
    last_ai_org_chart_applied datetime .oub
    name text !Rub
    owner_id id !Rub Client
    parent_account_id id .oub Account
    parent_account_relation_type_id id .oub ParentAccountRelationType
    phone1 text .oub
    phone2 text .oub
    phone3 text .oub
    phone4 text .oub
    phone5 text .oub
    picture_id id .oub CloudObject
    quick_parent_account_name text .oub
    share_mode int .oub in 0=Standard 1=Private 2=AllView 3=AllEdit
    state_province text .oub
    unit_id id .oub SalesUnit
    zip_code text .oub
    revision int .oub
    formatted_name text !---
    social_media one .oub AccountSocialRelation
    sharing_units many .oub AccountSharingSalesUnitRelation
    sharing_clients many .oub AccountSharingClientRelation
    documents many .oub CloudObjectRelation
    is_favorite bool !---
    is_unsubscribed bool .oub
    tags many .oub TagRelation
    static_profiles many .oub ProfileRelation
    health object .---
    modified_by_user datetime .---

AccountType = AccountTypes
    has_draft bool !---
    is_delete_protected bool !---
    form_edit_api object !---
    can_change_readonly bool .---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    form_edit object .oub
    is_readonly bool !Rub
    name text !Rub
    settings binary !Rub
    is_published bool .r--
    revision int .oub

Contact = Contacts
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .oub
    contact_type one !--- ContactType
    currency_exchange_rates_list one .--- CurrencyExchangeRatesList
    owner one !--- Client
    picture one .oub CloudObject
    unit one !--- SalesUnit
    address text .oub
    city text .oub
    comments text .oub
    contact_type_id id .oub ContactType
    country text .oub
    currency_exchange_rates_list_id id .oub CurrencyExchangeRatesList
    email1 text .oub
    email2 text .oub
    email3 text .oub
    email4 text .oub
    email5 text .oub
    first_name text .oub
    gender int .oub in 0=Unknown 1=Male 2=Female 3=NonBinary
    is_archived bool .oub
    last_name text .oub
    middle_name text .oub
    owner_id id !Rub Client
    phone1 text .oub
    phone2 text .oub
    phone3 text .oub
    phone4 text .oub
    phone5 text .oub
    picture_id id .oub CloudObject
    position text .oub
    quick_account_name text .oub
    share_mode int .oub in 0=Standard 1=Private 2=AllView 3=AllEdit
    state_province text .oub
    title text .oub
    unit_id id .oub SalesUnit
    zip_code text .oub
    revision int .oub
    formatted_name text !---
    social_media one .oub ContactSocialRelation
    primary_account one .--- Account
    account_relations many .oub ContactAccountRelation
    sharing_units many .oub ContactSharingSalesUnitRelation
    sharing_clients many .oub ContactSharingClientRelation
    documents many .oub CloudObjectRelation
    exchange_entity_id text .-ub
    gapi_entity_id text .-ub
    o365_entity_id text .-ub
    is_favorite bool !---
    primary_account_account_roles many .oub ContactAccountAccountRoleRelation
    primary_account_position text .---
    account_position text .oub
    is_unsubscribed bool .oub
    tags many .oub TagRelation
    static_profiles many .oub ProfileRelation
    primary_account_relationship text .oub
    modified_by_user datetime .---

ContactType = ContactTypes
    has_draft bool !---
    is_delete_protected bool !---
    form_edit_api object !---
    can_change_readonly bool .---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    form_edit object .oub
    is_readonly bool !Rub
    name text !Rub
    settings binary !Rub
    is_published bool .r--
    revision int .oub

ContactAccountRelation = ContactAccountRelations
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    account one !--- Account
    contact one !--- Contact
    account_id id !Rub Account
    comment text .oub
    contact_id id !Rub Contact
    is_assistant bool .oub
    is_primary bool !Rub
    is_sibling bool .oub
    position text .oub
    relationship int .oub in 0=NoRelationship 1=Weak 2=Moderate 3=Strong
    revision int .oub
    account_roles many .oub ContactAccountAccountRoleRelation

ContactAccountAccountRoleRelation = ContactAccountAccountRoleRelations
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    account_role one !--- AccountRole
    contact_account_relation one !Rub ContactAccountRelation
    account_role_id id !Rub AccountRole
    contact_account_relation_id id !Rub ContactAccountRelation
    revision int .oub

Field = Fields
    is_delete_protected bool !---
    has_draft bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    entity_name text !S--
    api_name text .---
    name text !Rub
    use_lang int .---
    column_name text .---
    column_source int .---
    relation_id text .---
    relation_with_entity_id text .---
    shared_with_field_id uuid .---
    system_type int .---
    type_id text !R--
    composite_field_id uuid .---
    data_set_id uuid .o--
    parent_options_field_id uuid .oub
    calc_formula text .oub
    default_value text .oub
    sequence_set_id uuid .---
    sequence_id uuid .---
    system_required bool .---
    is_published bool .---
    system_readonly bool .---
    use_in_global_search bool .---
    settings object .---
    is_unique bool .r--
    data_set many !o-- Data
    lookup object .---
    sequence_pattern text .---
    sequence object .---
    rollup object .---
    options object .---
    ai_options object .---
    advanced_formula object .---
    source_field_id text !---
    source_type_id text !---
    use_in_interface_preview bool !---
    translated_name text !---
    field_permissions many !--- Data
    original_dataset_field_id uuid .---
    name_translations binary !Rub
    name_translated text !---
    primitive_type text !---
    is_readonly_on_recurrent_appointment bool !---
    is_available_for_webresource bool !---
    is_available_for_advanced_formula bool !---

Data = Data
    is_delete_protected bool !---
    has_draft bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    allowed_by object .oub
    calc_value float .oub
    data_set_id uuid !S--
    option_name text !Rub
    sort_order int !Rub
    is_published bool .r--
    revision int .oub
    option_name_translations binary !Rub
    option_name_translated text !---

Type = Types (read only)
    is_delete_protected bool !---
    id text !---
    primitive_type text !--- in blob bool date datetime decimal double dynamic enum int list object string uuid tsvector
    validator object .---
    flag int !---
    default_value text .---
    relation_type int !--- in 0=NO_RELATION 1=MANY_TO_ONE_SCALAR 2=MANY_TO_MANY_VECTOR
    container_size int !---
    is_groupable bool !---
    is_filterable bool !---
    is_sortable bool !---
    is_selectable bool !---

Product = Products
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    currency_exchange_rates_list one .--- CurrencyExchangeRatesList
    picture one .oub CloudObject
    product_category one .--- ProductCategory
    product_type one !--- ProductType
    allowed_pipelines int .oub in 1=All 2=Selected
    currency_exchange_rates_list_id id .oub CurrencyExchangeRatesList
    description text .oub
    name text !Rub
    picture_id id .oub CloudObject
    product_category_id id .oub ProductCategory
    product_type_id id .oub ProductType
    sku text .oub
    unit_symbol text .oub
    revision int .oub
    product_pipeline_relations many .oub ProductPipelineRelation
    product_pipelines object .oub
    formatted_name text !---
    oppty_product_relation_type_id id !--- OpptyProductRelationType
    picture_source_url text woub

ProductPriceList = ProductPriceLists
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    description text .oub
    end_date date .oub
    is_active bool .oub
    name text !Rub
    rules object .oub
    start_date date .oub
    type int .oub in 1=Standard 2=Scheduled
    revision int .oub
    product_price_list_prices many .oub ProductPriceListPrice

ProductPriceListPrice = ProductPriceListPrices
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    currency one !--- Currency
    product one !--- Product
    product_price_list one !--- ProductPriceList
    currency_id id !Rub Currency
    price float .oub
    product_id id !Rub Product
    product_price_list_id id !Rub ProductPriceList
    settings binary !Rub
    revision int .oub

SalesRole = SalesRoles
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    color_code int !Rub
    name text !Rub
    revision int .oub

Note = Notes
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    account one .--- Account
    contact one .--- Contact
    custom_entity one .--- CustomEntity
    lead one .--- Lead
    oppty one .--- Opportunity
    owner one !--- Client
    project one .--- Project
    quote one .--- Quote
    account_id id .oub Account
    contact_id id .oub Contact
    custom_entity_id id .oub CustomEntity
    lead_oppty_id id .oub LeadOppty
    note text !Rub
    owner_id id !Rub Client
    project_id id .oub Project
    quote_id id .oub Quote
    revision int .oub

Tag = Tags
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    creator one .--- Client
    allowed_entity_type_ids object .oub
    color int !Rub
    creator_id id .oub Client
    entity_api_name text .oub
    is_enabled bool .oub
    name text !Rub
    supported_entities flags .o-- in 1 2 4 8 16 32 64 128 256 512 1024
    use_lang bool .oub
    revision int .oub

TagRelation = TagRelations
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    account one .--- Account
    appointment one .--- Appointment
    contact one .--- Contact
    custom_entity one .--- CustomEntity
    email one .--- Email
    lead one .--- Lead
    oppty one .--- Opportunity
    process one .--- Process
    project one .--- Project
    quote one .--- Quote
    tag one !--- Tag
    task one .--- Task
    account_id id .oub Account
    appointment_id id .oub Appointment
    contact_id id .oub Contact
    custom_entity_id id .oub CustomEntity
    email_id id .oub Email
    lead_id id .oub Lead
    oppty_id id .oub Opportunity
    process_id id .oub Process
    project_id id .oub Project
    quote_id id .oub Quote
    tag_id id !Rub Tag
    task_id id .oub Task
    revision int .oub

Webhook = Webhooks
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    application one .--- Application
    client one .--- Client
    application_id uuid .---
    client_id id .--- Client
    insecure_ssl bool !Rub
    options object .oub
    signature uuid .oub
    url text !Rub
    events array !Rub of string
"""  # noqa: E501 - one field a line

ASSUMED: Final = """
MasterRight = MasterRights (read only)
    is_delete_protected bool !---
    id uuid !---
    is_deleted bool .---
    modified datetime .---
    created datetime .---
    name text !---
    revision int .---

AccountRole = AccountRoles
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    name text !Rub
    revision int .oub

ProductType = ProductTypes (read only)
    is_delete_protected bool !---
    id uuid !---
    is_deleted bool .---
    modified datetime .---
    created datetime .---
    name text !---
    revision int .---

ProductCategory = ProductCategories
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    name text !Rub
    revision int .oub

OpptyProductRelationType = OpptyProductRelationTypes (read only)
    is_delete_protected bool !---
    id uuid !---
    is_deleted bool .---
    modified datetime .---
    created datetime .---
    name text !---
    revision int .---

Profile = Profiles
    is_delete_protected bool !---
    id uuid !--b
    is_deleted bool .---
    modified datetime .r--
    created datetime .r--
    owner one .--- Client
    entity int .oub
    entity_api_name text .oub
    name text !Rub
    owner_id id .oub Client
    settings object .oub
    share_mode int .oub
    use_lang bool .oub
    revision int .oub
    pipelines array .oub of uuid
"""
