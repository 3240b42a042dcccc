"""E-mail (RFC 5322, MIME): its headers, its body once, its attachments as members. By the standard library, which forgives.

unstructured refuses a mail whose root part is empty and one with an attachment that it cannot read, and leaves the headers out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, parsedate_to_datetime
from mimetypes import guess_extension

from ingest.documents import Element
from ingest.errors import Quarantine
from ingest.parse.encoding import decode
from ingest.parse.engine import Options, Reading
from ingest.parse.html import read_html
from ingest.parse.members import Members
from ingest.parse.text import read_text
from ingest.sniff import byte_order

HEADERS = ("From", "To", "Cc", "Date", "Subject")
FULLER = 1.5
"""HTML with so many times the words of the plain text beside it is the body: that text only says that there is HTML."""
_QUOTE = re.compile(r"^(?:>[ \t]?)+", re.MULTILINE)
_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
MAX_PARTS = 2_000


@dataclass(slots=True)
class _Mail:
    members: Members
    elements: list[Element] = field(default_factory=list)
    parts: int = 0


def parse_email(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine` encrypted, too_large, or corrupt where there is no header."""
    if byte_order(data) is not None:
        data = decode(data).encode("utf-8")
    message = message_from_bytes(data.lstrip(b"\r\n \t"))
    if not message.keys():
        if not message.get_payload(decode=True):
            return Reading(None, [])
        raise Quarantine("corrupt", "it has no mail header; save it again from the mail program, or name it .txt")
    mail = _Mail(Members(options, len(data)))
    _read(message, mail)
    headers = [(name, text) for name in HEADERS if (text := _header(message, name))]
    return Reading(
        _header(message, "Subject") or None, [header_element(headers), *mail.elements] if headers else mail.elements,
        mail.members.members,
    )  # fmt: skip


def header_element(headers: list[tuple[str, str]]) -> Element:
    return Element("paragraph", "\n".join(f"{name}: {text}" for name, text in headers))


def body_elements(plain: str, markup: str) -> list[Element]:
    """The body once: the plain text, or the HTML where it is the only one or the fuller one."""
    read = read_html(markup).elements if markup.strip() else []
    said = sum(len(element.text.split()) for element in read)
    if said and (not plain.strip() or said > FULLER * len(plain.split()) + 20):
        return list(read)
    return read_text(_QUOTE.sub("", plain))


def _read(part: Message, mail: _Mail) -> None:
    """Add what `part` holds, in order."""
    mail.parts += 1
    if mail.parts > MAX_PARTS:
        raise Quarantine("bomb", f"it has more than {MAX_PARTS} parts; save what matters as files of its own")
    kind = part.get_content_type()
    if kind == "multipart/encrypted" or (kind.endswith("pkcs7-mime") and "enveloped" in str(part.get_param("smime-type", ""))):
        raise Quarantine("encrypted", "the mail is encrypted; save it decrypted from the mail program")
    if kind == "message/rfc822":
        _forwarded(part, mail)
    elif kind == "multipart/alternative":
        _alternative(part, mail)
    elif part.is_multipart():
        for inner in part.get_payload():
            if isinstance(inner, Message):
                _read(inner, mail)
    elif _is_body(part):
        text = _text(part)
        mail.elements += body_elements("", text) if kind == "text/html" else body_elements(text, "")
    elif not _is_decoration(part):
        _attach(part, mail)


def _alternative(part: Message, mail: _Mail) -> None:
    """Of the ways to say the same, one; what else hangs on them (a calendar entry, a picture) is attached."""
    leaves = list(_leaves(part))
    plain = "\n\n".join(_text(leaf) for leaf in leaves if _is_body(leaf) and leaf.get_content_type() != "text/html")
    markup = "\n".join(_text(leaf) for leaf in leaves if _is_body(leaf) and leaf.get_content_type() == "text/html")
    mail.elements += body_elements(plain, markup)
    for leaf in leaves:
        if leaf.get_content_type() == "message/rfc822":
            _forwarded(leaf, mail)
        elif not _is_body(leaf) and not _is_decoration(leaf):
            _attach(leaf, mail)


def _leaves(part: Message) -> Iterator[Message]:
    if part.is_multipart() and part.get_content_type() != "message/rfc822":
        for inner in part.get_payload():
            if isinstance(inner, Message):
                yield from _leaves(inner)
    else:
        yield part


def _forwarded(part: Message, mail: _Mail) -> None:
    for inner in part.get_payload() if part.is_multipart() else ():
        if isinstance(inner, Message):
            name = _name(part) or _header(inner, "Subject").replace("/", "-") or "message"
            mail.members.add(name if name.casefold().endswith(".eml") else f"{name}.eml", inner.as_bytes())


def _attach(part: Message, mail: _Mail) -> None:
    data = part.get_payload(decode=True)
    if isinstance(data, bytes) and data:
        extension = guess_extension(part.get_content_type()) or ".bin"
        mail.members.add(_name(part) or f"attachment{extension}", data)


def _is_body(part: Message) -> bool:
    """Text that is shown with the mail. A part without a type is text (RFC 2045, 5.2), one with a file's name is a file."""
    if part.get_content_disposition() == "attachment" or part.is_multipart():
        return False
    kind = part.get_content_type()
    if part.get_content_disposition() == "inline":
        return kind in ("text/plain", "text/html", "text/enriched")
    return (kind in ("text/plain", "text/html", "text/enriched") and not _name(part)) or kind == "message/delivery-status"


def _is_decoration(part: Message) -> bool:
    """Pictures that the HTML shows, and signatures."""
    if part.get_content_type() in _SIGNATURES:
        return True
    shown = part.get_content_disposition() == "inline" or part.get("Content-ID") is not None
    return part.get_content_maintype() == "image" and shown and part.get_content_disposition() != "attachment"


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    charset = part.get_param("charset")
    declared = collapse_rfc2231_value(charset) if charset else None
    return decode(data, declared) if isinstance(data, bytes) else ""


def _name(part: Message) -> str:
    name = part.get_filename()
    return _decoded(name).replace("\r", "").replace("\n", "") if name else ""


def _header(message: Message, name: str) -> str:
    """All lines of that header, decoded; a date in ISO 8601 with its zone."""
    lines = [_decoded(str(value)) for key, value in message.raw_items() if key.casefold() == name.casefold()]
    text = ", ".join(" ".join(line.split()) for line in lines if line.strip())
    if name == "Date" and text:
        try:
            return parsedate_to_datetime(text).isoformat(" ")
        except (ValueError, TypeError, IndexError, OverflowError):
            return text
    return text


def _decoded(raw: str) -> str:
    """Encoded words (RFC 2047) and bare 8-bit letters as characters."""
    raw = re.sub(r"\r?\n(?=[ \t])", "", raw)
    parts = []
    try:
        words = decode_header(raw) if "=?" in raw else [(raw, None)]
    except Exception:  # base64 that is none, and whatever else the standard library trips over
        words = [(raw, None)]
    for word, charset in words:
        data = word if isinstance(word, bytes) else word.encode("utf-8", "surrogateescape")
        parts.append(decode(data, charset) if not data.isascii() or charset else data.decode())
    return "".join(parts)
