"""What can go wrong between a question and its context. `problems.py` gives each its HTTP status.

RetrievalError
├── RequestError              the request itself cannot be served
│   ├── EmptyQuestion         nothing but white space
│   ├── QuestionTooLong       more characters than the service reads
│   ├── QuestionRefused       it seems to command the model that reads the answer, and the operator refuses such
│   ├── NoReranker            `rerank` where there is none
│   ├── BadFilter             a filter that names what is not declared, or cannot be understood
│   ├── RequestTooLarge       more bytes than the service reads
│   ├── UnknownTokenizer      no tokenizer has the name that the budget is to be counted by
│   ├── AmbiguousHeader       a header that says who asks came twice
│   ├── AmbiguousPerson       more than one header says on whose behalf
│   └── UserTokenUnsupported  a person's token, and no issuer is named that could vouch for it
├── BadToken                  a person's token that is not one of a named issuer for this service
│   └── ExpiredToken          one that was
├── InsufficientScope         a token that is good, but not for this
├── IssuerUnavailable         an issuer's keys cannot be had: its tokens cannot be checked now
├── BadTokenizers             RETRIEVAL_TOKENIZERS names what is no tokenizer
├── BadIssuers                RETRIEVAL_ISSUERS names what is not understood, or not safe
├── BadSessionStore           RETRIEVAL_SESSION_REDIS_URL names what cannot be used
├── BadRewriter               RETRIEVAL_REWRITE_URL or RETRIEVAL_REWRITE_MODEL cannot be used
├── SessionsUnavailable       where turns are kept does not answer: never raised to a caller, who gets a warning
├── BadMcp                    RETRIEVAL_MCP is on, and what it needs is missing or not safe
├── NotAuthenticated          no service key, or one that is unknown, revoked or expired
│   └── TokenNeeded           no person's token, where nothing else is taken
├── MissingScope              the key may not do this
├── NoPerson                  a key asks for itself: nobody's permissions apply, so nothing is readable
├── NotKept                   originals are not kept here, so none can be revealed
├── TooManyNames              a person asked by name more often than is allowed
├── RateLimited               a person, key or tenant asked more often than it may
│   └── BudgetExhausted       it was handed as many tokens as it may be in a day
├── BadLimitStore             RETRIEVAL_LIMITS_REDIS_URL names what cannot be used
├── BadCacheStore             RETRIEVAL_CACHE_REDIS_URL names what cannot be used
├── BadAlertWebhook           RETRIEVAL_ALERT_WEBHOOK is no address
├── BadTraces                 RETRIEVAL_TRACES_URL or what it needs cannot be used
├── NoSuchDocument            absent or unreadable: the two look alike
├── UnknownRequest            not kept, kept no longer, or somebody else's: all look alike
├── RequestUnreadable         a kept request that another release wrote in another form
├── RerankerUnfit             RETRIEVAL_RERANKER names no model that can rerank
├── RerankerLate              the reranker took longer than it may: the answer goes without it
├── Overloaded                as many requests as are allowed are at work and wait
├── DeadlineExceeded          the request took longer than it may
└── NotReady                  the service cannot answer questions now
    └── Draining              it is about to stop
"""

from __future__ import annotations

from catalog.errors import PortcullisError


class RetrievalError(PortcullisError):
    code = "retrieval_error"


class RequestError(RetrievalError):
    code = "invalid_request"


class EmptyQuestion(RequestError):
    code = "empty_question"

    def __init__(self) -> None:
        super().__init__("The question is empty. Put at least one word into `query`.")


class QuestionTooLong(RequestError):
    code = "question_too_long"

    def __init__(self, given_characters: int, max_characters: int) -> None:
        super().__init__(f"The question has {given_characters} characters; at most {max_characters} are read. Shorten it.")


class NoReranker(RequestError):
    code = "no_reranker"

    def __init__(self) -> None:
        super().__init__("This service has no reranker. Leave `rerank` out; an operator names one by RETRIEVAL_RERANKER.")


class BadFilter(RequestError):
    code = "bad_filter"

    def __init__(self, fault: str) -> None:
        super().__init__(f"The filter cannot be used. {fault}")


