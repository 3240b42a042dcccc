"""What can go wrong with detection and redaction.

PrivacyError
├── BadPolicy        a policy that names an unknown entity or operator
└── KeyUnavailable   the key for pseudonyms cannot be read: nothing is redacted, so nothing is stored
"""

from __future__ import annotations

from catalog.errors import PortcullisError


class PrivacyError(PortcullisError):
    code = "privacy_error"


class BadPolicy(PrivacyError):
    code = "bad_policy"


class KeyUnavailable(PrivacyError):
    code = "privacy_key_unavailable"
