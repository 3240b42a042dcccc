"""The files inside files: they follow their container, into the catalog and out of it.

Only the current version of a document has members. An earlier version's would be served to whom that version allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.documents import read_document
from catalog.ids import DocumentId, DocumentKey
from catalog.session import reading
from catalog.sources import status_rule
from catalog.versions import versions_of
from ingest.absorb import Absorbed
from ingest.file import FileEnd, absorb_file, entry_of
from ingest.resolve import current
from ingest.run import Leaving, Run, Tools


@dataclass(frozen=True, slots=True)
class Inside:
    """`ends`: members of a batch's files. `lost`: rows of those that no container holds any more; `leaving`: their documents."""

    ends: tuple[FileEnd, ...]
    lost: tuple[str, ...]
    leaving: tuple[Leaving, ...]


def ingest_inside(tools: Tools, run: Run, files: Sequence[FileEnd]) -> Inside:
    """Absorb what lies inside `files`, all of which are absorbed. Members of a file that was not read anew stay as they are.

    What is lost must leave before the new versions are published: then a crash in between leaves the containers to be read again,
    and nothing is served that they do not hold.
    """
    containers = _containers(run)
    held: list[FileEnd] = []
    found: list[FileEnd] = []
    outdated: set[str] = set()
    for file in files:
        path, known = file.entry.path, run.inside(file.entry.path)
        if file.absorbed is None:
            held += [FileEnd(entry_of(file.entry, state), state, None, 0.0) for state in known]
            continue
        others = containers.get(file.absorbed.key.document_id, ())
        if not (file.members or known or others):
            continue
        outdated.add(path)
        if _is_current(tools, run, file.absorbed):
            outdated.update(others)
            found += [absorb_file(tools, run, member) for member in file.members]
    kept = {end.state.path for end in found}
    rows = [state for path in outdated for state in run.inside(path) if state.path not in kept]
    lost = {state.path for state in rows}
    ends = (*found, *(end for end in held if end.state.path not in lost))
    staying = {end.state.document_id for end in ends}
    doomed = {row.document_id: row.parent for row in rows if row.document_id is not None and row.document_id not in staying}
    return Inside(ends, tuple(sorted(lost)), _leaving(tools, run, doomed))


def _containers(run: Run) -> dict[DocumentId, set[str]]:
    """The files with known members, by the document that they are versions of."""
    found: dict[DocumentId, set[str]] = {}
    for path in run.members:
        container = run.known.get(path)
        if container is not None and container.document_id is not None:
            found.setdefault(container.document_id, set()).add(path)
    return found


def _is_current(tools: Tools, run: Run, absorbed: Absorbed) -> bool:
    """Whether a version is the highest of its document, among all that are stored by now."""
    with reading(tools.catalog) as read:
        rule = status_rule(read, run.target.tenant_id, run.target.source_id)
        highest = current(versions_of(read, absorbed.key), rule=rule)
    return highest is not None and highest.id == absorbed.version_id


def _leaving(tools: Tools, run: Run, documents: dict[DocumentId, str | None]) -> tuple[Leaving, ...]:
    if not documents:
        return ()
    with reading(tools.catalog) as read:
        rows = [(read_document(read, DocumentKey(run.target.tenant_id, id_)), parent) for id_, parent in documents.items()]
    return tuple(Leaving(row.name, row.key, parent) for row, parent in rows if row.current_version_id is not None)
