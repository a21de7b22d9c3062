"""Fields that several kinds have alike: who owns a record, how to reach whom it is about, and where."""

from typing import Final

from syncer.shapes.base import About, Field
from syncer.shapes.email import EMAIL
from syncer.shapes.enum import ENUM
from syncer.shapes.flag import FLAG
from syncer.shapes.reference import REFERENCE
from syncer.shapes.text import LINE, TEXT

_FEW: Final = 5
# What people write for the first e-mail and the first phones.
_EMAIL: Final = ("e_mail", "email1", "emails", "mail")
_PHONE: Final = {1: ("phone1", "phone_number", "tel", "telephone"), 2: ("mobile",)}

OWNER: Final = Field(
    "owner",
    REFERENCE,
    "owner_id",
    refers="owner",
    required=True,
    mistaken=("sales_rep", "user"),
    about=About(
        "Owner",
        "The user who owns the record, by e-mail.",
        "the e-mail address of a user, such as dana@example.com, or {id: …}",
        ("dana@example.com", {"id": "3fa85f64-5717-4562-b3fc-2c963f66afa6"}),
    ),
)
UNIT: Final = Field(
    "unit",
    REFERENCE,
    "unit_id",
    refers="unit",
    mistaken=("sales_unit",),
    about=About(
        "Sales unit",
        "The sales unit, by its exact name. Left out: the default unit of the owner.",
        "the name of a sales unit, or {id: …}",
        ("Sales EMEA",),
    ),
)
# The service has five places for each. People call the first one without a number.
EMAILS: Final = tuple(
    Field(
        f"email{number if number > 1 else ''}",
        EMAIL,
        f"email{number}",
        empty=True,
        own=True,
        mistaken=_EMAIL if number == 1 else (),
        about=About(
            "E-mail" if number == 1 else f"E-mail {number}",
            "The main e-mail address; null for empty."
            if number == 1
            else "A further e-mail address; null for empty.",
            "an e-mail address, or nothing for empty",
            ("info@acme.example",),
        ),
    )
    for number in range(1, _FEW + 1)
)
PHONES: Final = tuple(
    Field(
        f"phone{number if number > 1 else ''}",
        LINE,
        f"phone{number}",
        empty=True,
        own=True,
        mistaken=_PHONE.get(number, ()),
        about=About(
            "Phone" if number == 1 else f"Phone {number}",
            "The main phone number; null for empty." if number == 1 else "A further phone number.",
            'a phone number in quotes, such as "+43 1 234567", or nothing for empty',
            ("+43 1 234567",),
        ),
    )
    for number in range(1, _FEW + 1)
)
PLACE: Final = tuple(
    Field(
        name,
        LINE,
        name,
        empty=True,
        mistaken=mistaken,
        about=About(title, f"{what}; null for empty.", expects, (example,)),
    )
    for name, mistaken, title, what, expects, example in (
        ("address", ("street",), "Address", "Street and number", "text such as Ring 1", "Ring 1"),
        (
            "zip_code",
            ("post_code", "postal_code", "postcode", "zip"),
            "Postal code",
            "The postal code",
            'text in quotes, such as "1010"',
            "1010",
        ),
        ("city", (), "City", "The city", "the name of a city", "Vienna"),
        (
            "state_province",
            ("province", "region"),
            "State or province",
            "The state or the province",
            "its name",
            "Bavaria",
        ),
        ("country", (), "Country", "The name of the country", "the name of a country", "Austria"),
    )
)
COMMENTS: Final = Field(
    "comments",
    TEXT,
    "comments",
    empty=True,
    mistaken=("comment", "note", "notes"),
    about=About("Comments", "Free text; null for empty.", "text"),
)
SHARING: Final = Field(
    "share_mode",
    ENUM,
    "share_mode",
    empty=True,
    enum=((0, "Standard"), (1, "Private"), (2, "AllView"), (3, "AllEdit")),
    about=About(
        "Sharing",
        "Who sees the record, and who edits it. Null, and as long as nobody says another: Standard.",
        "Standard, Private, AllView or AllEdit",
        ("Private",),
    ),
)
UNSUBSCRIBED: Final = Field(
    "unsubscribed",
    FLAG,
    "is_unsubscribed",
    empty=True,
    own=True,
    about=About("Unsubscribed", "Whether one of the e-mail addresses wants no mail.", "true or false"),
)
