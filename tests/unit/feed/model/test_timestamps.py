from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.model.timestamps import from_us, rfc3339, to_us


@given(st.datetimes(timezones=st.timezones()))
def test_rfc3339_text_of_an_instant_is_the_same_instant(instant: datetime) -> None:
    assert to_us(datetime.fromisoformat(rfc3339(to_us(instant)))) == to_us(instant)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_instants_outside_the_years_1_to_9999_of_utc_are_clamped(text: str) -> None:
    assert from_us(to_us(datetime.fromisoformat(text))).year in {1, 9999}
