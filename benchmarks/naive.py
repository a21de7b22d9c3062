"""The tutorial's way: five look-ups and a POST for each opportunity, one after the other."""

import sys
from pathlib import Path

import httpx
import yaml


def main(folder: str, url: str, space: str, user: str, password: str, count: int) -> None:
    base = f"{url}/api/v100/rest/spaces/{space}/entities"
    entries: list[dict[str, object]] = []
    for file in sorted(Path(folder, "opportunities").glob("*.yaml")):
        entries += yaml.load(file.read_text(), yaml.CSafeLoader)["opportunities"].values()
    with httpx.Client(auth=(user, password), timeout=30) as client:

        def find(entity: str, **params: str) -> dict[str, object]:
            rows = client.get(f"{base}/{entity}", params=params).json()["data"]
            return dict(rows[0])

        for entry in entries[:count]:
            amount, _, code = str(entry["value"]).partition(" ")
            owner = find("Clients", **{"load-only": "id", "filter[email]": str(entry["owner"])})
            pipeline = find("Pipelines", **{"expand": "steps", "filter[name]": str(entry["pipeline"])})
            account = find("Accounts", **{"filter[email1]": str(entry["account"])})
            links = client.get(
                f"{base}/ContactAccountRelations", params={"filter[account_id]": str(account["id"])}
            ).json()["data"]
            currency = find("Currencies", **{"filter[code]": code})
            step = next(step for step in pipeline["steps"] if step["name"] == entry["step"])  # type: ignore[attr-defined]
            answer = client.post(
                f"{base}/Opportunities",
                json={
                    "name": entry["name"],
                    "owner_id": owner["id"],
                    "closing_date": str(entry["closing_date"]),
                    "step_id": step["id"],
                    "value": {"value_foreign": float(amount), "currency_id": currency["id"]},
                    "account_relations": [{"account_id": account["id"], "is_primary": True}],
                    "contact_relations": [
                        {"contact_id": link["contact_id"], "is_primary": number == 0}
                        for number, link in enumerate(links)
                    ],
                },
            )
            answer.raise_for_status()


if __name__ == "__main__":
    project, url, space, name, secret, number = sys.argv[1:]
    main(project, url, space, name, secret, int(number))
