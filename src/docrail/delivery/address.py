"""Which addresses may be called: public ones, and what the settings allow besides."""

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):  # noqa: N818 - not an error of ours
    """This address is not called."""


def check_url(url: str) -> None:
    """Raises Refused for what is no address of a web server, whatever it resolves to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused(f"not an address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise Refused("must be http://host/… or https://host/…")
    if parts.username is not None or parts.password is not None:
        raise Refused("must not hold a user or a password: the signature says who we are")


def resolve(host: str, port: int, *, allowed: str) -> str:
    """The first address of a host, if every one of its addresses may be called; connect to exactly this one, so that
    another answer of the name server a moment later changes nothing.

    `allowed`: networks (`10.0.0.0/8`), separated by commas, that may be called though they are not public.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused(f"the name {host} is not known") from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    networks = [ipaddress.ip_network(each.strip()) for each in allowed.split(",") if each.strip()]
    for each in addresses:
        if not may_call(each, networks):
            raise Refused(f"{host} is at {each}, which is not public: `webhook_networks` may allow it")
    return addresses[0]


def may_call(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network] = ()) -> bool:
    """Whether an address is public or in one of the networks; what an IPv6 address carries inside counts.

    >>> [may_call(each) for each in ("1.1.1.1", "10.0.0.1", "127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1")]
    [True, False, False, False, False]
    """
    try:
        found = _inside(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if any(found in network for network in networks if network.version == found.version):
        return True
    return found.is_global and not found.is_multicast and not found.is_reserved


def _inside(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address
