"""Every error that a request can meet has a row that was thought about, and no row says too much."""

from __future__ import annotations

from uuid import uuid4

import pytest

import acl.errors
import catalog.errors
import index.errors
import privacy.errors
import retrieval.errors
from catalog.errors import PortcullisError
from retrieval.problems import TABLE, problem, problem_of_fields, problem_of_status

MODULES = (catalog.errors, acl.errors, index.errors, privacy.errors, retrieval.errors)
ERRORS = [v for m in MODULES for v in vars(m).values() if isinstance(v, type) and issubclass(v, PortcullisError)]

OF_THE_SERVICE = (retrieval.errors.NotReady, retrieval.errors.Overloaded, retrieval.errors.DeadlineExceeded)
"""What they say is made of our own words alone."""


def bare(error: type[PortcullisError]) -> PortcullisError:
    made = error.__new__(error)
    Exception.__init__(made, "SECRET")
    if isinstance(made, retrieval.errors.NotAuthenticated):
        made.presented = True
    return made


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: e.__name__)
def test_what_is_ours_to_mend_says_nothing_of_itself(error: type[PortcullisError]) -> None:
    answer = problem(bare(error), uuid4())
    assert 400 <= answer.status < 600
    if answer.status >= 500 and not issubclass(error, OF_THE_SERVICE):
        assert "SECRET" not in str(answer.body)
    assert answer.body["status"] == answer.status
    assert answer.body["retryable"] is (answer.body["code"] != "internal_error" and error.retryable)


def test_no_row_hides_a_later_one() -> None:
    for later, row in enumerate(TABLE):
        assert not any(issubclass(row.error, earlier.error) for earlier in TABLE[:later]), row.error


def test_a_stranger_says_nothing() -> None:
    answer = problem(ValueError("SECRET"), uuid4())
    assert (answer.status, answer.body["code"]) == (500, "internal_error")
    assert "SECRET" not in str(answer.body)


def test_a_challenge_tells_a_missing_key_from_a_wrong_one() -> None:
    missing = problem(retrieval.errors.NotAuthenticated(presented=False), uuid4())
    wrong = problem(retrieval.errors.NotAuthenticated(presented=True), uuid4())
    assert missing.headers["WWW-Authenticate"] == 'Bearer realm="portcullis"'
    assert wrong.headers["WWW-Authenticate"] == 'Bearer realm="portcullis", error="invalid_token"'


def test_fields_are_named_only_if_they_look_like_fields() -> None:
    errors = [{"type": "extra_forbidden", "loc": ("body", "call kim at 5"), "msg": "m", "input": "SECRET"}]
    answer = problem_of_fields(errors, uuid4())
    assert answer.body["errors"] == [{"field": "?", "message": "no such field"}]
    assert "SECRET" not in str(answer.body)


def test_a_status_without_a_row_is_still_a_problem() -> None:
    assert problem_of_status(418, uuid4()).body["code"] == "http_error"
