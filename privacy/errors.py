"""What can go wrong with detection and redaction.

PrivacyError
├── BadPolicy            a policy that names an unknown entity or operator
├── KeyUnavailable       the key for pseudonyms cannot be read: nothing is redacted, so nothing is stored
├── VaultFault           the vault cannot do its work: no original is shown, and none is stored unsealed
│   ├── VaultKeyUnavailable  its keys cannot be had
│   ├── VaultKeyMissing      none of its keys is the one that sealed an original
│   └── VaultDamaged         a sealed original does not open: it was changed, or moved to another row
├── SealBroken           something sealed does not open: it was changed, moved, or sealed under another key
├── NamesUnavailable     the model that finds names cannot be had: nothing is redacted, so nothing is stored
└── PseudonymCollision   two values of a tenant have one pseudonym: the second is refused
"""

from __future__ import annotations

from catalog.errors import PortcullisError


class PrivacyError(PortcullisError):
    code = "privacy_error"


class BadPolicy(PrivacyError):
    code = "bad_policy"


class KeyUnavailable(PrivacyError):
    code = "privacy_key_unavailable"


class NamesUnavailable(PrivacyError):
    code = "names_unavailable"


class VaultFault(PrivacyError):
    code = "vault_fault"


class VaultKeyUnavailable(VaultFault):
    code = "vault_key_unavailable"


class VaultKeyMissing(VaultFault):
    code = "vault_key_missing"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"The vault's key {key_id} is not among those that are set, and it sealed originals. Add it behind the newest one; "
            "`portcullis vault rotate` makes it superfluous."
        )


class VaultDamaged(VaultFault):
    code = "vault_damaged"

    def __init__(self, pseudonym: str) -> None:
        super().__init__(
            f"The sealed original of {pseudonym} does not open: it was changed or moved. Restore the table `vault` from a "
            "backup, or let go of it with `portcullis vault discard` and ingest its documents again with --full."
        )


class SealBroken(PrivacyError):
    code = "seal_broken"

    def __init__(self) -> None:
        super().__init__(
            "Something sealed does not open: it was changed or moved, or PRIVACY_KEY is not what it was. Restore the key, or the "
            "table from a backup."
        )


class PseudonymCollision(PrivacyError):
    code = "pseudonym_collision"

    def __init__(self, pseudonym: str) -> None:
        super().__init__(
            f"Two values have the pseudonym {pseudonym}. The vault keeps the first; the other's document stays out. Another "
            "PRIVACY_KEY gives every value another pseudonym."
        )
