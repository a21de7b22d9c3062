"""Plan, create, plan again: nothing is left, for random manifests and every way the service may behave."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from syncer.model.change import Action
from syncer.model.declared import Existing
from syncer.planning import shown
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.depth import examples
from tests.support import manifest
from tests.world import KEYED, SETTINGS, Space, actions

WORLDS = {
    "documented": Switches(),
    "cents": Switches(money_decimals=2),
    "strict": Switches(both_amounts="refused", require=("oas", "doc", "microsoft")),
    "foreign wins": Switches(both_amounts="foreign-wins", money_decimals=2, nested_lists="replace"),
    "stripping": Switches(text="stripped", empty_text="null", load_only_id="always"),
    "lax": Switches(ieq="unsupported", eq_case="ignored", several_values="first", first_above_max="refused"),
    "odd order": Switches(list_order="modified", null_order="first", dependents="kept"),
}


@pytest.fixture(scope="module", params=WORLDS)
def served(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox.serve(switches=WORLDS[request.param]) as running:
        yield running


AMOUNT = st.decimals(0, 10**7, places=2).map(str) | st.integers(0, 10**4).map(str)
ACCOUNTS = {
    "info@acme.example": ["bob@acme.example", "eve@acme.example", "otto@acme.example"],
    "billing@initech.example": ["sam@consult.example", "peter@initech.example"],
    "{name: Globex, email: info@globex.example}": ["hugo@globex.example", "iris@globex.example"],
}
FIELDS: dict[str, st.SearchStrategy[str]] = {
    "cf_region": st.sampled_from(["EMEA", "APAC", "null"]),
    "cf_competitors": st.sampled_from(["[]", "[Tyrell]", "[Wonka, Umbrella]"]),
    "cf_seats": st.integers(0, 10**9).map(str),
    "cf_discount": st.decimals(0, 1, places=4).map(str),
    "cf_strategic": st.sampled_from(["true", "false", "null"]),
    "cf_notes": st.sampled_from(['" two\\nlines "', "2027-03-31 10:00", '"10"']),
    "cf_kickoff_at": st.sampled_from(["2027-02-03T10:00:00+02:00", "2027-02-03 10:00"]),
    "cf_renewal_date": st.dates().map(str),
    "cf_legal_contact": st.sampled_from(["Legal@Acme.example", "x@y.example"]),
}


@st.composite
def entries(draw: st.DrawFn) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for name in draw(
        st.lists(st.sampled_from(["Deal A", '" Deal B"', "Zürich", "Deal (x)"]), unique=True, min_size=1)
    ):
        account = draw(st.sampled_from(sorted(ACCOUNTS)))
        people = draw(st.lists(st.sampled_from(ACCOUNTS[account]), unique=True))
        pipeline, steps = draw(
            st.sampled_from([("Renewals", ("Upcoming", "Won", None)), ("New Business", ("Proposal", None))])
        )
        fields = draw(st.fixed_dictionaries({}, optional=FIELDS))
        found[f"deal-{len(found)}"] = {
            "name": name,
            "owner": draw(st.sampled_from(["dana@example.com", "MEI@example.com"])),
            "pipeline": pipeline,
            "step": draw(st.sampled_from(steps)),
            "closing_date": str(draw(st.dates(date(1900, 1, 1), date(2200, 12, 31)))),
            "value": f"{draw(AMOUNT)} {draw(st.sampled_from(['USD', 'EUR']))}",
            "account": account,
            "contacts": draw(st.sampled_from(["all", f"[{', '.join(people)}]", None])),
            "lead_source": draw(st.sampled_from(["Web", "null", None])),
            "description": draw(st.sampled_from(['"  two\\r\\nlines \\n"', "Text", "null", None])),
            "fields": f"{{{', '.join(f'{name}: {value}' for name, value in fields.items())}}}",
        }
    return found


@settings(
    max_examples=examples(4),
    deadline=None,
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # an example costs 200 ms; shrinking would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(before=entries(), after=entries(), keyed=st.booleans())
def test_a_plan_after_an_apply_is_empty(
    served: Sandbox, before: dict[str, Any], after: dict[str, Any], keyed: bool
) -> None:
    served.reset()
    # Deals may be won by the first of the two.
    settled = (KEYED if keyed else SETTINGS).replace("policy: {", "policy: {closed: reopen, ")
    options: dict[str, Any] = {"settings": settled, "existing": Existing.UPDATE}
    with TemporaryDirectory() as folder:
        space = Space(served, Path(folder))
        for text in (manifest(before), manifest(after)):
            plan = space.plan(text, **options)
            assert {change.action for change in plan.changes} <= {Action.CREATE, Action.UPDATE, Action.NOOP}
            space.put(plan)
            again = space.plan(text, **options)
            assert actions(again) == ["no-op"] * len(again.changes), [
                shown.fields(change) for change in again.changes
            ]
