"""How many decimals a currency has.

Source: ISO 4217, list one of 2026-01-01 (currencies and funds in use). Metals, baskets and codes for tests
have no smallest part, and are no more known here than codes of somebody's own.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

_CODES: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
    CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD
    HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS
    VED VES WST XAD XCD XCG YER ZAR ZMW ZWG""",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
# code -> decimals
DECIMALS: Final[Mapping[str, int]] = MappingProxyType(
    {code: decimals for decimals, codes in _CODES.items() for code in codes.split()}
)


def decimals_of(amount: Decimal) -> int:
    """Return with how many decimals *amount* was written."""
    exponent = amount.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def too_fine(amount: Decimal, code: str | None) -> tuple[str, str] | None:
    """Return what to say, and what to do, when *amount* is written with more decimals than its currency has.

    A currency that ISO 4217 does not know may have any.
    """
    most = DECIMALS.get(code or "")
    if code is None or most is None or decimals_of(amount) <= most:
        return None
    written = f"{amount:f}"
    has = f"{code} has {most or 'none'}"
    return f"{written} has {_count(decimals_of(amount))}; {has}.", fewer_decimals(written, code)


def _count(decimals: int) -> str:
    return f"{decimals} decimal{'' if decimals == 1 else 's'}"


def fewer_decimals(written: str, code: str) -> str:
    """Return what to write in place of an amount with more decimals than the currency *code* has."""
    most = DECIMALS[code]
    whole, _, part = written.partition(".")
    rest = part[most:].strip("0")
    short = f"{whole}.{part[:most]}" if most else whole
    rounded = f"round it to {_count(most)}" if most else "round it to a whole number"
    fewer = rounded if rest else f"write {short} {code}"
    if len(part) == 3 and len(whole) <= 3 and whole != "0":  # the point may be meant to separate thousands
        return f"write {whole}{part} {code} if you mean thousands; else {fewer}"
    return fewer