class QuestionRefused(RequestError):
    code = "question_refused"

    def __init__(self) -> None:
        super().__init__(
            "The question seems to command the model that reads the answer, and is not answered. Ask in other words."
        )


class RequestTooLarge(RequestError):
    code = "request_too_large"

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The request's body is larger than {max_bytes} bytes. Send the question alone.")


class UnknownTokenizer(RequestError):
    code = "unknown_tokenizer"

    def __init__(self, known: list[str]) -> None:
        super().__init__(f"There is no tokenizer of that name here. `context.tokenizer` may be one of: {', '.join(known)}.")


class AmbiguousHeader(RequestError):
    code = "ambiguous_header"

    def __init__(self, name: str) -> None:
        super().__init__(f"The header {name} came more than once. Send it once.")


class AmbiguousPerson(RequestError):
    code = "ambiguous_person"

    def __init__(self) -> None:
        super().__init__(
            "Say once who asks: by a person's token, or by X-On-Behalf-Of with a key that has the scope `impersonate`."
        )


class UserTokenUnsupported(RequestError):
    code = "user_token_unsupported"

    def __init__(self) -> None:
        super().__init__(
            "No issuer is named here that could vouch for a token (RETRIEVAL_ISSUERS). Name the person in X-On-Behalf-Of instead."
        )


class BadToken(RetrievalError):
    code = "bad_token"

    def __init__(self) -> None:
        super().__init__("The token is not one that this service takes. Get an access token for it from the identity provider.")


class ExpiredToken(BadToken):
    code = "token_expired"

    def __init__(self) -> None:
        RetrievalError.__init__(self, "The token expired. Get a new one from the identity provider.")


class InsufficientScope(RetrievalError):
    code = "insufficient_scope"


class IssuerUnavailable(RetrievalError):
    code = "issuer_unavailable"
    retryable = True

    def __init__(self) -> None:
        super().__init__("The identity provider's keys cannot be had now, so its tokens cannot be checked. Check its `jwks`.")


class BadTokenizers(RetrievalError):
    code = "bad_tokenizers"

    def __init__(self, fault: str) -> None:
        super().__init__(f"RETRIEVAL_TOKENIZERS is not taken: {fault}. It is a JSON object of names and tokenizer.json files.")


class BadIssuers(RetrievalError):
    code = "bad_issuers"

    def __init__(self, fault: str) -> None:
        super().__init__(f"RETRIEVAL_ISSUERS is not taken: {fault}. docs/identity.md shows how it is written.")


class BadSessionStore(RetrievalError):
    code = "bad_session_store"

    def __init__(self, fault: str) -> None:
        super().__init__(f"RETRIEVAL_SESSION_REDIS_URL is not taken: {fault}. Without it, sessions are kept in the catalog.")


class BadRewriter(RetrievalError):
    code = "bad_rewriter"

    def __init__(self) -> None:
        super().__init__(
            "RETRIEVAL_REWRITE_URL is no base of an API (`https://HOST/v1`), or RETRIEVAL_REWRITE_MODEL is missing. Without the "
            "URL questions are rewritten by rules."
        )


class BadMcp(RetrievalError):
    code = "bad_mcp"

    def __init__(self, fault: str) -> None:
        super().__init__(f"The MCP server (RETRIEVAL_MCP) cannot be opened: {fault}. docs/mcp.md shows what it needs.")


class SessionsUnavailable(RetrievalError):
    code = "session_unavailable"
    retryable = True

    def __init__(self) -> None:
        super().__init__("Where sessions are kept does not answer. Check the Redis that RETRIEVAL_SESSION_REDIS_URL names.")


class NotAuthenticated(RetrievalError):
    code = "not_authenticated"

    def __init__(self, *, presented: bool) -> None:
        self.presented = presented
        super().__init__(
            "The service key is unknown, revoked or expired. `portcullis keys create` makes a new one."
            if presented
            else "Send a service key: `Authorization: Bearer pck_...`. `portcullis keys create` makes one."
        )


class TokenNeeded(NotAuthenticated):
    code = "token_needed"

    def __init__(self, *, presented: bool) -> None:
        self.presented = presented
        RetrievalError.__init__(
            self,
            "Send the person's own access token for this server: `Authorization: Bearer ...`. Service keys are not taken here.",
        )


