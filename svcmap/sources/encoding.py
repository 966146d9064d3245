"""Bytes of a manifest to text: byte order marks, UTF-16 as some shells write it, and what is not text at all."""

from __future__ import annotations

import codecs

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAMPLE = 1024


def to_text(data: bytes) -> str | None:
    """The text of a file with `\\n` line ends, or None if it is binary.

    Bytes that are not valid UTF-8 become lone surrogates, so that only the document they stand in is lost.
    """
    encoding = "utf-8"
    for bom, name in BOMS:
        if data.startswith(bom):
            data, encoding = data[len(bom) :], name
            break
    else:
        encoding = _without_bom(data[:SAMPLE])
        if encoding == "binary":
            return None
    text = data.decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _without_bom(sample: bytes) -> str:
    """UTF-16 without a mark shows as a NUL in every second byte; other files with many NULs are not text."""
    nuls = sample.count(0)
    if nuls < 4:
        return "utf-8"
    half = len(sample) // 2
    if sample[1::2].count(0) > half * 0.8:
        return "utf-16-le"
    if sample[::2].count(0) > half * 0.8:
        return "utf-16-be"
    return "binary"


def first_bad_byte(text: str) -> tuple[int, int, int] | None:
    """(offset, line offset, byte) of the first byte that was not UTF-8, as `to_text` left it; None if there is none."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return error.start, text.count("\n", 0, error.start), ord(text[error.start]) & 0xFF
    return None
