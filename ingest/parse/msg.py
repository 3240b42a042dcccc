"""Outlook messages, by python-oxmsg, which unstructured reads them with too: headers, body once, attachments as members."""

from __future__ import annotations

from email import message_from_string
from typing import Any

from ingest.errors import Quarantine
from ingest.parse.email import body_elements, header_element
from ingest.parse.encoding import decode
from ingest.parse.engine import Options, Reading
from ingest.parse.members import Members

_CLOSED = ("multipart/encrypted", "application/pgp-encrypted")
# Property ids of MS-OXPROPS
_RECIPIENTS = {1: "To", 2: "Cc"}
_RECIPIENT_TYPE, _RECIPIENT_NAME, _RECIPIENT_SMTP, _ADDRESS = 0x0C15, 0x3001, 0x39FE, 0x3003
_SENDER_NAME, _SENDER_SMTP, _SENDER_ADDRESS, _TRANSPORT = 0x0C1A, 0x5D01, 0x0C1F, 0x007D
_HTML, _RTF, _CODE_PAGE = 0x1013, 0x1009, 0x3FDE
_SUBMITTED, _DELIVERED = 0x0039, 0x0E06
_SHORT_NAME, _HIDDEN = 0x3704, 0x7FFE


def parse_msg(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine` encrypted for what S/MIME or rights management closed."""
    from oxmsg import Message

    message = Message.load(data)
    kind = (message.message_class or "").casefold()
    if kind.endswith("smime") or ".rpmsg" in kind:
        raise Quarantine("encrypted", "the mail is encrypted; save it decrypted from the mail program")
    members = Members(options, len(data))
    for attachment in message.attachments:
        name, content = _name(attachment), _content(attachment)
        if name.casefold().endswith((".rpmsg", ".pgp-encrypted")) or attachment.mime_type in _CLOSED:
            raise Quarantine("encrypted", "the mail is encrypted; save it decrypted from the mail program")
        if content and not _is_shown(attachment):
            members.add(name, content)
    elements = body_elements(*_bodies(message))
    headers = _headers(message)
    return Reading(message.subject or None, [header_element(headers), *elements] if headers else elements, members.members)


def _bodies(message: Any) -> tuple[str, str]:
    plain = message.body or ""
    raw = message.properties.binary_prop_value(_HTML)
    if raw:
        return plain, decode(raw, _charset(message))
    markup = message.html_body or ""
    if not plain.strip() and not markup.strip():
        plain = _rich_text(message)
    return plain, markup


def _rich_text(message: Any) -> str:
    """The body where Outlook kept it as compressed RTF alone."""
    compressed = message.properties.binary_prop_value(_RTF)
    if not compressed:
        return ""
    from ingest.parse.compressed_rtf import decompress
    from ingest.parse.rtf import rtf_to_text

    return rtf_to_text(decompress(compressed))


def _charset(message: Any) -> str | None:
    page = message.properties.int_prop_value(_CODE_PAGE)
    return {65001: "utf-8", 20127: "ascii", 28591: "latin-1"}.get(page, f"cp{page}") if page else None


def _headers(message: Any) -> list[tuple[str, str]]:
    properties = message.properties
    people: dict[str, list[str]] = {"To": [], "Cc": []}
    for recipient in message.recipients:
        found = recipient.properties
        field = _RECIPIENTS.get(found.int_prop_value(_RECIPIENT_TYPE) or 0)
        address = found.str_prop_value(_RECIPIENT_SMTP) or found.str_prop_value(_ADDRESS) or ""
        if field:
            people[field].append(_person(found.str_prop_value(_RECIPIENT_NAME) or "", address))
    sender = _person(
        properties.str_prop_value(_SENDER_NAME) or "",
        properties.str_prop_value(_SENDER_SMTP) or properties.str_prop_value(_SENDER_ADDRESS) or "",
    )
    if not sender and (transport := properties.str_prop_value(_TRANSPORT)):
        sender = message_from_string(transport).get("From") or ""
    sent = properties.date_prop_value(_SUBMITTED) or properties.date_prop_value(_DELIVERED)
    lines = [
        ("From", sender),
        ("To", ", ".join(people["To"])),
        ("Cc", ", ".join(people["Cc"])),
        ("Date", sent.isoformat(" ", "seconds") if sent else ""),
        ("Subject", message.subject or ""),
    ]
    return [(name, text) for name, text in lines if text.strip()]


def _person(name: str, address: str) -> str:
    """`Ana <ana@example.org>`; an address inside the organisation (X.500) says nothing to a reader."""
    name = name.strip().strip("'")
    if "@" not in address or address.casefold() == name.casefold():
        return name
    return f"{name} <{address}>" if name else address


def _name(attachment: Any) -> str:
    return attachment.file_name or attachment.properties.str_prop_value(_SHORT_NAME) or "attachment"


def _content(attachment: Any) -> bytes | None:
    """The file's bytes; None for a link, and for a message that lies in the file in pieces."""
    found = attachment.file_bytes
    return found if isinstance(found, bytes) and found else None


def _is_shown(attachment: Any) -> bool:
    """A picture that the body shows."""
    return bool(attachment.properties.int_prop_value(_HIDDEN)) and (attachment.mime_type or "").startswith("image/")