class MissingScope(RetrievalError):
    code = "missing_scope"

    def __init__(self, key_id: str, scope: str) -> None:
        super().__init__(f"The key {key_id} has no scope `{scope}`. Make one with `portcullis keys create --scope {scope}`.")


class NoPerson(RetrievalError):
    code = "unknown_person"

    def __init__(self) -> None:
        super().__init__("Say who asks: `X-On-Behalf-Of: USER`. A key by itself may read nothing.")


class NotKept(RetrievalError):
    code = "not_kept"

    def __init__(self) -> None:
        super().__init__(
            "Originals are not kept here, so none can be revealed. An operator keeps them by PRIVACY_KEEP_ORIGINALS."
        )


class TooManyNames(RetrievalError):
    code = "too_many_names"
    retryable = True

    def __init__(self, most_per_minute: int) -> None:
        super().__init__(
            f"More than {most_per_minute} questions in a minute named somebody. Ask again later, or without the name."
        )


class RateLimited(RetrievalError):
    """After `after_seconds` something of the quota is back."""

    code = "rate_limited"
    retryable = True
    after_seconds = 2
    says = "As many requests as this {whose} may send were sent. Ask again in {seconds} seconds."

    def __init__(self, whose: str, after_seconds: int) -> None:
        self.after_seconds = after_seconds
        super().__init__(self.says.format(whose=whose, seconds=after_seconds))


class BudgetExhausted(RateLimited):
    code = "budget_exhausted"
    says = "As many tokens as this {whose} may be handed in a day were handed out. Ask again in {seconds} seconds."


class BadLimitStore(RetrievalError):
    code = "bad_limit_store"

    def __init__(self, fault: str) -> None:
        super().__init__(f"RETRIEVAL_LIMITS_REDIS_URL is not taken: {fault}. Without it, each process counts for itself.")


class BadCacheStore(RetrievalError):
    code = "bad_cache_store"

    def __init__(self, fault: str) -> None:
        super().__init__(f"RETRIEVAL_CACHE_REDIS_URL is not taken: {fault}. Without it each process keeps answers in its memory.")


class BadAlertWebhook(RetrievalError):
    code = "bad_alert_webhook"

    def __init__(self) -> None:
        super().__init__(
            "RETRIEVAL_ALERT_WEBHOOK is no address; write `https://HOST/PATH`, or leave it out: /metrics tells alike."
        )


class BadTraces(RetrievalError):
    code = "bad_traces"

    def __init__(self, fault: str) -> None:
        super().__init__(f"RETRIEVAL_TRACES_URL is not taken: {fault}. Without it, no traces are made.")


class NoSuchDocument(RetrievalError):
    code = "unknown_document"

    def __init__(self) -> None:
        super().__init__("There is no document with this id that this person may read.")


class UnknownRequest(RetrievalError):
    code = "unknown_request"

    def __init__(self) -> None:
        super().__init__(
            "No request of this person is kept under this id. Requests are kept for some days, where `portcullis request-log on` "
            "was said."
        )


class RequestUnreadable(RetrievalError):
    code = "request_unreadable"

    def __init__(self) -> None:
        super().__init__(
            "The request was kept by another release, in a form that this one does not read. Replay it with that one."
        )


class RerankerUnfit(RetrievalError):
    code = "reranker_unfit"


class RerankerLate(RetrievalError):
    code = "reranker_late"
    retryable = True

    def __init__(self) -> None:
        super().__init__("The reranker took longer than RETRIEVAL_RERANK_SECONDS. Let it look at fewer passages.")


class Overloaded(RetrievalError):
    code = "overloaded"
    retryable = True

    def __init__(self) -> None:
        super().__init__("Too many requests are at work and wait. Ask again a little later.")


class DeadlineExceeded(RetrievalError):
    code = "deadline_exceeded"
    retryable = True

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The answer was not there within {seconds:g} seconds. Ask again later, or for less.")


class NotReady(RetrievalError):
    code = "not_ready"
    retryable = True


class Draining(NotReady):
    code = "draining"

    def __init__(self) -> None:
        super().__init__("The service is about to stop. Ask another one.")
