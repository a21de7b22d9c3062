"""Who and what lives in the demo world: the names that examples and tests are written against.

`seed.py` turns these tables into records. Nothing here is random, so ids and names stay the same from
run to run. The world has three layers:

* what every new space has (seed `empty`): base currency USD, root unit, one administrator, system
  fields, built-in options, types, sales roles;
* the world of the vendor's create-opportunity tutorial, ids as printed there;
* a small sales organisation for `examples/quarter`.

Users (password-less; they are owners, not API logins):

    admin@example.com     Ada Admin            administrator, in every seed
    tina@example.com      Tina Tutor           the tutorial's user, default unit Sales
    dana@example.com      Dana Doe             Sales EMEA
    omar@example.com      Omar Haddad          Sales Americas
    mei@example.com       Mei Tanaka           Sales APAC
    lucas@example.com     Lucas Moreau         Sales EMEA
    ingrid@example.com    Ingrid Solberg       Customer Success
    pat@example.com       Pat Quinn            deleted
    former@example.com    Fiona Former         deleted; still owns the tutorial's account

Pipelines: Test Pipeline, New Business, Renewals, Partner. Each ends in the step Won.
Currencies: USD (base), EUR (three dated rate lists), GBP (a rate only in a list that starts in 2099).

Traps set on purpose:

* two accounts named "Northwind Traders"; "Globex" and "Globex Research" share info@globex.example;
* "Quiet Partners" has no e-mail at all; "Initech" keeps its only one in slot 3;
* Sam Park (Initech) and Sam Parker (Vandelay Industries) share sam@consult.example;
* Uma Free is linked to no account; Bob Baker, Iris Novak and Leo Fischer are linked to two;
* "Initech rollout  " (trailing blanks, empty texts) and "Hooli pilot" (archived, hence lost) were typed
  in by hand, as was "Globex expansion".
"""

from dataclasses import dataclass
from typing import Final

SPACE_ID: Final = "nv3_Sandbox"
USERNAME: Final = "us_Sandbox_api"
PASSWORD: Final = "sandbox-password"  # noqa: S105 - a made-up space on loopback

# Fixed ids. Those of the first block are printed in the vendor's documents or were recorded from the service.
BASE_CURRENCY_ID: Final = "c4ca4238-a0b9-0382-0dcc-509a6f75849b"
ROOT_UNIT_ID: Final = "ea33e8fb-9a56-4802-a175-2d1f406af7cf"
ROOT_UNIT_PICTURE_ID: Final = "74cc1d77-11d7-455d-9c32-39065f269e1b"
ADMIN_ID: Final = "00000000-0000-0000-0000-000000008e97"
TUTORIAL_USER_ID: Final = "00000000-0000-0000-0000-000000011a7d"
TUTORIAL_UNIT_ID: Final = "aba4a358-f3f8-4f55-b3ed-dd5cf589103b"
FORMER_USER_ID: Final = "00000000-0000-0000-0000-000000011a3d"
TEST_PIPELINE_ID: Final = "90be8a83-bae8-401d-9e5e-c4564a986270"
FIRST_STEP_ID: Final = "de115511-5dc1-46c3-86d9-f714457208dd"
ZIEMANN_ID: Final = "0bc376a4-c579-413a-9221-e86e4a134766"
ZIEMANN_CONTACT_ID: Final = "02bdc9f6-4dfb-479e-84ba-f6c3b96c39ba"
ZIEMANN_RELATION_ID: Final = "7bb50668-badb-4c4b-a184-2f2be3df4fd8"
ACCOUNT_TYPE_ID: Final = "a456236f-6f23-0908-abfd-384aa0f62f9e"
CUSTOMER_TYPE_SET_ID: Final = "3c439b9a-f92a-0dd6-9ff9-74b90f6ae536"
EXISTING_CUSTOMER_ID: Final = "04444b3a-c669-03bc-2c49-bcd7f047d41a"
# Records that others name, of an entity that has no documented endpoint; the ids are ours.
PARENT_RELATION_TYPE_ID: Final = "5f3c1f0e-6a36-0a54-8d0b-4f2d7c1be9a2"
WITHOUT_ENDPOINT: Final = {"ParentAccountRelationType": PARENT_RELATION_TYPE_ID}
INDUSTRY_SET_ID: Final = "d15960b8-c986-0a18-b587-67f0a78f827b"
AGRICULTURE_ID: Final = "3e046e52-00e4-097b-b2a4-b58af0381541"
ZIEMANN_INDUSTRY_ID: Final = "acbda72f-2054-0b71-9d42-cb35aaa37600"
FIELD_ID_NOTE_OWNER: Final = "200398aa-3921-0557-9bda-bb8f3e529a57"
FIELD_ID_ACCOUNT_OWNER: Final = "5b67c561-0136-0c86-9dc0-0b4c9acb42f5"

