"""Whatever a client sends, the answer is JSON in an envelope, and never an error of the server's own."""

import base64
import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncer.sandbox import world
from syncer.sandbox.api import Api, Request
from syncer.sandbox.database import Database
from syncer.sandbox.entities import ENTITIES, Entity, Field
from syncer.sandbox.query import OPERATORS
from syncer.sandbox.seed import template
from syncer.sandbox.switches import Switches
from tests.depth import examples

BASE = f"/api/v100/rest/spaces/{world.SPACE_ID}/entities"
HEADERS = {
    "authorization": "Basic " + base64.b64encode(f"{world.USERNAME}:{world.PASSWORD}".encode()).decode(),
    "content-type": "application/json",
}
DEEP = b"[" * 900 + b"]" * 900

DATABASE = Database(None)
DATABASE.load(template("demo"))
# The id of a record of each kind; "" where the demo world has none.
A_RECORD = {
    name: DATABASE.one(f'SELECT coalesce(max(id), "") FROM "{name}" WHERE NOT is_deleted')
    for name in ENTITIES
}
WRITABLE = sorted(name for name, entity in ENTITIES.items() if not entity.is_read_only)
LAX = Switches(unknown_fields="ignored", unknown_names="ignored", post_id="used", created="ignored")
STRICT = Switches(both_amounts="foreign-wins", money_decimals=2, nested_lists="replace", dependents="kept")

SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, True, False, 0, 1, -1, 2**31, 2**63 - 1, 2**63, -(2**63), 10**30, 10**400]),
    st.sampled_from([0.1, 5e-324, 1e15, 1e22, 1e100, 1.7976931348623157e308, -1e308]),
    st.sampled_from(
        ["", " ", "x", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\n", "%", "'", '"', "e\u0301"]
    ),
    st.sampled_from(["1e400", "-1e400", "NaN", "0x1F", "1_000", "9" * 30, "٣", "true", "TRUE", "null"]),
    st.sampled_from(["2027-01-31", "20270131", "2027-W01-1", "2027-02-30", "0001-01-01", "9999-12-31"]),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2027-01-31 10:00:00Z"]),
    st.sampled_from([A_RECORD["Account"], A_RECORD["Account"].upper(), "../..", "x" * 300]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)
IDS: st.SearchStrategy[Any] = st.sampled_from([None, "", 5, [], {}, [{}], "x", "\ud800", "a\nb", True, 1.5])
AMOUNT: st.SearchStrategy[Any] = st.sampled_from([0, 1, -1, 0.1, 1e21, 1e22, 1e300, 1.7e308, 5e-324, 10**30])
WHOLE = st.sampled_from([0, 1, 2, 4, -1, 2**31 - 1, 2**63 - 1])
MOMENT = st.sampled_from(
    ["", "0001-01-01", "0001-01-01 00:00+14:00", "9999-12-31T23:59:59.9-12:00", "2027-01-31"]
)
MONEY = st.fixed_dictionaries(
    {"currency_id": st.sampled_from([A_RECORD["Currency"], world.BASE_CURRENCY_ID])},
    optional={"base_value": AMOUNT, "value_foreign": AMOUNT},
)
BY_KIND: dict[str, st.SearchStrategy[Any]] = {
    "money": MONEY,
    "float": AMOUNT,
    "int": WHOLE,
    "flags": WHOLE,
    "bool": st.booleans(),
    "datetime": MOMENT,
    "date": st.dates().map(str),
    "text": st.sampled_from(["x", "\x00", "é", "Opportunity"]),
    "object": VALUES,
    "array": st.lists(VALUES, max_size=2),
    "binary": VALUES,
}


def fitting(field: Field, depth: int) -> st.SearchStrategy[Any]:
    """Return values that are mostly right for *field*, so that more than its type is put to the test."""
    if field.kind == "many":
        target = ENTITIES.get(field.target)
        return st.just([]) if target is None or depth else st.lists(bodies(target, 1), max_size=2)
    if field.kind == "id":
        return st.just(A_RECORD.get(field.target))
    if field.enum:
        return st.sampled_from(field.enum)
    return BY_KIND.get(field.kind, VALUES)


@st.composite
def bodies(draw: st.DrawFn, entity: Entity, depth: int = 0) -> dict[str, Any]:
    """Make an object with what *entity* needs, a few more of its fields, and one thing that is odd."""
    settable = [f for f in entity.fields.values() if f.is_settable_on_create or f.is_settable_on_update]
    body = {field.name: draw(fitting(field, depth)) for field in entity.fields.values() if field.is_required}
    for field in draw(st.lists(st.sampled_from(settable), max_size=3)):
        body[field.name] = draw(fitting(field, depth))
    match draw(st.sampled_from(["odd", "odd", "less", "right", "unknown"])):
        case "odd":
            body[draw(st.sampled_from([f.name for f in settable] + ["created"]))] = draw(VALUES)
        case "less" if body:
            del body[draw(st.sampled_from(sorted(body)))]
        case "unknown":
            body[draw(st.sampled_from(["id", "nothing", "\ud800", "cf_seats", "is_deleted"]))] = draw(
                VALUES | IDS
            )
    return body


def judge(api: Api, request: Request) -> Any:
    """Return the body of the answer, which is JSON that any client can read, and agrees with the status."""
    reply = api.handle(request)
    body = json.loads(reply.body.decode(), parse_constant=refuse)
    assert reply.status < 500, body
    if "success" in body:
        assert body["success"] is (reply.status < 400)
        assert body.get("http_status", reply.status) == reply.status
    else:
        assert (reply.status, body["status"]) == (404, 404)
    return body


def refuse(constant: str) -> None:
    raise AssertionError(constant)


def space(switches: Switches) -> Api:
    """Return the demo world, untouched."""
    DATABASE.load(template("demo"))
    return Api(DATABASE, switches, world.SPACE_ID, world.USERNAME, world.PASSWORD)


BOUNDED = settings(max_examples=examples(), suppress_health_check=list(HealthCheck))


@BOUNDED
@given(data=st.data(), switches=st.sampled_from([Switches(), LAX, STRICT]))
def test_a_write_of_any_body_is_done_or_refused(data: st.DataObject, switches: Switches) -> None:
    """And what was written can be read again, with all its relations."""
    api = space(switches)
    entity = ENTITIES[data.draw(st.sampled_from(WRITABLE))]
    known = A_RECORD[entity.name]
    level = data.draw(st.sampled_from(["", "validation-level=2", "validation-level=8&rollback-method=1"]))
    body = bodies(entity)
    named = body.map(lambda item: {**item, "id": known})
    for route in data.draw(
        st.lists(st.sampled_from(["POST", "PATCH", "modify", "delete"]), min_size=1, max_size=3)
    ):
        method, tail, sent = {
            "POST": ("POST", "", body),
            "PATCH": ("PATCH", f"/{known}", body),
            "modify": ("POST", "/batch-modify", st.lists(body | named | VALUES, max_size=3)),
            "delete": ("POST", "/batch-delete", st.lists(IDS | st.just(known), max_size=3)),
        }[route]
        raw = json.dumps(data.draw(sent)).encode()
        judge(api, Request(method, f"{BASE}/{entity.plural}{tail}", level, HEADERS, raw))
        relations = ",".join(f.name for f in entity.fields.values() if f.kind in ("one", "many"))
        query = f"last=100&include-deleted=true&expand={relations}"
        assert judge(
            api, Request("GET", f"{BASE}/{entity.plural}", query, {**HEADERS, "timezone": "Asia/Tokyo"})
        )["success"]


PARAMETERS = [
    *("first", "last", "limit", "offset", "after", "before", "include-deleted", "include_deleted"),
    *("validation-level", "expand", "load-only", "order-by", "filter", "filter-op[", "filter[]"),
]


@st.composite
def queries(draw: st.DrawFn, entity: Entity) -> str:
    """Make a query string of parameters that there are, with values of any kind."""
    names = st.sampled_from([*entity.fields, "owner.email", "", "id"])
    pairs: list[tuple[str, str]] = []
    for kind in draw(
        st.lists(st.sampled_from(["filter", "plain", "shape", "order", "cursor"]), min_size=1, max_size=3)
    ):
        if kind == "filter":
            name = draw(names)
            pairs.append((f"filter-op[{name}]", draw(st.sampled_from([*OPERATORS, "like"]))))
            pairs += [(f"filter[{name}]", draw(SCALARS.map(str))) for _ in range(draw(st.integers(0, 2)))]
        elif kind == "plain":
            pairs.append((draw(st.sampled_from(PARAMETERS)), draw(SCALARS.map(str))))
        elif kind == "shape":
            relations = [f.name for f in entity.fields.values() if f.kind in ("one", "many")]
            chosen = draw(st.lists(st.sampled_from([*relations, "id", "owner.", "."]), max_size=3))
            pairs += [("expand", ",".join(chosen)), ("load-only", ",".join(chosen))]
        else:
            order = draw(st.lists(names, max_size=2))
            pairs.append(("order-by", ",".join(f"-{name}" for name in order)))
            if kind == "cursor":
                values = [draw(VALUES if draw(st.booleans()) else SCALARS.map(str)) for _ in [*order, "id"]]
                text = base64.b64encode(json.dumps(values).encode()).decode()
                pairs.append((draw(st.sampled_from(["after", "before"])), text))
    return "&".join(f"{quote(n)}={quote(v.encode('utf-8', 'surrogatepass'))}" for n, v in pairs)


@BOUNDED
@given(data=st.data(), switches=st.sampled_from([Switches(), LAX]))
def test_a_list_with_any_query_is_answered_or_refused(data: st.DataObject, switches: Switches) -> None:
    api = Api(DATABASE, switches, world.SPACE_ID, world.USERNAME, world.PASSWORD)
    for _ in range(3):
        entity = ENTITIES[data.draw(st.sampled_from(sorted(ENTITIES)))]
        tail = data.draw(st.sampled_from(["", "", f"/{A_RECORD[entity.name]}"]))
        judge(api, Request("GET", f"{BASE}/{entity.plural}{tail}", data.draw(queries(entity)), HEADERS))


TAILS = [
    "",
    "/batch-modify",
    "/batch-restore",
    "/merge",
    "/x\ny",
    "/\n",
    "/a/b",
    "/\x00",
    "/\ufffd",
    "//",
    "/..",
]
ZONES = ["", "UTC", "America/Chicago", "../../etc/passwd", "America", "x\x00", "é"]
RAW = [
    b"",
    b"\xff",
    b"{",
    b"[1,",
    b'"x"',
    b"NaN",
    b"[1e999]",
    b'{"a": ' + DEEP + b"}",
    DEEP,
    b"\xef\xbb\xbf{}",
    b"1" * 9999,
]


@BOUNDED
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"]),
    plural=st.sampled_from(
        [*(entity.plural for entity in ENTITIES.values()), "Quotes", "Nothing", "\n", "é"]
    ),
    tail=st.sampled_from(TAILS),
    zone=st.sampled_from(ZONES),
    raw=st.sampled_from(RAW),
)
def test_any_route_is_answered_in_json(method: str, plural: str, tail: str, zone: str, raw: bytes) -> None:
    api = Api(DATABASE, Switches(), world.SPACE_ID, world.USERNAME, world.PASSWORD)
    judge(api, Request(method, f"{BASE}/{plural}{tail}", "", {**HEADERS, "timezone": zone}, raw))
