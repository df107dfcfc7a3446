"""When the next call may leave: one message a second for each channel, and the pauses that Slack asks for. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

PER_CHANNEL = 1.0
"""Seconds between two new messages in one channel: Slack's limit."""

_REMEMBERED = 5_000


@dataclass
class Pace:
    """Instants are seconds by any one monotonic clock. Each process keeps its own; Slack's 429 settles the rest."""

    _posts: dict[tuple[str, str], float] = field(default_factory=dict)
    _pauses: dict[tuple[str, str], float] = field(default_factory=dict)

    def pause(self, team: str, method: str, seconds: float, now: float) -> None:
        """Slack answered 429: that method rests in that workspace."""
        self._pauses[team, method] = max(now + seconds, self._pauses.get((team, method), 0.0))

    def paused_for(self, team: str, method: str, now: float) -> float:
        return max(self._pauses.get((team, method), 0.0) - now, 0.0)

    def wait_for_channel(self, team: str, channel: str, now: float) -> float:
        return max(self._posts.get((team, channel), 0.0) - now, 0.0)

    def take_turn(self, team: str, channel: str, now: float) -> float:
        """Seconds to wait before posting; the next one waits for a second longer."""
        wait = self.wait_for_channel(team, channel, now)
        self._posts[team, channel] = now + wait + PER_CHANNEL
        if len(self._posts) > _REMEMBERED:
            self._posts = {place: until for place, until in self._posts.items() if until > now}
        return wait
