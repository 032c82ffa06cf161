"""Read a currency as printed (`€`, `US$`, `euro`, `chf`) into its ISO 4217 code."""

_LISTED = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD "
    "HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD "
    "MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN "
    "PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY "
    "TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"
)
_CODES = frozenset(_LISTED.split())
_SIGNS = {
    **dict.fromkeys(("€", "euro", "euros"), "EUR"),
    **dict.fromkeys(("£", "pound sterling", "pounds sterling"), "GBP"),
    **dict.fromkeys(("us$", "us dollar", "us dollars", "u.s. dollar", "u.s. dollars"), "USD"),
    **dict.fromkeys(("sfr", "sfr.", "fr.", "swiss franc", "swiss francs", "schweizer franken"), "CHF"),
    "a$": "AUD",
    "c$": "CAD",
    "ca$": "CAD",
    "nz$": "NZD",
    "hk$": "HKD",
    "s$": "SGD",
    "r$": "BRL",
    "rmb": "CNY",
    "zł": "PLN",
    "kč": "CZK",
    "ft": "HUF",
    "rm": "MYR",
    "₹": "INR",
    "₽": "RUB",
    "₺": "TRY",
    "₩": "KRW",
    "₫": "VND",
    "₪": "ILS",
    "฿": "THB",
    "₴": "UAH",
}
_BY_PLACE = {
    "$": {
        **dict.fromkeys(("US", "PR", "EC", "SV"), "USD"),
        "CA": "CAD",
        "AU": "AUD",
        "NZ": "NZD",
        "SG": "SGD",
        "HK": "HKD",
        "MX": "MXN",
        "AR": "ARS",
        "CL": "CLP",
        "CO": "COP",
    },
    "¥": {"JP": "JPY", "CN": "CNY"},
    "kr": {"SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK"},
}


def currency_code(text: str, *, locale: str | None) -> str | None:
    """The code, or nothing when it is unknown or, without a locale's country, undecided (`$`, `kr`, `¥`).

    >>> currency_code(" €", locale=None), currency_code("chf", locale=None), currency_code("$", locale="en_CA")
    ('EUR', 'CHF', 'CAD')
    >>> currency_code("$", locale=None) is None
    True
    """
    clean = " ".join(text.split()).casefold()
    if clean.upper() in _CODES:
        return clean.upper()
    place = (locale or "").replace("-", "_").partition("_")[2].upper()
    places = _BY_PLACE.get(clean.rstrip("."))
    return places.get(place) if places else _SIGNS.get(clean)
