"""Telling others: events on their way to webhooks."""
