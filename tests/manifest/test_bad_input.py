# ruff: noqa: E501 - messages are compared whole
"""Every kind of bad input, and exactly what is said about it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from syncer import manifest
from syncer.model.address import Address
from syncer.model.problem import ManifestError
from syncer.project.load import Project

GOOD: Final = {
    "name": "Acme renewal",
    "owner": "dana@example.com",
    "pipeline": "Test Pipeline",
    "closing_date": "2027-03-31",
    "value": "100 USD",
    "account": "info@acme.example",
}

# What is written (None: left out) -> line:column summary: detail, and the hint. Without the name of the file.
ENTRIES: Final = (
    (
        "a list for a date",
        {"closing_date": "[1]"},
        (("6:19: Wrong type: closing_date is a list; it should be a date like 2027-03-31.", ""),),
    ),
    (
        "a number for a date",
        {"closing_date": "20270331"},
        (("6:19: Wrong type: closing_date is a number; it should be a date like 2027-03-31.", ""),),
    ),
    (
        "a day that does not exist",
        {"closing_date": "2027-02-30"},
        (
            (
                '6:19: Impossible date: "2027-02-30" does not exist: February 2027 has 28 days.',
                "the last day is 2027-02-28",
            ),
        ),
    ),
    (
        "a month that does not exist",
        {"closing_date": "2027-13-01"},
        (
            (
                '6:19: Impossible date: "2027-13-01" does not exist: there is no month 13.',
                "write year, month and day, such as 2027-03-31",
            ),
        ),
    ),
    (
        "a day before the first",
        {"closing_date": "2027-03-00"},
        (
            (
                '6:19: Impossible date: "2027-03-00" does not exist: March 2027 has 31 days.',
                "the last day is 2027-03-31",
            ),
        ),
    ),
    (
        "a German date",
        {"closing_date": "31.03.2027"},
        (('6:19: Impossible date: "31.03.2027" is not a date as manifests have it.', "write 2027-03-31"),),
    ),
    (
        "an American date",
        {"closing_date": "03/31/2027"},
        (('6:19: Impossible date: "03/31/2027" is not a date as manifests have it.', "write 2027-03-31"),),
    ),
    (
        "a date of two readings",
        {"closing_date": "03/04/2027"},
        (
            (
                '6:19: Impossible date: "03/04/2027" is not a date as manifests have it.',
                "write year, month and day, such as 2027-03-31",
            ),
        ),
    ),
    (
        "slashes in a date",
        {"closing_date": "2027/3/1"},
        (('6:19: Impossible date: "2027/3/1" is not a date as manifests have it.', "write 2027-03-01"),),
    ),
    (
        "an impossible date with slashes",
        {"closing_date": "2027/13/1"},
        (
            (
                '6:19: Impossible date: "2027/13/1" is not a date as manifests have it.',
                "write year, month and day, such as 2027-03-31",
            ),
        ),
    ),
    (
        "a time with a date",
        {"closing_date": "2027-03-31 10:00"},
        (
            (
                '6:19: Impossible date: "2027-03-31 10:00" is not a date as manifests have it.',
                "write only the date: 2027-03-31",
            ),
        ),
    ),
    (
        "a year of long ago",
        {"closing_date": "0027-03-31"},
        (('6:19: Impossible date: "0027-03-31" is outside the years 1900 to 2200.', "is the year right?"),),
    ),
    (
        "words for a date",
        {"closing_date": "next week"},
        (
            (
                '6:19: Impossible date: "next week" is not a date as manifests have it.',
                "write year, month and day, such as 2027-03-31",
            ),
        ),
    ),
    (
        "an empty date",
        {"closing_date": ""},
        (("6:5: Missing field: closing_date is empty; it should be a date like 2027-03-31.", ""),),
    ),
    (
        "separators in an amount",
        {"value": "1,000 USD"},
        (
            (
                '7:12: Impossible amount: "1,000 USD" has separators; an amount is digits with at most one decimal point.',
                "write 1000 USD",
            ),
        ),
    ),
    (
        "millions with separators",
        {"value": "1,000,000 USD"},
        (
            (
                '7:12: Impossible amount: "1,000,000 USD" has separators; an amount is digits with at most one decimal point.',
                "write 1000000 USD",
            ),
        ),
    ),
    (
        "a European amount",
        {"value": "1.000,50 EUR"},
        (
            (
                '7:12: Impossible amount: "1.000,50 EUR" has separators; an amount is digits with at most one decimal point.',
                "write 1000.50 EUR",
            ),
        ),
    ),
    (
        "a decimal comma",
        {"value": "10,5 EUR"},
        (
            (
                '7:12: Impossible amount: "10,5 EUR" has separators; an amount is digits with at most one decimal point.',
                "write 10.5 EUR",
            ),
        ),
    ),
    (
        "blanks in an amount",
        {"value": "1 000 EUR"},
        (
            (
                '7:12: Impossible amount: "1 000 EUR" has separators; an amount is digits with at most one decimal point.',
                "write 1000 EUR",
            ),
        ),
    ),
    (
        "separators of two readings",
        {"value": "1,0.0,0 EUR"},
        (
            (
                '7:12: Impossible amount: "1,0.0,0 EUR" has separators; an amount is digits with at most one decimal point.',
                "write it like 100 USD",
            ),
        ),
    ),
    (
        "a trailing comma",
        {"value": "'5, EUR'"},
        (
            (
                '7:12: Impossible amount: "5, EUR" has separators; an amount is digits with at most one decimal point.',
                "write 5 EUR",
            ),
        ),
    ),
    (
        "a negative amount",
        {"value": "-5 USD"},
        (('7:12: Impossible amount: "-5 USD" is negative; the value of an opportunity cannot be.', ""),),
    ),
    (
        "a negative number",
        {"value": "-5"},
        (("7:12: Impossible amount: -5 is negative; the value of an opportunity cannot be.", ""),),
    ),
    (
        "an exponent",
        {"value": "1e3"},
        (('7:12: Impossible amount: "1e3" is written with an exponent.', "write all digits, such as 1000"),),
    ),
    (
        "seven decimals",
        {"value": "100.1234567"},
        (
            (
                "7:12: Impossible amount: 100.1234567 has 7 decimals; the service keeps 6.",
                "round it to 6 decimals or fewer",
            ),
        ),
    ),
    (
        "sixteen digits",
        {"value": "1234567890123456 USD"},
        (
            (
                '7:12: Impossible amount: "1234567890123456 USD" has 16 digits; the service stores amounts as double numbers, which keep 15 exactly.',
                "round it to 15 digits or fewer",
            ),
        ),
    ),
    (
        "not a number",
        {"value": ".nan"},
        (('7:12: Impossible amount: ".nan" is not an amount.', "write it like 100 USD"),),
    ),
    (
        "words for an amount",
        {"value": "much"},
        (('7:12: Impossible amount: "much" is not an amount.', "write it like 100 USD"),),
    ),
    (
        "a currency sign",
        {"value": "$100"},
        (('7:12: Impossible amount: "$100" is not an amount.', "write it like 100 USD"),),
    ),
    (
        "a currency in small letters",
        {"value": "100 usd"},
        (('7:12: Impossible amount: "100 usd" is not an amount as manifests have it.', "write 100 USD"),),
    ),
    (
        "a currency before the amount",
        {"value": "USD 100"},
        (('7:12: Impossible amount: "USD 100" is not an amount as manifests have it.', "write 100 USD"),),
    ),
    (
        "no blank before the currency",
        {"value": "100USD"},
        (('7:12: Impossible amount: "100USD" is not an amount as manifests have it.', "write 100 USD"),),
    ),
    (
        "true for a value",
        {"value": "true"},
        (
            (
                '7:12: Wrong type: value is true; it should be an amount like 100 USD, {amount: "100.00", currency: USD}, or sum.',
                "",
            ),
        ),
    ),
    (
        "an empty value",
        {"value": '""'},
        (
            (
                '7:12: Missing field: value is empty; it should be an amount like 100 USD, {amount: "100.00", currency: USD}, or sum.',
                "",
            ),
        ),
    ),
    (
        "a value without amount",
        {"value": "{currency: USD}"},
        (("7:5: Missing field: value has no `amount`.", 'it is an amount like 100 or "100.50"'),),
    ),
    (
        "an unknown part of a value",
        {"value": "{amount: 1, currncy: USD}"},
        (('7:24: Unknown field: There is no field "currncy" of value.', 'did you mean "currency"?'),),
    ),
    (
        "a small currency code",
        {"value": "{amount: 1, currency: usd}"},
        (
            (
                '7:34: Value not allowed: "usd" is not a currency code; these are three capital letters.',
                "write USD",
            ),
        ),
    ),
    (
        "a long currency code",
        {"value": "{amount: 1, currency: {code: USDX}}"},
        (
            (
                '7:41: Value not allowed: "USDX" is not a currency code; these are three capital letters.',
                "such as USD or EUR",
            ),
        ),
    ),
    (
        "a currency inside an amount",
        {"value": '{amount: "1,000 USD"}'},
        (
            (
                '7:21: Impossible amount: "1,000 USD" is not an amount alone.',
                "write amount: 1000 and currency: USD",
            ),
        ),
    ),
    (
        "words in an amount",
        {"value": "{amount: lots}"},
        (('7:21: Impossible amount: "lots" is not an amount.', "write it like 100.00"),),
    ),
    (
        "a misspelt field",
        {"ownr": "x"},
        (('9:5: Unknown field: There is no field "ownr".', 'did you mean "owner"?'),),
    ),
    (
        "a field of another name",
        {"stage": "x"},
        (('9:5: Unknown field: There is no field "stage".', 'did you mean "step"?'),),
    ),
    (
        "a custom field outside fields",
        {"cf_x": "1"},
        (
            (
                '9:5: Unknown field: There is no field "cf_x".',
                "custom fields go under fields:\nfields: {cf_x: …}",
            ),
        ),
    ),
    (
        "a currency outside the value",
        {"currency": "USD"},
        (
            (
                '9:5: Unknown field: There is no field "currency".',
                "the currency belongs to the value: value: 100 USD",
            ),
        ),
    ),
    (
        "an unknown field",
        {"zzz": "1"},
        (
            (
                '9:5: Unknown field: There is no field "zzz".',
                "known fields: name, owner, pipeline, step, closing_date, value, account, accounts, contacts, unit, type, lead_source, description, lost, product_currency, price_list, products, fields, lifecycle, formerly, state, id",
            ),
        ),
    ),
    (
        "a missing field",
        {"owner": None},
        (("2:3: Missing field: owner is missing, here and in the defaults.", "owner: dana@example.com"),),
    ),
    (
        "three missing fields",
        {"owner": None, "name": None, "value": None},
        (
            (
                "2:3: Missing field: name, owner and value are missing, here and in the defaults.",
                "name: Acme renewal 2027\nowner: dana@example.com\nvalue: 100 USD",
            ),
        ),
    ),
    (
        "an empty owner",
        {"owner": ""},
        (
            (
                "4:5: Missing field: owner is empty; it should be the e-mail address of a user, such as dana@example.com, or {id: …}.",
                "",
            ),
        ),
    ),
    (
        "a blank owner",
        {"owner": '" "'},
        (("4:12: Missing field: owner is blank.", ""),),
    ),
    (
        "an owner with a line break",
        {"owner": '"a\\nb"'},
        (("4:12: Value not allowed: owner holds a line break or a control character.", ""),),
    ),
    (
        "an owner by name",
        {"owner": "{name: Dana}"},
        (('4:13: Unknown field: There is no field "name" of owner.', "known fields: id, email"),),
    ),
    (
        "an owner by two things",
        {"owner": "{id: 3fa85f64-5717-4562-b3fc-2c963f66afa6, email: d@example.com}"},
        (("4:12: Value not allowed: owner takes only one of `id` or `email`.", ""),),
    ),
    (
        "an id that is none",
        {"owner": "{id: 5}"},
        (
            (
                "4:17: Wrong type: id of owner is a number; it should be an id such as 3fa85f64-5717-4562-b3fc-2c963f66afa6.",
                'put it in quotes: id: "5"',
            ),
        ),
    ),
    (
        "an id of wrong form",
        {"owner": "{id: abc}"},
        (
            (
                '4:17: Value not allowed: id of owner is "abc"; it should be an id such as 3fa85f64-5717-4562-b3fc-2c963f66afa6.',
                "",
            ),
        ),
    ),
    (
        "an id and a name",
        {"account": "{id: 3fa85f64-5717-4562-b3fc-2c963f66afa6, name: Acme}"},
        (("8:14: Value not allowed: account has an id and a name; the id stands alone.", ""),),
    ),
    (
        "no account",
        {"account": None},
        (
            (
                "2:3: Account missing: Nothing says which account it has.",
                "name the account, or say on purpose that there is none:\naccount: none",
            ),
        ),
    ),
    (
        "an empty account",
        {"account": ""},
        (
            (
                "8:5: Account missing: account is empty.",
                "name the account, or say on purpose that there is none:\naccount: none",
            ),
        ),
    ),
    (
        "an account of nothing",
        {"account": "{}"},
        (
            (
                "8:14: Missing field: account is empty; it should be the e-mail address or the name of an account, {email: …, name: …}, {id: …}, or none.",
                "",
            ),
        ),
    ),
    (
        "account and accounts",
        {"accounts": "[a@x.example]"},
        (
            (
                "9:5: Both account and accounts: account and accounts are both written; only one of them can say it.",
                "list all of them under accounts, one with primary: true",
            ),
        ),
    ),
    (
        "accounts without primary",
        {"account": None, "accounts": "[a@x.example, Beta]"},
        (
            (
                "8:5: No primary account: None of the accounts says primary: true.",
                "accounts: [{email: a@x.example, primary: true}, …]",
            ),
        ),
    ),
    (
        "the only account not primary",
        {"account": None, "accounts": "[{id: 3fa85f64-5717-4562-b3fc-2c963f66afa6, primary: false}]"},
        (
            (
                "8:5: No primary account: The only account says primary: false.",
                "accounts: [{id: 3fa85f64-5717-4562-b3fc-2c963f66afa6, primary: true}, …]",
            ),
        ),
    ),
    (
        "two primary accounts",
        {
            "account": None,
            "accounts": "[{email: a@x.example, primary: true}, {email: b@x.example, primary: true}]",
        },
        (
            (
                '8:53: More than one primary: "b@x.example" and "a@x.example" both say primary: true.',
                "leave primary: true to one of them",
            ),
        ),
    ),
    (
        "no accounts in the list",
        {"account": None, "accounts": "[]"},
        (
            (
                "8:15: Account missing: accounts is an empty list.",
                "name the account, or say on purpose that there is none:\naccount: none",
            ),
        ),
    ),
    (
        "accounts without a list",
        {"account": None, "accounts": "a@x.example"},
        (
            (
                "8:15: Wrong type: accounts is text; it should be a list of accounts, or none.",
                "write it in brackets: accounts: [a@x.example]",
            ),
        ),
    ),
    (
        "null for accounts",
        {"account": None, "accounts": ""},
        (
            (
                "8:5: Account missing: accounts is empty.",
                "name the account, or say on purpose that there is none:\naccount: none",
            ),
        ),
    ),
    (
        "an account without a name",
        {"account": None, "accounts": "[{primary: true}]"},
        (("8:16: Missing field: item 1 of accounts needs `email`, `name`, `ref` or `id`.", ""),),
    ),
    (
        "an account twice",
        {"account": None, "accounts": "[{email: a@x.example, primary: true}, A@X.example]"},
        (
            (
                '8:53: Account listed twice: "A@X.example" is item 1 and item 2 of accounts.',
                "delete one of them",
            ),
        ),
    ),
    (
        "one contact without a list",
        {"contacts": "bob@acme.example"},
        (
            (
                "9:15: Wrong type: contacts is text; it should be a list of e-mail addresses such as [bob@acme.example], or all.",
                "write it in brackets: contacts: [bob@acme.example]",
            ),
        ),
    ),
    (
        "a contact twice",
        {"contacts": "[bob@acme.example, {email: Bob@acme.example}]"},
        (
            (
                '9:34: Contact listed twice: "Bob@acme.example" is item 1 and item 2 of contacts.',
                "delete one of them",
            ),
        ),
    ),
    (
        "two primary contacts",
        {"contacts": "[{email: a@x.example, primary: true}, {email: b@x.example, primary: true}]"},
        (
            (
                '9:53: More than one primary: "b@x.example" and "a@x.example" both say primary: true.',
                "leave primary: true to one of them",
            ),
        ),
    ),
    (
        "no contact primary",
        {"contacts": "[{email: a@x.example, primary: false}]"},
        (
            (
                "9:5: Value not allowed: Every contact says primary: false; one of them has to be the primary contact.",
                "leave primary out, then the first one is",
            ),
        ),
    ),
    (
        "a misspelt part of a contact",
        {"contacts": "[{email: a@x.example, sales_rol: Boss}]"},
        (
            (
                '9:37: Unknown field: There is no field "sales_rol" of item 1 of contacts.',
                'did you mean "sales_role"?',
            ),
        ),
    ),
    (
        "a number for a contact",
        {"contacts": "[1]"},
        (
            (
                "9:16: Wrong type: item 1 of contacts is a number; it should be the e-mail address of a contact, or {email: …, primary: true}.",
                'put it in quotes: "1"',
            ),
        ),
    ),
    (
        "a contact by name",
        {"contacts": "[{name: Bob}]"},
        (
            ("9:16: Missing field: item 1 of contacts needs `email`, `ref` or `id`.", ""),
            (
                '9:17: Unknown field: There is no field "name" of item 1 of contacts.',
                "known fields: id, email, ref, primary, sales_role, linked",
            ),
        ),
    ),
    (
        "text for true",
        {"contacts": "[{email: a@x.example, primary: 'yes'}]"},
        (
            (
                "9:46: Wrong type: primary of item 1 of contacts is text; it should be true or false.",
                "write true, without quotes",
            ),
        ),
    ),
    (
        "a blank contact",
        {"contacts": "[' ']"},
        (("9:16: Missing field: item 1 of contacts is blank.", ""),),
    ),
    (
        "a number for a name",
        {"name": "2027"},
        (("3:11: Wrong type: name is a number; it should be text.", 'put it in quotes: name: "2027"'),),
    ),
    (
        "true for a name",
        {"name": "true"},
        (("3:11: Wrong type: name is true; it should be text.", 'put it in quotes: name: "true"'),),
    ),
    (
        "an empty name",
        {"name": "''"},
        (("3:11: Missing field: name is empty; it should be text.", ""),),
    ),
    (
        "a blank name",
        {"name": "' '"},
        (("3:11: Missing field: name is blank; it should be text.", ""),),
    ),
    (
        "a name of two lines",
        {"name": '"a\\nb"'},
        (("3:11: Value not allowed: name holds a line break.", "write it on one line, as plain text"),),
    ),
    (
        "a name with an escape",
        {"name": '"a\\eb"'},
        (
            (
                "3:11: Value not allowed: name holds the control character U+001B.",
                "write it on one line, as plain text",
            ),
        ),
    ),
    (
        "a number for a description",
        {"description": "5"},
        (
            (
                "9:18: Wrong type: description is a number; it should be text.",
                'put it in quotes: description: "5"',
            ),
        ),
    ),
    (
        "a control character in a description",
        {"description": '"a\\ab"'},
        (("9:18: Value not allowed: description holds the control character U+0007.", "delete it"),),
    ),
    (
        "no such state",
        {"state": "gone"},
        (
            (
                '9:12: Value not allowed: state is "gone"; allowed: present, absent.',
                "leave the line out, unless the record is to be deleted",
            ),
        ),
    ),
    (
        "an empty state",
        {"state": ""},
        (("9:5: Missing field: state is empty; it should be present or absent.", ""),),
    ),
    (
        "an id of an opportunity that is none",
        {"id": "abc"},
        (
            (
                '9:9: Value not allowed: id is "abc"; it should be an id such as 3fa85f64-5717-4562-b3fc-2c963f66afa6.',
                "",
            ),
        ),
    ),
    (
        "an empty step",
        {"step": ""},
        (("9:5: Missing field: step is empty; it should be the name of a step, or {id: …}.", ""),),
    ),
    (
        "unknown fields to ignore",
        {"lifecycle": "{ignore: [stp, cf_x, qqqqq]}"},
        (
            ('9:26: Value not allowed: "stp" is not a field of opportunities.', 'did you mean "step"?'),
            ('9:31: Value not allowed: "cf_x" is not a field of opportunities.', "write fields.cf_x"),
            (
                '9:37: Value not allowed: "qqqqq" is not a field of opportunities.',
                "fields are name, owner, pipeline, step, closing_date, value, accounts, contacts, unit, type, lead_source, description, lost, product_currency, price_list, products and fields.<custom field>",
            ),
        ),
    ),
    (
        "a misspelt existing",
        {"lifecycle": "{existing: updte}"},
        (
            (
                '9:27: Value not allowed: existing of lifecycle is "updte"; allowed: merge, report, update.',
                'did you mean "update"?',
            ),
        ),
    ),
    (
        "owners of unknown fields, and words that are none",
        {"lifecycle": "{own: {stp: crm, step: theirs}}"},
        (
            (
                '9:39: Value not allowed: step of own of lifecycle is "theirs"; allowed: git, crm, once, if-empty.',
                "",
            ),
        ),
    ),
    (
        "owners of unknown fields",
        {"lifecycle": "{own: {stp: crm, cf_x: git}}"},
        (
            ('9:23: Value not allowed: "stp" is not a field of opportunities.', 'did you mean "step"?'),
            ('9:33: Value not allowed: "cf_x" is not a field of opportunities.', "write fields.cf_x"),
        ),
    ),
    (
        "if-empty for what always has a value",
        {"lifecycle": "{own: {value: if-empty, step: if-empty}}"},
        (
            (
                "9:30: Value not allowed: value always has a value, so that it would never be written.",
                "write once: it is set when the record is created, and left alone from then on",
            ),
            (
                "9:46: Value not allowed: step always has a value, so that it would never be written.",
                "write once: it is set when the record is created, and left alone from then on",
            ),
        ),
    ),
    (
        "two owners of one field",
        {"lifecycle": "{ignore: [step], own: {step: crm}}"},
        (
            (
                "9:39: Value not allowed: step is under ignore, too, which means once.",
                "take it out of one of the two",
            ),
        ),
    ),
    (
        "ignore without a list",
        {"lifecycle": "{ignore: step}"},
        (
            (
                "9:25: Wrong type: ignore of lifecycle is text; it should be a list of field names such as [step, value].",
                "write it in brackets: ignore: [step]",
            ),
        ),
    ),
    (
        "a bad name of a custom field",
        {"fields": "{1x: 2}"},
        (
            (
                '9:14: Key not allowed: "1x" is not allowed in fields.',
                "use the API name of a field: letters, digits and underscores",
            ),
        ),
    ),
    (
        "a mapping in a custom field",
        {"fields": "{a: {b: 1}}"},
        (
            (
                "9:17: Wrong type: a of fields is a mapping; it should be text, a number, true, false, a list of option names, or nothing for empty.",
                "",
            ),
        ),
    ),
    (
        "a number in a list of options",
        {"fields": "{a: [1]}"},
        (
            (
                "9:18: Wrong type: item 1 of a of fields is a number; it should be text.",
                'put it in quotes: "1"',
            ),
        ),
    ),
    (
        "an option twice",
        {"fields": "{a: [x, x]}"},
        (("9:17: Value not allowed: a lists an option twice.", "delete one of them"),),
    ),
    (
        "a control character in a custom field",
        {"fields": '{a: "\\a"}'},
        (("9:17: Value not allowed: a holds a control character.", ""),),
    ),
    (
        "fields without a mapping",
        {"fields": "5"},
        (
            (
                "9:13: Wrong type: fields is a number; it should be custom fields such as {cf_region: EMEA}.",
                "",
            ),
        ),
    ),
    (
        "formerly nothing",
        {"formerly": "{}"},
        (
            (
                "9:15: Missing field: formerly is empty; it should be what it was called, such as {name: Acme renewal 2027}.",
                "",
            ),
        ),
    ),
    (
        "formerly something else",
        {"formerly": "{owner: x}"},
        (
            (
                '9:16: Unknown field: There is no field "owner" of formerly.',
                "known fields: name, key, account, pipeline",
            ),
        ),
    ),
    (
        "formerly a blank name",
        {"formerly": "{name: ' '}"},
        (("9:22: Missing field: name of formerly is blank.", ""),),
    ),
    (
        "absent without identity",
        {"state": "absent", "name": None, "account": None},
        (
            (
                "2:3: Account missing: Nothing says which account it had.",
                "name the account, or say on purpose that there is none:\naccount: none",
            ),
            ("2:3: Missing field: name is missing, here and in the defaults.", "name: Acme renewal 2027"),
        ),
    ),
)

FILES: Final = (
    (
        "another version",
        "version: 2\nopportunities: {}\n",
        (
            (
                "1:10: Version not supported: Version 2 is not known; this syncer reads version 1.",
                "write version: 1",
            ),
        ),
    ),
    (
        "a version in quotes",
        "version: '1'\n",
        (
            (
                '1:10: Version not supported: Version "1" is not known; this syncer reads version 1.',
                "write version: 1",
            ),
        ),
    ),
    (
        "a list of opportunities",
        "opportunities: [a]\n",
        (("1:16: Wrong type: opportunities is a list; it should be opportunities by key.", ""),),
    ),
    (
        "a list at the top",
        "[]\n",
        (
            (
                "1:1: Wrong type: The syncer manifest is a list; it should be a manifest with version and accounts, contacts or opportunities.",
                "",
            ),
        ),
    ),
    (
        "text at the top",
        "hello\n",
        (
            (
                "1:1: Wrong type: The syncer manifest is text; it should be a manifest with version and accounts, contacts or opportunities.",
                "",
            ),
        ),
    ),
    (
        "a misspelt section",
        "opportunitys: {}\n",
        (('1:1: Unknown field: There is no field "opportunitys".', 'did you mean "opportunities"?'),),
    ),
    (
        "a bad key",
        "opportunities:\n  Grüner Weg 5!: {}\n",
        (
            (
                "2:3: Account missing: Nothing says which account it has.",
                "name the account, or say on purpose that there is none:\naccount: none",
            ),
            (
                '2:3: Key not allowed: "Grüner Weg 5!" is no key: keys have 1 to 100 of a-z, 0-9, dot, dash and underscore and begin with a letter or a digit.',
                "write gruner-weg-5",
            ),
            (
                "2:3: Missing field: name, owner, pipeline, closing_date and value are missing, here and in the defaults.",
                "name: Acme renewal 2027\nowner: dana@example.com\npipeline: Test Pipeline\nclosing_date: 2027-03-31\nvalue: 100 USD",
            ),
        ),
    ),
    (
        "a key without letters",
        "opportunities:\n  ---:\n",
        (
            (
                '2:3: Key not allowed: "---" is no key: keys have 1 to 100 of a-z, 0-9, dot, dash and underscore and begin with a letter or a digit.',
                "such as acme-renewal-2027",
            ),
            (
                "2:3: Missing field: The opportunity is empty; it should be fields such as name, owner and closing_date.",
                "",
            ),
        ),
    ),
    (
        "an empty opportunity",
        "opportunities:\n  a:\n",
        (
            (
                "2:3: Missing field: The opportunity is empty; it should be fields such as name, owner and closing_date.",
                "",
            ),
        ),
    ),
    (
        "text for an opportunity",
        "opportunities:\n  a: hello\n",
        (
            (
                "2:3: Wrong type: The opportunity is text; it should be fields such as name, owner and closing_date.",
                "",
            ),
        ),
    ),
    (
        "unknown defaults",
        "defaults: {value: 5, ownr: 3}\n",
        (
            (
                '1:12: Unknown field: There is no field "value" of defaults.',
                "known fields: owner, address, zip_code, city, state_province, country, account_type, account_class, industry, customer_type, unit, parent_account_relation_type, comments, share_mode, fields, lifecycle, account, accounts, contact_type, pipeline, step, closing_date, currency, contacts, type, lead_source, description, product_currency, price_list",
            ),
            ('1:22: Unknown field: There is no field "ownr" of defaults.', 'did you mean "owner"?'),
        ),
    ),
    (
        "a list of defaults",
        "defaults: []\nopportunities: {}\n",
        (
            (
                "1:11: Wrong type: defaults is a list; it should be fields such as {owner: dana@example.com}.",
                "",
            ),
        ),
    ),
    (
        "a bad date in the defaults",
        "defaults: {closing_date: 2027-02-30, currency: usd}\n",
        (
            (
                '1:26: Impossible date: "2027-02-30" does not exist: February 2027 has 28 days.',
                "the last day is 2027-02-28",
            ),
            (
                '1:48: Value not allowed: "usd" is not a currency code; these are three capital letters.',
                "write USD",
            ),
        ),
    ),
    (
        "brackets without end",
        "a: [1\n",
        (
            (
                "1:4: Broken YAML: The list that was opened with [ is not closed.",
                "separate the items with commas and end with ]",
            ),
        ),
    ),
    (
        "braces without end",
        "a: {b: 1\n",
        (
            (
                "1:4: Broken YAML: The braces that were opened with { are not closed.",
                "separate the pairs with commas and end with }",
            ),
        ),
    ),
    (
        "two colons",
        "a: b: c\n",
        (
            (
                "1:5: Broken YAML: There is a second colon here, where YAML does not expect one.",
                "put text that holds a colon in quotes, or check how far the line is indented",
            ),
        ),
    ),
    (
        "a tab",
        "a:\n\tb: 1\n",
        (("2:1: Broken YAML: The line is indented with a tab.", "indent with blanks"),),
    ),
    (
        "a key twice",
        "a: 1\na: 2\n",
        (
            (
                '1:1: Unknown field: There is no field "a".',
                "known fields: version, defaults, accounts, contacts, opportunities",
            ),
            (
                '2:1: Key written twice: "a" is already written in line 1; only one of them can count.',
                "delete or rename one of them",
            ),
        ),
    ),
    (
        "merged twice",
        "a: &a {}\nb:\n  <<: *a\n  <<: *a\n",
        (
            (
                '1:1: Unknown field: There is no field "a".',
                "known fields: version, defaults, accounts, contacts, opportunities",
            ),
            (
                '2:1: Unknown field: There is no field "b".',
                "known fields: version, defaults, accounts, contacts, opportunities",
            ),
            (
                '4:3: Key written twice: "<<" is already written in line 3; only one of them can count.',
                "delete or rename one of them",
            ),
        ),
    ),
    (
        "two documents",
        "a: 1\n---\nb: 2\n",
        (
            (
                "2:1: YAML feature not supported: A second document begins here; a file holds one.",
                "put the second document in a file of its own, or delete the line with ---",
            ),
        ),
    ),
    (
        "a tag",
        "a: !!python/object:os.system x\n",
        (
            (
                '1:1: Unknown field: There is no field "a".',
                "known fields: version, defaults, accounts, contacts, opportunities",
            ),
            (
                '1:4: YAML feature not supported: The tag "!!python/object:os.system" is not supported.',
                "write the value without it",
            ),
        ),
    ),
    (
        "a tag of a mapping",
        "a: !set {b}\n",
        (
            (
                '1:1: Unknown field: There is no field "a".',
                "known fields: version, defaults, accounts, contacts, opportunities",
            ),
            (
                '1:4: YAML feature not supported: The tag "!set" is not supported.',
                "write the value without it",
            ),
        ),
    ),
    (
        "a tag of a key",
        "!k a: 1\n",
        (
            (
                '1:1: Unknown field: There is no field "a".',
                "known fields: version, defaults, accounts, contacts, opportunities",
            ),
            ('1:1: YAML feature not supported: The tag "!k" is not supported.', "write the value without it"),
        ),
    ),
    (
        "an unknown alias",
        "a: *b\n",
        (
            (
                "1:4: Broken YAML: A value that begins with * repeats something that was named with &, and nothing has this name.",
                "put the value in quotes if it is text",
            ),
        ),
    ),
    (
        "an endless alias",
        "a: &a [*a]\n",
        (("1:4: YAML is nested too deep: Aliases nest values more than 30 deep, or without end.", ""),),
    ),
    (
        "a quote without end",
        "a: 'b\n",
        (
            (
                "1:4: Broken YAML: A quote that was opened is never closed.",
                "close the quote, or double it when it belongs to the text",
            ),
        ),
    ),
    (
        "an at sign",
        "a: @b\n",
        (
            (
                "1:4: Broken YAML: A value cannot begin with this character unless it is in quotes.",
                "put the value in quotes",
            ),
        ),
    ),
    (
        "a list as a key",
        "? [a]\n: b\n",
        (("1:3: YAML feature not supported: A key is a list or a mapping; keys are plain text.", ""),),
    ),
    (
        "a merge of nothing",
        "<<: 5\n",
        (
            (
                "1:5: Wrong type: << merges a mapping, and this is none.",
                "write `<<: *name`, where &name stands before a mapping",
            ),
        ),
    ),
    (
        "text behind a bar",
        "a: |x\n",
        (
            (
                "1:5: Broken YAML: Text stands behind | or >, whose text begins on the next line.",
                "move it to the next line, indented",
            ),
        ),
    ),
    (
        "an unknown escape",
        'a: "\\q"\n',
        (
            (
                "1:5: Broken YAML: A backslash in double quotes starts an escape, and this one does not exist.",
                "use single quotes, or write the backslash twice",
            ),
        ),
    ),
    (
        "a line out of step",
        "a:\n    b: 1\n   c: 2\n",
        (
            (
                '3:4: Broken YAML: "c" is indented with 3 blanks, "b" in line 2 with 4 and "a" in line 1 with 0.',
                'indent it with 4 blanks, like "b"',
            ),
        ),
    ),
    (
        "no colon",
        "a: 1\nb\nc: 2\n",
        (
            (
                "3:1: Broken YAML: A key without a colon, or text that goes on where a key is expected.",
                "write `key: value`, with a blank after the colon",
            ),
        ),
    ),
    (
        "a control character",
        "a: \x07\n",
        (
            (
                "1:4: Broken YAML: The file holds the control character U+0007, which YAML does not allow.",
                "delete the character",
            ),
        ),
    ),
    (
        "a NUL byte",
        "a: \x00\n",
        (("1:4: Broken YAML: The file holds a NUL byte, which YAML does not allow.", "is it a text file?"),),
    ),
    (
        "a dash too far",
        "a: - b\n",
        (
            (
                "1:4: Broken YAML: A list item cannot begin here.",
                "put the items of a list on lines of their own, or put text that begins with `- ` in quotes",
            ),
        ),
    ),
    (
        "an alias without a name",
        "a: *\n",
        (
            (
                "1:5: Broken YAML: A value that begins with * or & is an alias or an anchor, and its name is missing.",
                "put the value in quotes if it is text",
            ),
        ),
    ),
    (
        "an anchor of an alias",
        "a: &x *y\n",
        (
            (
                "1:7: Broken YAML: The line does not fit the ones above it.",
                "indent it as far as its neighbours, and put text that begins with a quote in quotes as a whole",
            ),
        ),
    ),
    (
        "text after quotes",
        'a: "b" c\n',
        (
            (
                "1:8: Broken YAML: Text stands behind the closing quote.",
                """put the whole text in quotes, of the other kind: '"Acme" renewal'""",
            ),
        ),
    ),
    (
        "too deep",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        (("1:30: YAML is nested too deep: Values are nested more than 30 deep; a manifest needs five.", ""),),
    ),
    (
        "items out of step",
        "a:\n  - b\n c: 1\n",
        (
            (
                '3:2: Broken YAML: "c" is indented with 1 blank, "- b" in line 2 with 2 and "a" in line 1 with 0.',
                'indent it with no blanks, like "a"',
            ),
        ),
    ),
    (
        "a bad directive",
        "%YAML 3.0\n---\na: 1\n",
        (
            (
                "1:1: Broken YAML: The line %YAML asks for a version of YAML that is not known.",
                "delete the line",
            ),
        ),
    ),
)


def said(project: Project) -> tuple[tuple[str, str], ...]:
    with pytest.raises(ManifestError) as caught:
        manifest.read(project)
    return tuple(
        (str(problem).removeprefix("opportunities/a.yaml:"), problem.hint)
        for problem in caught.value.blocking
    )


@pytest.mark.parametrize(
    ("changes", "expected"), [row[1:] for row in ENTRIES], ids=[row[0] for row in ENTRIES]
)
def test_a_bad_value_of_an_opportunity_is_said_in_words(
    make_project: Callable[..., Project], changes: Mapping[str, Any], expected: tuple[tuple[str, str], ...]
) -> None:
    lines = [f"    {name}: {value}\n" for name, value in {**GOOD, **changes}.items() if value is not None]
    project = make_project({"a.yaml": "opportunities:\n  acme:\n" + "".join(lines)})

    assert said(project) == expected


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_a_bad_file_is_said_in_words(
    make_project: Callable[..., Project], text: str, expected: tuple[tuple[str, str], ...]
) -> None:
    assert said(make_project({"a.yaml": text})) == expected


def test_every_problem_shows_its_line_and_its_opportunity(make_project: Callable[..., Project]) -> None:
    project = make_project({"a.yaml": "opportunities:\n  acme: {name: 5}\n"})

    with pytest.raises(ManifestError) as caught:
        manifest.read(project)

    assert {problem.excerpt for problem in caught.value.problems} == {"  acme: {name: 5}"}
    assert {problem.address for problem in caught.value.problems} == {Address("opportunity", "acme")}
