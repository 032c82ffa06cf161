"""Bytes to text: by byte-order mark, as UTF-8, as UTF-16 without a mark, else by the statistics of the bytes."""

import codecs

from charset_normalizer import from_bytes

from docrail.core.model import Issue, Severity

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODEPAGES = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "iso8859_15", "koi8_r"),
    *("shift_jis", "cp932", "euc_jp", "gb18030", "big5", "euc_kr"),
]
_CONTROLS = frozenset(range(32)) - {7, 8, 9, 10, 11, 12, 13, 27}


def is_text(data: bytes) -> bool:
    """Whether `data` is text in some encoding: few control bytes, or the zeros of UTF-16 in their places."""
    sample = data[:65536]
    if any(sample.startswith(mark) for mark, _ in _MARKS) or _find_utf16(sample):
        return True
    controls = sum(byte in _CONTROLS for byte in sample)
    return controls <= len(sample) * 0.02 or (sample.count(0) == controls <= len(sample) * 0.2)


def decode(data: bytes) -> tuple[str, tuple[Issue, ...]]:
    """The text of `data`, and an issue where the encoding had to be guessed."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), ()
    utf16 = _find_utf16(data[:65536])
    if utf16:
        return data.decode(utf16, errors="replace"), (_guessed(utf16),)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        return _guess(data, error)


def _find_utf16(sample: bytes) -> str | None:
    """UTF-16 without a mark shows as zeros in every second byte."""
    pairs = len(sample) // 2
    if pairs < 4:
        return None
    even, odd = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    if odd > 0.6 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.6 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return None


def _guess(data: bytes, error: UnicodeDecodeError) -> tuple[str, tuple[Issue, ...]]:
    if _is_damaged_utf8(data):
        text = data.decode("utf-8", errors="replace")
        message = f"Bytes that are no UTF-8 (the first at offset {error.start}) were replaced by \ufffd."
        return text, (Issue(code="encoding_damaged", message=message),)
    if _is_western(data):
        return data.decode("cp1252", errors="replace"), (_guessed("cp1252"),)
    best = from_bytes(data[:50_000], cp_isolation=_CODEPAGES).best()
    encoding = best.encoding if best else "cp1252"
    return data.decode(encoding, errors="replace"), (_guessed(encoding),)


def _is_damaged_utf8(data: bytes) -> bool:
    text = data[:65536].decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    return sum(ord(char) > 127 for char in text) - wrong > wrong or b"\xff" in data or b"\xfe" in data


def _is_western(data: bytes) -> bool:
    """Whether every high byte is a letter of cp1252 beside an ASCII letter, or one of its usual signs."""
    try:
        text = data[:65536].decode("cp1252")
    except UnicodeDecodeError:
        return False
    high = [index for index, char in enumerate(text) if ord(char) > 127]
    fitting = sum(text[i] in "€£§°–—„“”’ ©®±" or _is_beside_ascii(text, i) for i in high)
    return fitting >= 0.9 * len(high)


def _is_beside_ascii(text: str, index: int) -> bool:
    around = text[max(0, index - 1) : index] + text[index + 1 : index + 2]
    return text[index].isalpha() and any(char.isascii() and char.isalpha() for char in around)


def _guessed(encoding: str) -> Issue:
    message = (
        f"The encoding is not declared; {encoding} was taken. Give the file as UTF-8 if letters are wrong."
    )
    return Issue(code="encoding_guessed", message=message, severity=Severity.INFO)
