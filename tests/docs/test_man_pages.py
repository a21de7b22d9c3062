"""Each command has a man page that says what its `--help` says."""

import re
import shutil
import subprocess
from importlib.util import find_spec

import click
import pytest

from syncer.cli import COMMANDS, cli
from syncer.cli.common import Globals
from tests.docs.man_pages import pages

pytestmark = pytest.mark.skipif(find_spec("click_man") is None, reason="click-man is not installed")


def test_every_command_has_its_page_and_every_option_is_on_it() -> None:
    made = dict(pages())
    context = click.Context(cli, info_name="syncer", obj=Globals())

    assert {f"syncer-{name}.1" for name in COMMANDS} | {"syncer.1", "syncer-state-show.1"} <= made.keys()
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        options = [opt for param in command.params if isinstance(param, click.Option) for opt in param.opts]
        plain = made[f"syncer-{name}.1"].replace("\\-", "-")
        assert [option for option in options if option not in plain] == [], name
    whole = re.sub(r"\\f.", "", made["syncer.1"].replace("\\-", "-"))
    assert [name for name in COMMANDS if f"syncer-{name}(1)" not in whole] == []


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_every_page_is_read_without_a_complaint() -> None:
    """All in one go; a line that begins with a dot would be taken for a command."""
    text = "\n".join(text for _, text in pages())
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-K", "utf8"], input=text.encode(), capture_output=True, check=True
    )
    shown = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout.decode())

    assert done.stderr == b""
    assert "syncer-plan - Show what apply would do; change nothing." in " ".join(shown.split())
