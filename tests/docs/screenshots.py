"""The pictures of the manual, from examples/quarter: `python -m tests.docs.screenshots`."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from syncer import resources
from syncer.sandbox.server import Sandbox
from tests.docs.browser import chromium

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
# name, colour scheme, width, height, pixels a point
PICTURES: Final = (
    ("report-light", "light", 1240, 1000, 1),
    ("report-dark", "dark", 1240, 1000, 1),
    ("report-phone", "light", 390, 844, 2),
)


def main() -> None:
    """Apply the example, let people work in the CRM, and take pictures of the next plan."""
    with tempfile.TemporaryDirectory() as folder, Sandbox.serve(port=8080) as sandbox:
        project = Path(shutil.copytree(resources.examples() / "quarter", Path(folder) / "quarter"))
        _syncer(project, sandbox, "apply", "--auto-approve")
        _work(sandbox)
        partners = project / "opportunities" / "partners.yaml"
        text = partners.read_text("utf-8")
        partners.write_text(
            text.replace("  trade-fair-walk-in:\n", "  trade-fair-walk-in:\n    state: absent\n")
        )
        _syncer(project, sandbox, "plan", "--existing", "update", "--html", "plan.html")
        IMAGES.mkdir(exist_ok=True)
        with chromium() as browser:
            for name, scheme, width, height, scale in PICTURES:
                page = browser.new_context(
                    color_scheme="dark" if scheme == "dark" else "light",
                    viewport={"width": width, "height": height},
                    device_scale_factor=scale,
                ).new_page()
                page.goto((project / "plan.html").as_uri())
                page.locator(".card.update summary").first.click()
                page.locator(".pipeline" if name.endswith("phone") else "body").first.evaluate(
                    "element => element.scrollIntoView({behavior: 'instant'})"
                )
                page.mouse.move(0, 0)
                page.screenshot(path=IMAGES / f"{name}.png")


def _syncer(project: Path, sandbox: Sandbox, *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("syncer")), "-q", *arguments]
    subprocess.run(
        command, cwd=project, env=os.environ | sandbox.env(), check=True, stdout=subprocess.DEVNULL
    )


def _work(sandbox: Sandbox) -> None:
    """Do what a team does in a week: win, lose, move and forget deals."""
    deals = [row for row in sandbox.store.rows("Opportunity") if row.get("cf_syncer_key")]
    deals.sort(key=lambda row: str(row["name"]))
    for deal in deals[3::6]:
        sandbox.store.delete("Opportunity", deal["id"])
    for number, deal in enumerate(deals[1::5]):
        if deal not in deals[3::6]:
            day = f"2027-03-{10 + number:02}"
            sandbox.edit("Opportunity", deal["id"], closing_date=day, description="Budget confirmed.")


if __name__ == "__main__":
    main()