MASTER_RIGHTS: Final = ("Administrator", "Sales User")
SALES_ROLES: Final = (
    ("Decision Maker", 0x2E7D32),
    ("Champion", 0x1565C0),
    ("Influencer", 0x6A1B9A),
    ("Economic Buyer", 0xEF6C00),
    ("Technical Buyer", 0x00838F),
    ("Blocker", 0xC62828),
)

# Built-in option sets: name of the system field that uses the set -> options in order.
CUSTOMER_TYPES: Final = ("existing customer", "potential customer", "partner")
INDUSTRIES: Final = (
    "Agriculture",
    "Manufacturing",
    "Technology",
    "Finance",
    "Health Care",
    "Retail",
    "Energy",
    "Education",
)
LEAD_SOURCES: Final = ("Web", "Referral", "Event", "Outbound", "Partner", "Advertisement")
REASONS_OF_CLOSE: Final = ("Price", "Competitor", "No budget", "No decision")

UNITS: Final = ("Sales", "Sales EMEA", "Sales Americas", "Sales APAC", "Customer Success", "Partner Sales")


@dataclass(frozen=True, slots=True)
class User:
    """A user of the space; `email` is the natural key."""

    email: str
    first_name: str
    last_name: str
    unit: str
    position: str
    deleted: bool = False
    id: str = ""


ADMIN: Final = User("admin@example.com", "Ada", "Admin", "Company ", "Administrator", id=ADMIN_ID)
USERS: Final = (
    User("tina@example.com", "Tina", "Tutor", "Sales", "Sales Trainer", id=TUTORIAL_USER_ID),
    User("former@example.com", "Fiona", "Former", "Sales", "", deleted=True, id=FORMER_USER_ID),
    User("dana@example.com", "Dana", "Doe", "Sales EMEA", "Account Executive"),
    User("omar@example.com", "Omar", "Haddad", "Sales Americas", "Account Executive"),
    User("mei@example.com", "Mei", "Tanaka", "Sales APAC", "Regional Director"),
    User("lucas@example.com", "Lucas", "Moreau", "Sales EMEA", "Account Executive"),
    User("ingrid@example.com", "Ingrid", "Solberg", "Customer Success", "Renewals Manager"),
    User("pat@example.com", "Pat", "Quinn", "Sales Americas", "Account Executive", deleted=True),
)
OWNERS: Final = (
    "dana@example.com",
    "omar@example.com",
    "mei@example.com",
    "lucas@example.com",
    "ingrid@example.com",
)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline with its steps (name, probability in percent) and its types (name, published)."""

    name: str
    color: int
    steps: tuple[tuple[str, int], ...]
    types: tuple[tuple[str, bool], ...] = (("Standard", True),)
    id: str = ""


PIPELINES: Final = (
    Pipeline(
        "Test Pipeline",
        16233984,
        (("First", 15), ("Second", 40), ("Third", 70), ("Won", 100)),
        id=TEST_PIPELINE_ID,
    ),
    Pipeline(
        "New Business",
        0x1565C0,
        (("Lead In", 10), ("Qualified", 25), ("Proposal", 50), ("Negotiation", 75), ("Won", 100)),
        (("Standard", True), ("Enterprise", True), ("Public Sector", False)),
    ),
    Pipeline(
        "Renewals",
        0x2E7D32,
        (("Upcoming", 50), ("Contacted", 60), ("Quoted", 75), ("Verbal Yes", 90), ("Won", 100)),
    ),
    Pipeline(
        "Partner",
        0xEF6C00,
        (
            ("Registered", 10),
            ("Joint Discovery", 25),
            ("Solution Design", 40),
            ("Proposal", 60),
            ("Contract", 85),
            ("Won", 100),
        ),
    ),
)

# (valid_from, {code: rate}); foreign = base * rate. The last one that has started is in force.
CURRENCIES: Final = (("USD", "$"), ("EUR", "€"), ("GBP", "£"))
RATE_LISTS: Final = (
    ("2020-01-01", {"EUR": 0.8}),
    ("2024-01-01", {"EUR": 0.9}),
    ("2099-01-01", {"EUR": 1.1, "GBP": 0.75}),
)


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field of Opportunity; options make a data set of their own."""

    api_name: str
    label: str
    type_id: str
    options: tuple[str, ...] = ()
    is_unique: bool = False


