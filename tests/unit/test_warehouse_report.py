"""The page of a screening shows the numbers that were counted, in both languages, and nothing of a person."""

import pytest
from warehouse_cast import Warehoused

from trialist.protocol import load
from trialist.report import screening_page
from trialist.screening.warehouse.record import record


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    crowd = Warehoused(load("smart"), tmp_path_factory.mktemp("warehouse"), people=300, affected=0.6, seed=2)
    screening = crowd.screening()
    return record(screening, screening.everyone(), months=2)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_whole_and_shows_every_step(counted, language):
    page = screening_page.render(counted, language)
    assert page == screening_page.render(counted, language)
    assert all(f">{step['id']}</text>" in page for step in counted["steps"])
    assert f"{sum(counted['classes'].values()):,}" in page
    assert "src=" not in page.replace("style-src", "")


def test_months_add_up_to_the_people_who_are_ready(counted):
    last = counted["months"][-1]
    assert last["day"] == counted["index"]
    assert sum(ready for ready, _ in last["sites"].values()) == (
        counted["classes"]["eligible"] + counted["classes"]["to_state"]
    )
    assert sum(sum(both) for both in last["sites"].values()) == sum(counted["classes"].values())
    assert len(counted["months"]) == 2


def test_few_people_of_a_site_are_not_told_exactly(counted):
    months = [{"day": "2026-03-31", "sites": {"1": [3, 9], "2": [12, 0]}}]
    page = screening_page.render({**counted, "months": months})
    section = page.partition('<section id="months"')[2].partition("</section>")[0]
    assert "&lt;5" in section
    assert ">12</td>" in section
    assert ">3</td>" not in section
