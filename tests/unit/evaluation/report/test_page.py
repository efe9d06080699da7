"""Numbers and text tables."""

import math

import pytest

from evaluation.report.page import number, signed, text_table, with_interval


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.248, ".248"),
        (0.0, ".000"),
        (-0.0314, "-.031"),
        (-0.0001, ".000"),
        (0.9996, "1.000"),
        (1.0, "1.00"),
        (10.05, "10.05"),
        (5.213, "5.21"),
        (-12.0, "-12.00"),
        (None, "-"),
        (math.nan, "-"),
    ],
)
def test_a_number_has_three_digits_and_no_leading_zero(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_a_difference_has_its_sign_and_an_interval_its_bounds() -> None:
    assert (signed(0.031), signed(-0.5), signed(math.nan)) == ("+.031", "-.500", "-")
    assert with_interval(0.25, (0.2, None)) == ".250 [.200, -]"


def test_columns_are_aligned_with_their_headings() -> None:
    rows = [["for_you", "1"], ["x", "12345"]]
    assert text_table(["", "mrr"], rows) == "           mrr\nfor_you      1\nx        12345"
    assert text_table(["", "mrr"], rows, right=False) == "         mrr\nfor_you  1\nx        12345"
