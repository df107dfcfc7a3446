"""Slack: its events become the desk's, the desk's effects become its messages, over HTTP or Socket Mode.

The only place that imports Slack's packages; it is imported only where Slack's settings are present.
"""
