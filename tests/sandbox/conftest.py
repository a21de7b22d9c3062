"""One running sandbox for all tests here, back at its seed for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.server import Sandbox

JSON = {"Content-Type": "application/json"}


def client_of(sandbox: Any, **options: Any) -> httpx.Client:
    """Open a client on the entities of a running sandbox."""
    options.setdefault("auth", (sandbox.username, sandbox.password))
    return httpx.Client(base_url=sandbox.api_url, timeout=60, trust_env=False, **options)


@pytest.fixture(scope="session")
def shared() -> Iterator[Sandbox]:
    with Sandbox.serve(control=True) as running:
        yield running


@pytest.fixture(scope="session")
def shared_client(shared: Sandbox) -> Iterator[httpx.Client]:
    with client_of(shared) as client:
        yield client


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    """The demo world, untouched."""
    shared.reset()
    return shared


@pytest.fixture
def api(sandbox: Sandbox, shared_client: httpx.Client) -> httpx.Client:
    """A client of that world; paths start at the entity: `/Accounts`."""
    del sandbox
    return shared_client


@pytest.fixture
def deal() -> dict[str, Any]:
    """The body of the create-opportunity tutorial."""
    return {
        "closing_date": "2019-01-01",
        "name": "New Opportunity",
        "owner_id": world.TUTORIAL_USER_ID,
        "step_id": world.FIRST_STEP_ID,
        "value": {"base_value": 100, "currency_id": world.BASE_CURRENCY_ID},
        "account_relations": [{"account_id": world.ZIEMANN_ID, "is_primary": True}],
        "contact_relations": [{"contact_id": world.ZIEMANN_CONTACT_ID, "is_primary": True}],
    }


@pytest.fixture
def serve() -> Any:
    """Give tests a sandbox of their own for the length of a `with` block, and its client."""

    @contextmanager
    def run(**options: Any) -> Iterator[tuple[Sandbox, httpx.Client]]:
        with Sandbox.serve(**options) as running, client_of(running) as client:
            yield running, client

    return run
