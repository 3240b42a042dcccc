"""A mail gives its headers, its body once and its attachments; nothing malformed stops it."""

from __future__ import annotations

from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import Quarantine
from ingest.parse.email import parse_email
from ingest.parse.engine import Options
from ingest.sniff import EMAIL, MBOX, sniff
from tests.unit.ingest.reading import read, reason, shape, text_of


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in ({"From": "Ana <ana@example.org>", "To": "ben@example.org", "Subject": "Grüße"} | headers).items():
        message[name] = value
    return message


def test_headers_body_once_and_attachments() -> None:
    message = mail(Date="Thu, 27 Jun 2013 13:29:57 +0200", Cc="Cy <cy@example.org>")
    message.set_content("Hello Ben,\n\nthe plan is attached.\n\n> What plan?\n> Tell me.\n")
    message.add_alternative("<p>Hello Ben,<p>the plan is attached.<blockquote>What plan? Tell me.</blockquote>", subtype="html")
    message.add_attachment(b"x,y\n1,2\n", maintype="text", subtype="csv", filename="plän.csv")
    message.add_attachment(b"x,y\n", maintype="text", subtype="csv", filename="plän.csv")
    inner = mail(Subject="Inner")
    inner.set_content("nested")
    message.add_attachment(inner)
    document = read(message.as_bytes(), "a.eml")
    assert document.title == "Grüße"
    assert shape(document)[0][2] == (
        "From: Ana <ana@example.org>\nTo: ben@example.org\nCc: Cy <cy@example.org>\n"
        "Date: 2013-06-27 13:29:57+02:00\nSubject: Grüße"
    )
    assert text_of(document).count("the plan is attached") == 1
    assert text_of(document).count("What plan?") == 1
    assert [m.name for m in document.members] == ["plän.csv", "plän (2).csv", "Inner.eml"]
    assert document.members[0].data == b"x,y\n1,2\n"
    assert "nested" in text_of(read(document.members[2].data, "Inner.eml"))


def test_html_is_the_body_where_it_is_the_fuller_one() -> None:
    message = mail()
    message.set_content("Your program shows no HTML.")
    message.add_alternative("<p>" + "A long letter with much in it. " * 10, subtype="html")
    assert "A long letter" in text_of(read(message.as_bytes(), "a.eml"))
    assert "shows no HTML" not in text_of(read(message.as_bytes(), "a.eml"))


def test_pictures_that_the_mail_shows_are_no_attachments() -> None:
    message = mail()
    message.set_content("<p>Look <img src='cid:a'>", subtype="html")
    message.add_related(b"\x89PNG", maintype="image", subtype="png", cid="<a>")
    assert not read(message.as_bytes(), "a.eml").members


def test_encodings_of_headers_and_bodies() -> None:
    raw = (
        "From: =?iso-8859-2?Q?Pawe=B3?= <p@example.org>\r\nSubject: a very\r\n long subject\r\n"
        "Content-Type: text/plain; charset=iso-8859-2\r\n\r\nZażółć gęślą jaźń"
    ).encode("iso-8859-2")
    document = read(raw, "a.eml")
    assert "Paweł" in document.elements[0].text
    assert document.title == "a very long subject"
    assert document.elements[1].text == "Zażółć gęślą jaźń"
    assert "Grüße" in text_of(read("From: a\r\nSubject: x\r\n\r\nGrüße".encode("utf-16"), "a.eml"))
    assert text_of(read(b"From: a@b\nContent-Type: text/plain; charset=nonsense\n\nplain", "a.eml")).endswith("plain")


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_nothing_malformed_stops_it(tail: bytes) -> None:
    start = b'From: a@b\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\n'
    with suppress(Quarantine):
        parse_email(start + tail, Options())


def test_what_is_encrypted_says_so() -> None:
    raw = b'From: a@b\nSubject: s\nContent-Type: multipart/encrypted; boundary="x"\n\n--x\n\nzzz\n--x--\n'
    assert reason(raw, "a.eml") == "encrypted"


def test_a_mailbox_gives_its_messages() -> None:
    box = "".join(f"From a@b Mon Jun 01 10:0{i}:00 2009\nSubject: {i}\n\nbody {i}\n>From here on\n\n" for i in range(3))
    document = read(box, "a.mbox")
    assert [m.name for m in document.members] == ["00001.eml", "00002.eml", "00003.eml"]
    assert document.members[1].data == b"Subject: 1\n\nbody 1\nFrom here on\n\n"
    assert sniff(box.encode(), "a.mbox") == MBOX
    assert sniff(b"Received: x\nFrom: y\nTo: z\n\nbody", "noname") == EMAIL


def test_outlook_messages(real_data: Path) -> None:
    document = read((real_data / "docs/unstructured/fake-email-attachment.msg").read_bytes(), "a.msg")
    assert [m.name for m in document.members] == ["fake-attachment.txt"]
    assert document.elements[0].text.startswith("From: ")
    assert "Lots of whitespace" in text_of(document)
    assert reason((real_data / "docs/unstructured/fake-encrypted.msg").read_bytes(), "a.msg") == "encrypted"


def test_outlook_s_compressed_rtf() -> None:
    from ingest.parse.compressed_rtf import decompress

    example = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af820680a656c20620a306e0a00776f726c646466 02".replace(" ", "")
    )
    with pytest.raises(ValueError, match="no compressed RTF"):
        decompress(b"x" * 20)
    assert decompress(example).startswith(b"{\\rtf1\\ansi\\ansicpg1252\\pard")
