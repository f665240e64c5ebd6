"""From what the user typed to the address of an endpoint, refused where a secret or an answer could leak."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from audit.errors import TargetError

SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Address:
    """Where an endpoint is. ``path`` has no slash at its end; ``model`` is "" when none was named."""

    secure: bool
    host: str
    port: int
    path: str
    model: str

    @property
    def url(self) -> str:
        """The address without the model's name."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}{self.path}"


def is_address(given: str) -> bool:
    """Whether the user named an endpoint rather than a path or a hub id."""
    return given.lower().startswith(SCHEMES)


def parse_address(given: str) -> Address:
    """``http(s)://host:port/v1#model-name`` as an Address; TargetError for anything that is not one."""
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError as error:
        raise TargetError(
            f"The address is not a URL ({error}): give http(s)://host:port/v1#model-name."
        ) from error
    host, secure = parts.hostname or "", parts.scheme.lower() == "https"
    _refuse(parts, host)
    if not secure and not is_loopback(host):
        raise TargetError(
            f"{host} is not this machine, and http would send prompts and answers in the clear: give an https "
            "address, or tunnel it to 127.0.0.1."
        )
    port = port if port is not None else 443 if secure else 80
    return Address(secure, host, port, parts.path.rstrip("/"), unquote(parts.fragment))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name alone: nothing is looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _refuse(parts: SplitResult, host: str) -> None:
    if parts.username is not None or parts.password is not None:  # not repeated: it may be a secret
        raise TargetError(
            "The address holds a user name or password: leave it out, and set ASSAY_API_KEY instead."
        )
    if parts.query:
        raise TargetError("The address holds a query (?...), which Assay does not send: leave it out.")
    if not host or not host.isascii() or not parts.path.isascii() or not parts.path.isprintable():
        raise TargetError("The address names no host that can be asked: give http(s)://host:port/v1#model-name.")
    if not unquote(parts.fragment).isprintable():
        raise TargetError("The model's name behind # cannot be printed: check it.")
    if " " in parts.path or " " in host:
        raise TargetError("The address holds a space: give http(s)://host:port/v1#model-name.")