CUSTOM_FIELDS: Final = (
    CustomField("cf_region", "Region", "dropdown", ("EMEA", "Americas", "APAC")),
    CustomField("cf_syncer_key", "Syncer key", "input", is_unique=True),
    CustomField(
        "cf_competitors", "Competitors", "multiselect_checkbox", ("Umbrella", "Tyrell", "Soylent", "Wonka")
    ),
    CustomField("cf_seats", "Seats", "integer"),
    CustomField("cf_discount", "Discount", "float"),
    CustomField("cf_renewal_date", "Renewal date", "date"),
    CustomField("cf_strategic", "Strategic", "checkbox"),
    CustomField("cf_notes", "Notes", "text_area"),
    CustomField("cf_legal_contact", "Legal contact", "email"),
    CustomField("cf_url", "Deal room", "url"),
    CustomField("cf_kickoff_at", "Kick-off at", "datetime"),
    CustomField("cf_services", "Services", "currency_foreign"),
    CustomField("cf_contract", "Contract", "radio", ("Monthly", "Yearly", "Multi-year")),
)

# account | slot:e-mail, ... | city | country | owner | contacts, each `Given Family` with given@domain of the
# account's first e-mail (or `Given Family slot:e-mail` where it differs)
_ACCOUNTS: Final = """
Acme Corporation | 1:info@acme.example | Berlin | Germany | dana | Bob Baker, Eve Adler, Otto Lang, Ruth Weiss
Globex | 1:info@globex.example, 2:sales@globex.example | Lyon | France | lucas | Claire Petit, Hugo Blanc, Iris Novak
Globex Research | 1:lab@globex-research.example, 3:info@globex.example | Paris | France | lucas | Noel Durand, Lea Roux
Initech | 3:billing@initech.example | Austin | USA | omar | Peter Gibbons, Milton Waddams, Sam Park 1:sam@consult.example
Hooli | 1:deals@hooli.example | Palo Alto | USA | omar | Gavin Stone, Denpok Rao, Jack Barker
Northwind Traders | 1:sales@northwind.example | Seattle | USA | omar | Nancy Fuller, Andrew Leverling, Janet Callahan
Northwind Traders | 1:contact@northwind-uk.example | London | United Kingdom | dana | Laura King, Robert Dodsworth
Vandelay Industries | 1:info@vandelay.example | New York | USA | omar | Art Corel, Sam Parker 1:sam@consult.example
Quiet Partners |  | Zurich | Switzerland | lucas | Leo Fischer 1:leo@quiet.example, Anna Frei 1:anna@quiet.example
Umbra Optics | 2:office@umbra.example | Vienna | Austria | dana | Max Huber, Julia Gruber 2:julia@umbra.example
Soleil Energie | 1:bonjour@soleil.example | Marseille | France | lucas | Camille Noir, Remi Caron, Zoe Lambert
Kestrel Aviation | 1:ops@kestrel.example | Dublin | Ireland | dana | Sean Byrne, Aoife Kelly, Liam Walsh
Marula Foods | 1:hello@marula.example | Cape Town | South Africa | dana | Thabo Nkosi, Zanele Dube
Fjord Shipping | 1:post@fjord.example | Bergen | Norway | ingrid | Nils Berg, Kari Dahl, Lars Vik
Aurora Clinics | 1:kontakt@aurora.example | Oslo | Norway | ingrid | Silje Moen, Tor Lie
Polar Data | 1:info@polar.example, 4:support@polar.example | Tromso | Norway | ingrid | Eirik Sand, Maja Holm
Sakura Robotics | 1:info@sakura.example | Osaka | Japan | mei | Kenji Sato, Yuki Mori, Aiko Ito
Harbour Logistics | 1:desk@harbour.example | Singapore | Singapore | mei | Wei Lim, Priya Nair, Hui Tan
Jade Semiconductors | 5:contact@jade.example | Taipei | Taiwan | mei | Mina Chen, Alan Wu
Wattle Mining | 1:info@wattle.example | Perth | Australia | mei | Jack Murray, Olivia Scott
Kiwi Software | 1:hi@kiwi.example | Auckland | New Zealand | mei | Aroha Tane, Ben Walker
Lotus Hospitals | 1:admin@lotus.example | Bangkok | Thailand | mei | Niran Chai, Malee Suk
Banyan Retail | 1:care@banyan.example | Mumbai | India | mei | Arjun Mehta, Kavya Rao, Rohan Das
Cobalt Chemicals | 1:info@cobalt.example | Antwerp | Belgium | lucas | Jan Peeters, Els Maes
Tulip Finance | 1:info@tulip.example | Amsterdam | Netherlands | lucas | Daan Vries, Sanne Bos, Lotte Smit
Verde Agricola | 1:info@verde.example | Bologna | Italy | lucas | Paolo Conti, Giulia Riva
Ibex Sports | 1:info@ibex.example | Madrid | Spain | lucas | Carmen Vega, Luis Ortega
Atlas Cement | 1:info@atlas.example | Casablanca | Morocco | dana | Yasmine Alami, Karim Tazi
Baltic Timber | 1:info@baltic.example | Riga | Latvia | ingrid | Janis Ozols, Ilze Kalna
Cedar Bank | 1:info@cedar.example | Toronto | Canada | omar | Marie Tremblay, John Clarke, Ann Cote
Dune Pharma | 1:info@dune.example | Dubai | UAE | dana | Omar Farsi, Layla Nasser
Ember Studios | 1:info@ember.example | Los Angeles | USA | omar | Rita Moss, Carl Pope
Falcon Freight | 1:info@falcon.example | Chicago | USA | omar | Mike Ross, Donna Hale, Louis Cole
Granite Insurance | 1:info@granite.example | Denver | USA | omar | Paula West, Eric Stone
Helios Solar | 1:info@helios.example | Athens | Greece | dana | Nikos Pappas, Eleni Vasou, Maria Kosta
Indigo Textiles | 1:info@indigo.example | Porto | Portugal | lucas | Rui Costa, Ines Lopes
Juniper Hotels | 1:info@juniper.example | Edinburgh | United Kingdom | dana | Fiona Reid, Ian Grant, Mary Bell
Lumen Schools | 1:info@lumen.example | Boston | USA | omar | Grace Lee, Paul Novak, Tom Hill
Mistral Wind | 1:info@mistral.example | Nantes | France | lucas | Yves Martin, Elsa Morel
Nimbus Cloud | 1:info@nimbus.example | Stockholm | Sweden | ingrid | Sven Lund, Ebba Ek, Axel Nord
"""  # noqa: E501 - a table reads better unbroken

