"""`--strict`: warnings that are errors."""

import click
import pytest
from click.testing import CliRunner

from syncer.cli.strict import EVERYTHING, StrictCommand, codes, strict_option
from syncer.model.problem import UsageError


@click.command(cls=StrictCommand)
@click.argument("paths", nargs=-1)
@strict_option
def command(paths: tuple[str, ...], strict: tuple[str, ...]) -> None:
    """Show what was understood."""
    click.echo(f"{','.join(paths)} {','.join(sorted(codes(strict)))}")


@pytest.mark.parametrize(
    ("arguments", "understood"),
    [
        (["--strict", "deals"], "deals all"),
        (["deals", "--strict"], "deals all"),
        (["--strict=look-alike,created-won"], " created-won,look-alike"),
        (["--strict=look-alike", "--strict= created-won"], " created-won,look-alike"),
        (["--", "--strict"], "--strict "),
        ([], " "),
    ],
)
def test_the_option_may_stand_alone_and_takes_no_path_for_its_value(
    arguments: list[str], understood: str
) -> None:
    """What stands behind `--` is a path, whatever it looks like."""
    assert CliRunner().invoke(command, arguments).output == understood + "\n"


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("look-alikes", "did you mean --strict=look-alike?"),
        ("everything under the sun", "such as --strict=look-alike; all: --strict"),
    ],
)
def test_a_warning_that_does_not_exist_is_a_wrong_usage(said: str, hint: str) -> None:
    """Else a slip of the pen would make a pipeline less strict than its author thinks."""
    with pytest.raises(UsageError) as caught:
        codes((EVERYTHING, said))

    (problem,) = caught.value.problems
    assert (problem.detail, problem.hint) == (f'There is no warning "{said}".', hint)
