"""What can go wrong with people, groups and access lists.

AclError
├── BadPrincipal       a name that is not `user:NAME`, `group:NAME` or `everyone`
├── UnknownPerson      nobody by that name, or disabled: reads nothing
├── NameTaken          a name that somebody has is to be given to somebody else
├── BadSnapshot        a group snapshot that cannot be understood
├── StaleSnapshot      an older sequence than the one that was applied, or the same one with other content
├── BrakeTripped       a change that touches too many people to happen unasked
└── CannotListen       the address of a service is taken or is none of this machine's
"""

from __future__ import annotations

from catalog.errors import PortcullisError, quoted


class AclError(PortcullisError):
    code = "acl_error"


class BadPrincipal(AclError):
    code = "bad_principal"

    def __init__(self, text: str) -> None:
        super().__init__(f"{quoted(text)} names nobody. Write `user:NAME`, `group:NAME` or `everyone`.")


class UnknownPerson(AclError):
    code = "unknown_person"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no active person {quoted(name)} here. Sync people first: `portcullis groups apply FILE`.")


class NameTaken(AclError):
    code = "name_taken"

    def __init__(self, name: object) -> None:
        super().__init__(f"{quoted(str(name))} is somebody already. Names are compared without regard to case.")


class BadSnapshot(AclError):
    code = "bad_snapshot"

    def __init__(self, place: str, fault: str) -> None:
        super().__init__(f"The group snapshot is not understood at {place}: {fault}. Nothing was changed.")


class StaleSnapshot(AclError):
    code = "stale_snapshot"

    def __init__(self, given: int, applied: int) -> None:
        super().__init__(
            f"The snapshot's sequence {given} is not newer than {applied}, which is applied, and says something else. "
            "Export a new one with a higher sequence."
        )


class BrakeTripped(AclError):
    code = "brake_tripped"

    def __init__(self, touched: int, people: int) -> None:
        super().__init__(
            f"{touched} people would read more or less than now, of {people}. `portcullis groups diff FILE` shows whom; "
            "if that is right, apply it again with --yes. Nothing was changed."
        )


class CannotListen(AclError):
    code = "cannot_listen"

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"Cannot listen on {host}:{port}: {reason}. Choose another with `--host` and `--port`.")
