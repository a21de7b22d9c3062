"""What a host is, and which hosts may get the credentials."""

import pytest

from syncer.project import hosts


@pytest.mark.parametrize(
    ("text", "one_form"),
    [
        ("H.PipelinerSales.com.", "h.pipelinersales.com"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("FD00:0::1", "fd00::1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
    ],
)
def test_a_host_is_written_in_one_way(text: str, one_form: str) -> None:
    """What was judged is what is connected to; so its one form is a form of itself."""
    assert hosts.normal(text) == one_form
    assert hosts.normal(one_form) == one_form


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("müller.example", "has letters beyond ASCII"),
        ("a..example", "is no host name"),
        ("-a.example", "is no host name"),
        ("", "is no host name"),
        ("127.1", "is no address; write four decimal numbers"),
        ("0x7f000001", "is no address; write four decimal numbers"),
        ("fe80::1%eth0", "names a network interface"),
        ("fe80::x", "is no address"),
    ],
)
def test_what_some_programs_read_as_another_host_is_none(text: str, why: str) -> None:
    """The reason is the end of a sentence about the host."""
    with pytest.raises(ValueError, match=why):
        hosts.normal(text)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("128.0.0.1", False),
        ("a.localhost", False),  # a resolver may ask the network for it
        ("localhost.example", False),
        ("::2", False),
    ],
)
def test_this_machine_is_told_by_its_names(host: str, here: bool) -> None:
    """Plain http goes nowhere else."""
    assert hosts.is_loopback(host) is here


@pytest.mark.parametrize(
    ("host", "trusted", "vouched"),
    [
        ("us-east.api.pipelinersales.com", "", True),
        ("pipelinersales.com.evil.example", "", False),
        ("notpipelinersales.com", "", False),
        ("crm.example", "", False),
        ("crm.example", "other.example, CRM.example.", True),
        ("fd00::1", "[FD00::1]", True),
        ("crm.example", "*.example,,.example", False),
    ],
)
def test_a_host_gets_the_credentials_when_somebody_vouches_for_it(
    host: str, trusted: str, vouched: bool
) -> None:
    """The vendor, or the environment with an exact name; never a pattern."""
    assert hosts.is_vouched(host, {hosts.TRUSTED: trusted}) is vouched


def test_an_address_stands_in_brackets_in_a_url() -> None:
    """A name does not."""
    assert (hosts.in_url("fd00::1"), hosts.in_url("crm.example")) == ("[fd00::1]", "crm.example")