# Second links: (given name and family name, account). The first link stays the primary one.
SECOND_LINKS: Final = (
    ("Bob Baker", "Umbra Optics"),
    ("Iris Novak", "Globex Research"),
    ("Leo Fischer", "Tulip Finance"),
)
UNLINKED_CONTACT: Final = ("Uma Free", "uma@freelance.example")


@dataclass(frozen=True, slots=True)
class Contact:
    """A person; `email` sits in slot 1 unless `slot` says otherwise."""

    first_name: str
    last_name: str
    email: str
    slot: int = 1


@dataclass(frozen=True, slots=True)
class Account:
    """A company; `emails` maps slots (1 to 5) to addresses, `owner` is a user's e-mail."""

    name: str
    emails: dict[int, str]
    city: str
    country: str
    owner: str
    contacts: tuple[Contact, ...]


def _person(words: str, domain: str) -> Contact:
    name, _, address = words.strip().partition(":")
    if not address:
        first, last = name.split(" ", 1)
        return Contact(first, last, f"{first.lower()}@{domain}")
    first, last, slot = name.split(" ")
    return Contact(first, last, address, int(slot))


def _accounts(table: str) -> tuple[Account, ...]:
    accounts = []
    for line in table.strip().splitlines():
        name, emails, city, country, owner, people = (cell.strip() for cell in line.split("|"))
        slots = {
            int(slot): address for slot, address in (e.strip().split(":") for e in emails.split(",") if e)
        }
        domain = next(iter(slots.values()), "@none.example").partition("@")[2]
        contacts = tuple(_person(person, domain) for person in people.split(","))
        accounts.append(Account(name, slots, city, country, f"{owner}@example.com", contacts))
    return tuple(accounts)


