"""Cells of CSV files: nothing of them is a formula, whatever separates cells for the spreadsheet that opens them."""

import csv

import pytest

from tests.hostile_documents import VALUES
from vssx.evidence.cells import row


@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
@pytest.mark.parametrize("value", [*VALUES, *(f"Source={one}; Key={one}" for one in VALUES)])
def test_no_cell_is_a_formula(value: str, separator: str) -> None:
    [cells] = csv.reader([row(("id", value, value)).decode()], delimiter=separator)
    assert not [one for one in cells if one.strip()[:1] in tuple("=+-@＝＋－＠")]
    assert all(one.isprintable() for one in cells[:-1])
