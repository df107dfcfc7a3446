"""A Slack of our own, at protocol level: the Web API with Slack's checks, the Events API with signatures and retries,
clicks and modals with triggers that expire, Socket Mode; and every kind of trouble on request."""
