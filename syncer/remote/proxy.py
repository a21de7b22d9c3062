"""Which proxy the environment asks for, checked before anything is sent."""

import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from typing import Final, NoReturn
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from syncer import installation
from syncer.model.problem import Problem, ProjectError

_SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_HINT: Final = (
    "write it like http://user:password@proxy.example:8080; in a user name and a password, blanks and any of "
    "@ : / ? # % are written as % and two digits"
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where connections go through.

    Attributes:
        url: Scheme, host and port.
        auth: User name and password for the proxy itself.
    """

    url: str
    auth: tuple[bytes, bytes] | None = field(default=None, repr=False)

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS, not HTTP."""
        return self.url.startswith("socks")


def proxy_for(host: str) -> Proxy | None:
    """Return the proxy that leads to *host* by HTTPS; None when there is none.

    `HTTPS_PROXY`, else `ALL_PROXY`, in either case of letters, unless `NO_PROXY` names the host, a domain it
    is in, or a network. Where the environment says nothing, macOS and Windows have settings of their own.

    Raises:
        ProjectError: It cannot be used. The value is not shown, since it may hold a password.
    """
    proxies = getproxies()
    name = next((name for name in ("https", "all") if proxies.get(name)), None)
    if name is None or proxy_bypass(host) or _in_network(host, proxies.get("no", "")):
        return None
    shown = f"{name.upper()}_PROXY" if getproxies_environment().get(name) else "The proxy of the system"
    return _checked(proxies[name], shown)


def _in_network(host: str, names: str) -> bool:
    """Tell whether *host* is an address in one of the networks among *names*."""
    for name in names.split(","):
        try:
            if ip_address(host) in ip_network(name.strip().strip("[]"), strict=False):
                return True
        except ValueError:
            continue
    return False


def _checked(value: str, name: str) -> Proxy:
    def refuse(why: str) -> NoReturn:
        detail = f"{name} {why}. Its value is not shown, since it may hold a password."
        raise ProjectError(Problem("proxy-invalid", detail, hint=_HINT)) from None

    text = value.strip()
    text = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        refuse("is no URL")
    if parts.scheme not in _SCHEMES:
        refuse(f"begins with neither {', '.join(f'{each}://' for each in _SCHEMES[:-1])} nor socks5h://")
    if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", host) or re.search(r"[\s\x00-\x1f\x7f\\]", text):
        refuse("names no host")
    if parts.path not in ("", "/") or parts.query or parts.fragment or port == 0:
        refuse("is more than scheme, host and port")
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ProjectError(
            Problem(
                "extra-missing",
                f"{name} is a SOCKS proxy, for which a part of syncer is not installed.",
                hint=installation.hint("socks"),
            )
        )
    shown = f"[{host}]" if ":" in host else host
    auth = None
    if parts.username is not None:
        auth = _bytes(parts.username), _bytes(parts.password or "")
    return Proxy(f"{parts.scheme}://{shown}{f':{port}' if port else ''}", auth)


def _bytes(text: str) -> bytes:
    return unquote(text, errors="surrogateescape").encode(errors="surrogateescape")
