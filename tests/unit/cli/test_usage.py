"""What was used as a table and as a document: what has no price is counted, nothing is made wider than a terminal."""

from __future__ import annotations

import pytest
import typer

from catalog.histogram import histogram
from catalog.usage import Usage
from cli.usage import WINDOWS, Prices, Row, usage_body, usage_table, windows

USED = Usage(4, 1, 1, 1500, 3, microseconds=60_000, problems={"rate_limited": 1}, times=histogram([10, 20, 30]))
ROWS = {"north": [Row("24h", "retrieve", USED)]}


def test_without_prices_there_is_no_cost() -> None:
    headers, rows = usage_table(ROWS, Prices(None, None, "EUR"), tenants=True)
    assert headers == ["tenant", "since", "what", "asked", "failed", "refused", "p50 ms", "p95 ms", "p99 ms", "tokens", "calls"]
    assert rows == [["north", "24h", "retrieve", 4, 1, 1, "19.7", "30.6", "30.6", 1500, 3]]
    assert usage_body(ROWS["north"], Prices(None, None, ""))[0]["cost"] is None


def test_a_price_of_one_thing_is_the_cost() -> None:
    headers, rows = usage_table(ROWS, Prices(100.0, None, ""), tenants=False)
    assert (headers[0], headers[-1], rows[0][-1]) == ("since", "cost", "0.15")
    assert usage_table(ROWS, Prices(0.0, 1000.0, "USD"), tenants=False)[1][0][-1] == "3.00 USD"


def test_nothing_asked_has_no_times() -> None:
    (body,) = usage_body([Row("1h", "retrieve", Usage(1, refused=1))], Prices(None, None, ""))
    assert body["ms"] == {"p50": None, "p95": None, "p99": None, "mean": None}
    assert usage_table({"n": [Row("1h", "reveal", Usage())]}, Prices(None, None, ""), tenants=False)[1][0][5] is None


def test_windows_are_hours_or_days() -> None:
    assert windows(None) == WINDOWS
    assert windows("30d") == ("30d",)
    for wrong in ("0h", "3", "h", "-1h", "1m", "99999h", "1h "):
        with pytest.raises(typer.BadParameter):
            windows(wrong)
