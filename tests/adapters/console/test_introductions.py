"""Who somebody at a terminal is."""

from __future__ import annotations

import pytest

from adapters.console.context import Introduction, Refusal
from bot.messages import (
    Person,
)
from bot.terminal import recognise
from tickets.policy import Policy, read


class TestWhoSomebodyIs:
    @pytest.fixture
    def policy(self) -> Policy:
        from bot.demo import cast

        text = cast.POLICY.read_text("utf-8")
        text = text.replace('accounts = ["web:dana"', 'accounts = ["console:dana.w", "web:dana"', 1)
        return Policy({"harbor": read(text, "firstline.toml")})

    @pytest.mark.parametrize(
        ("who", "account", "name"),
        [
            ("dana.w", "dana.w", "Dana Whitfield"),
            ("DANA  whitfield", "dana.w", "Dana Whitfield"),
            ("Maya Lindqvist", "maya-lindqvist", "Maya Lindqvist"),
            ("root", "root", "root"),
            ("Zoë \x1b[31m\n Ångström", "zoë-[31m-ångström", "Zoë [31m Ångström"),
        ],
    )
    def test_by_name_or_account(self, policy: Policy, who: str, account: str, name: str) -> None:
        found = recognise(Introduction(who), policy)
        assert (found.organisation, found.platform, found.id, found.name) == (
            "harbor",
            "console",
            account,
            name,
        )

    def test_in_a_demonstration_by_the_cast(self, policy: Policy) -> None:
        maya = Person("harbor", "web", "maya", "Maya Lindqvist", timezone="America/Denver")
        found = recognise(Introduction("Maya Lindqvist", timezone="Europe/Warsaw"), policy, [maya])
        assert (found.platform, found.id, found.timezone) == ("console", "maya", "America/Denver")

    def test_whose_desk_must_be_clear(self, policy: Policy) -> None:
        harbor = policy.organisation("harbor")
        several = Policy({"harbor": harbor, "acme": harbor})
        with pytest.raises(Refusal, match="--organisation: harbor, acme"):
            recognise(Introduction("maya"), several)
        with pytest.raises(Refusal, match="serves no organisation “beta”"):
            recognise(Introduction("maya", "beta"), several)
        assert recognise(Introduction("maya", "acme"), several).organisation == "harbor"
