"""What a host is, and which hosts may get the credentials.

Whoever may propose a change of syncer.yaml chooses a `url` there. So a host gets the user name and the
password only when somebody else vouches for it: the vendor's domain, this machine, or the environment.

A host is written in one way here: ASCII, in lower case, without a trailing dot, an address in its usual form.
What some programs would read as another host (127.1, 0x7f000001, a dot of another script) is no host at all,
and what was judged is what is connected to.
"""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Final

VENDOR: Final = "pipelinersales.com"
TRUSTED: Final = "PIPELINER_TRUSTED_HOSTS"

_NAME: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*")
_NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*")


def normal(text: str) -> str:
    """Return a host name or an address (without brackets) in its one form.

    Raises:
        ValueError: It is neither; says why, as the end of a sentence.
    """
    if not text.isascii():
        raise ValueError(
            'has letters beyond ASCII; write such a name in its ASCII form, which begins with "xn--"'
        )
    host = text.lower().removesuffix(".")
    if ":" in host:
        if "%" in host:
            raise ValueError("names a network interface")
        return _address(host)
    if not _NAME.fullmatch(host):
        raise ValueError("is no host name")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise ValueError("is no address; write four decimal numbers, such as 127.0.0.1") from None
    return host


def _address(host: str) -> str:
    try:
        address = IPv6Address(host)
    except ValueError:
        raise ValueError("is no address") from None
    return str(address.ipv4_mapped or address)


def in_url(host: str) -> str:
    """Return *host* as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Tell whether *host*, in its one form, is this machine: localhost, 127.0.0.0/8 or ::1."""
    if re.fullmatch(r"[\d.]+", host):
        return IPv4Address(host).is_loopback
    return host in ("localhost", "::1")


def is_vouched(host: str, env: Mapping[str, str]) -> bool:
    """Tell whether the vendor or `PIPELINER_TRUSTED_HOSTS` vouches for *host*, or it is this machine."""
    return is_loopback(host) or host.endswith(f".{VENDOR}") or host in _trusted(env.get(TRUSTED, ""))


def _trusted(names: str) -> set[str]:
    found = set()
    for name in names.split(","):
        try:
            found.add(normal(name.strip().removeprefix("[").removesuffix("]")))
        except ValueError:
            continue  # "" and patterns, which trust nobody
    return found
