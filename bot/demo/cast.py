"""The people of the demonstration, and its clock that can be moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.conversations import recognise
from bot.messages import Person
from tickets.database import Database
from tickets.policy import Organisation

POLICY = Path(__file__).parent / "firstline.toml"


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody of the demo company: account, name, job, and the office they are in."""

    id: str
    name: str
    title: str
    site: str


EMPLOYEES = (
    Employee("maya", "Maya Lindqvist", "Accounts payable", "denver"),
    Employee("jakub", "Jakub Kamiński", "Warehouse planner", "krakow"),
    Employee("aisha", "Aisha Rahman", "Sales manager", "new-york"),
    Employee("diego", "Diego Fuentes", "Field engineer", "dallas"),
    Employee("hana", "Hana Suzuki", "Front desk", "boston"),
    Employee("ewa", "Ewa Szymańska-Brzęczyszczykiewicz", "People operations", "warsaw"),
)


def person(employee: Employee, organisation: Organisation) -> Person:
    """The employee as the web platform would verify them."""
    return Person(
        organisation=organisation.id,
        platform="web",
        id=employee.id,
        name=employee.name,
        timezone=organisation.site(employee.site).timezone.key,
    )


async def seed(database: Database, organisation: Organisation) -> None:
    """Make the employees known, with their offices, as a directory would."""
    async with database.transaction(organisation.id) as tx:
        for employee in EMPLOYEES:
            row = await recognise(tx, person(employee, organisation))
            row.site = row.site or employee.site


class MovableClock:
    """The desk's clock in a demonstration: the database's, shifted. The shift is kept in a file, so that tickets of
    tomorrow are not in the future after a restart."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._shift = timedelta(seconds=float(file.read_text()))
        except (OSError, ValueError):
            self._shift = timedelta()

    def __call__(self, instant: datetime) -> datetime:
        return instant + self._shift

    def now(self) -> datetime:
        return self(datetime.now(UTC))

    def move(self, by: timedelta) -> None:
        self._keep(self._shift + by)

    def set(self, to: datetime) -> None:
        shift = to - datetime.now(UTC)
        self._keep(shift if abs(shift) > timedelta(seconds=2) else timedelta())

    def _keep(self, shift: timedelta) -> None:
        self._shift = shift
        self._file.write_text(str(shift.total_seconds()))
