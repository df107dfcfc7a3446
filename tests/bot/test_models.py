"""The five policies to start from: sound, with nobody missing for a year, and each telling the story of its model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import models
from tickets.coverage import Coverage, Load, Request, route
from tickets.kinds import Priority
from tickets.policy import Organisation, read
from tickets.survey import survey

MODELS = ["co-managed", "fully-managed", "on-demand", "project", "staff-augmentation"]


def organisation(model: str) -> Organisation:
    return read(models.text(model), f"{model}.toml")


def covered(
    model: str,
    category: str,
    at: str,
    priority: Priority | None = None,
    site: str = "denver",
    load: Load | None = None,
) -> Coverage:
    now = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("America/Denver")).astimezone(UTC)
    return route(Request(site, category, priority), organisation(model), now, load or Load())


MONDAY_NOON, SATURDAY_NIGHT = "2026-11-30T12:00", "2026-11-28T23:00"


def test_there_is_one_for_each_way_in_which_it_is_delivered() -> None:
    assert models.names() == MODELS


@pytest.mark.parametrize("model", MODELS)
def test_somebody_answers_whenever_a_clock_runs(model: str) -> None:
    start = datetime(2026, 11, 24, 17, tzinfo=UTC)
    found = survey(organisation(model), start, start + timedelta(days=90))
    assert found.clean, found


@pytest.mark.parametrize("model", MODELS)
def test_it_is_commented_and_fits_a_line(model: str) -> None:
    lines = models.text(model).splitlines()
    assert sum("#" in line for line in lines) >= 20
    assert max(map(len, lines)) <= 120


def ids(found: Coverage) -> list[str]:
    return [one.id for one in found.there]


def test_fully_managed_the_provider_answers_at_all_hours() -> None:
    assert ids(covered("fully-managed", "email", MONDAY_NOON)) == ["nora"]
    night = covered("fully-managed", "email", SATURDAY_NIGHT, Priority.P1)
    assert (ids(night), [page.technician.id for page in night.pages]) == (["arjun"], ["ravi", "lena", "nora"])
    given = covered("fully-managed", "email", SATURDAY_NIGHT).assignee
    assert given is not None
    assert given.id == "arjun"


def test_co_managed_by_day_ours_then_the_provider_s() -> None:
    day = covered("co-managed", "accounts", MONDAY_NOON)
    assert (day.queue.id, day.rollover.queue.id if day.rollover else None) == (
        "service-desk",
        "provider-desk",
    )
    assert covered("co-managed", "accounts", SATURDAY_NIGHT).queue.id == "provider-desk"
    assert [
        page.technician.id for page in covered("co-managed", "email", SATURDAY_NIGHT, Priority.P1).pages
    ] == [
        "arjun",
        "nora",
    ]
    payroll = covered("co-managed", "business-systems", SATURDAY_NIGHT)
    assert (payroll.queue.id, payroll.pages) == ("service-desk", ())
    assert payroll.say == "Orders, payments and payroll are looked after by our own people only."


def test_project_its_people_go_to_the_new_office_until_it_is_open() -> None:
    during = covered("project", "devices", MONDAY_NOON, site="austin")
    assert during.queue.id == "austin-opening"
    assert during.assignee is not None
    assert during.assignee.id == "nora"
    assert covered("project", "devices", "2027-09-01T12:00", site="austin").queue.id == "service-desk"
    assert covered("project", "devices", MONDAY_NOON, site="denver").queue.id == "service-desk"


def test_staff_augmentation_the_provider_s_people_work_in_our_queues() -> None:
    given = covered("staff-augmentation", "servers", MONDAY_NOON, load=Load(open={"ravi": 3})).assignee
    assert given is not None
    assert given.id == "lena"  # who is good at it, works by noon, and has least to do
    away = covered("staff-augmentation", "servers", "2026-12-22T12:00", load=Load(open={"ravi": 3})).assignee
    assert away is not None
    assert away.id == "ravi"


def test_on_demand_the_provider_comes_when_too_much_waits() -> None:
    assert covered("on-demand", "email", MONDAY_NOON).queue.id == "service-desk"
    assert covered("on-demand", "email", MONDAY_NOON, load=Load({"service-desk": 16})).queue.id == "provider"
    night = covered("on-demand", "email", SATURDAY_NIGHT, load=Load({"service-desk": 16}))
    assert night.queue.id == "service-desk"


def test_writing_one(tmp_path: Path) -> None:
    out = tmp_path / "firstline.toml"
    assert str(out) in models.write("project", out)
    assert out.read_text("utf-8") == models.text("project")
    with pytest.raises(SystemExit, match="is there already, so nothing was written"):
        models.write("project", out)
    with pytest.raises(SystemExit, match=r"no model 'co-manged'; did you mean 'co-managed'\?"):
        models.write("co-manged", tmp_path / "other.toml")
