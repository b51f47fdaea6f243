"""datasets.yaml: one contract for every record."""

from __future__ import annotations

import pytest

from cosmic_lib import catalog, studies

FIELDS = {"title", "homepage", "licence", "citation", "layout", "group", "items", "known_faults"}


@pytest.mark.parametrize("name", sorted(catalog.records()))
def test_record_is_complete(name):
    record = catalog.record(name)
    assert set(record) >= FIELDS
    assert all(record[field] for field in FIELDS)
    assert all("what" in fault for fault in record["known_faults"])


@pytest.mark.parametrize("name", studies.names())
def test_every_study_has_a_record_that_agrees_with_it(name):
    study = studies.get(name)
    assert catalog.record(study.data_set)["group"] == study.group


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="gtzan"):
        catalog.record("nothing")
