"""The names of what values refer to, asked for by what the fields of the space are."""

from collections.abc import Iterator

import pytest

from syncer.remote.client import Api
from syncer.sandbox.server import Sandbox
from syncer.verbs.names import names_of

KIND = "opportunity"


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    with Api(sandbox.url, sandbox.space_id, sandbox.username, sandbox.password) as api:
        yield api


def option(sandbox: Sandbox, name: str) -> str:
    return str(sandbox.store.find("Data", option_name=name)["id"])


def test_options_are_called_by_their_names_and_a_text_that_looks_like_one_stays(
    api: Api, sandbox: Sandbox
) -> None:
    """What a value is, its field says: one option, several, or a text that somebody pasted an id into."""
    emea, wonka, tyrell = (option(sandbox, name) for name in ("EMEA", "Wonka", "Tyrell"))

    names = names_of(
        api,
        [
            (KIND, "fields.cf_region", emea),
            (KIND, "fields.cf_competitors", [wonka]),
            (KIND, "fields.cf_notes", tyrell),
            (KIND, "fields.cf_gone", tyrell),
        ],
    )

    assert [names.label("option", id_) for id_ in (emea, wonka, tyrell)] == ["EMEA", "Wonka", tyrell]


def test_fields_are_asked_for_only_where_custom_ones_hold_something(api: Api, sandbox: Sandbox) -> None:
    """A standard field says itself what it refers to."""
    dana = str(sandbox.store.find("Client", email="dana@example.com")["id"])
    sandbox.requests.clear()

    names = names_of(api, [(KIND, "owner", dana), (KIND, "fields.cf_region", None)])

    assert names.written("owner", dana) == "dana@example.com"
    assert [request.path.rpartition("/")[2] for request in sandbox.requests] == ["Clients"]