ACCOUNTS: Final = _accounts(_ACCOUNTS)

ZIEMANN_EMAIL: Final = "info@ziemann.example"
ZIEMANN_CONTACTS: Final = (
    Contact("Bob", "Ziemann", "bob@ziemann.example"),
    Contact("Eve", "Ziemann", "eve@ziemann.example"),
)

# Products for lines and price lists: (name, sku, unit symbol, price in USD).
PRODUCTS: Final = (
    ("Platform licence", "PL-100", "seat", 120.0),
    ("Onboarding", "ON-200", "day", 1500.0),
    ("Premium support", "PS-300", "year", 9000.0),
)
PRICE_LIST: Final = "List prices"


@dataclass(frozen=True, slots=True)
class Deal:
    """An opportunity somebody typed into the CRM by hand."""

    name: str
    account: str
    pipeline: str
    step: str
    owner: str
    base_value: float
    closing_date: str
    description: str = ""
    archived: bool = False


DEALS: Final = (
    Deal(
        "Globex expansion", "Globex", "New Business", "Proposal", "lucas@example.com", 48000.0, "2027-02-26"
    ),
    Deal(
        "Initech rollout  ", "Initech", "New Business", "Lead In", "omar@example.com", 0.0, "2027-01-15", "  "
    ),
    Deal(
        "Hooli pilot",
        "Hooli",
        "Partner",
        "Registered",
        "omar@example.com",
        12500.5,
        "2026-03-31",
        archived=True,
    ),
)

# Bulk records of a numbered seed: `Deal 00001` ..., `Bulk Account 0001` ... with two contacts each.
BULK_DEAL: Final = "Deal {:05d}"
BULK_ACCOUNT: Final = "Bulk Account {:04d}"
BULK_ACCOUNT_EMAIL: Final = "bulk{:04d}@accounts.example"
BULK_CONTACT_EMAIL: Final = "bulk{:04d}.{}@contacts.example"
