"""What the values of settings look like. A value that looks otherwise is refused with the remedy."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from inference.casting import cast, offered
from inference.safety.verdict import SHIPPED
from inference.surprise.semantic import STATISTICS
from inference.worker.checks import NO_CLASSIFIER


def _like_a_token(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not re.fullmatch(r"\d+:[\w-]+", value.get_secret_value(), re.ASCII):
        raise ValueError("a token looks like 123456789:AAF…; copy it from @BotFather again")
    return value


def _like_a_secret(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\w-]{0,256}", value.get_secret_value(), re.ASCII):
        raise ValueError("Telegram takes up to 256 of A-Z a-z 0-9 _ -")
    return value


def _like_a_key(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"([0-9a-fA-F]{64})?", value.get_secret_value()):
        raise ValueError("a key has 64 hexadecimal digits; openssl rand -hex 32 makes one")
    return value


def _like_a_bearer_token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\w.~+/=-]{16,}|", value.get_secret_value(), re.ASCII):
        raise ValueError("use at least 16 of A-Z a-z 0-9 _ - . ~ + / =, such as `openssl rand -hex 16` prints")
    return value


def _like_an_address(value: str) -> str:
    address = urlsplit(value)
    if value and (address.scheme not in ("http", "https") or not address.hostname):
        raise ValueError("an address looks like https://example.org")
    return value.rstrip("/")


def _like_a_host(value: str) -> str:
    host = value.removeprefix("[").removesuffix("]")
    if not _is_numeric(host):
        if host.isdecimal() or re.fullmatch(r"[^:/]*:\d+", host):
            raise ValueError("the port belongs in KUOTU_PORT; a host is like 127.0.0.1, or 0.0.0.0 for everybody")
        if not re.fullmatch(r"[\w.-]+", host):
            raise ValueError("a host is a name or an address and nothing else, like 127.0.0.1")
    return host


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _like_a_casting(value: str) -> str:
    cast(value)
    return value


def _like_an_offer(value: str) -> str:
    offered(value)
    return value


def _like_a_classifier(value: str) -> str:
    if value not in (SHIPPED, NO_CLASSIFIER) and "/" not in value:
        raise ValueError("use mobilenet, none, a hub id like org/name, or a folder with its path")
    return value


def _like_a_guess(value: str) -> str:
    if value != STATISTICS and "/" not in value:
        raise ValueError("use statistics, a hub id like org/name, or a folder with its path")
    return value


def _split_numbers(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return tuple(int(part) for part in value.replace(",", " ").split())
    except ValueError:
        raise ValueError("ids are numbers, with commas between them") from None


def _split_networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return tuple(ip_network(part, strict=False) for part in value.replace(",", " ").split())
    except ValueError as error:
        raise ValueError(f"{error}; use addresses and networks like 127.0.0.1 and 172.16.0.0/12") from None


def _split_words(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


Token: TypeAlias = Annotated[SecretStr, AfterValidator(_like_a_token)]
WebhookSecret: TypeAlias = Annotated[SecretStr, AfterValidator(_like_a_secret)]
Key: TypeAlias = Annotated[SecretStr, AfterValidator(_like_a_key)]
BearerToken: TypeAlias = Annotated[SecretStr, AfterValidator(_like_a_bearer_token)]
Address: TypeAlias = Annotated[str, AfterValidator(_like_an_address)]
Host: TypeAlias = Annotated[str, AfterValidator(_like_a_host)]
Engines: TypeAlias = Annotated[str, AfterValidator(_like_a_casting)]
EngineOffer: TypeAlias = Annotated[str, AfterValidator(_like_an_offer)]
ClassifierName: TypeAlias = Annotated[str, AfterValidator(_like_a_classifier)]
GuessName: TypeAlias = Annotated[str, AfterValidator(_like_a_guess)]
Numbers: TypeAlias = Annotated[tuple[int, ...], NoDecode, BeforeValidator(_split_numbers)]
Networks: TypeAlias = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split_networks)]
Words: TypeAlias = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_words)]
