"""What ``task.yaml`` may say about alerts: who is told of an alarm."""

from typing import Annotated

from pydantic import Field

from resources.task.section import Section

Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
"""Name of an environment variable, in capitals: an address by mistake is refused."""


class Slack(Section):
    """A Slack channel's incoming webhook; its address is a secret and stands in the environment."""

    url_variable: Variable = "SLACK_WEBHOOK_URL"


class Webhook(Section):
    """Any address that takes an alarm as JSON by POST."""

    url_variable: Variable


class Email(Section):
    """A mail server, who sends and who is told."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: str
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    starttls: bool = True
    user_variable: Variable | None = None
    password_variable: Variable | None = None


class Alerts(Section):
    """Who is told of an alarm, once for each."""

    link: str | None = Field(default=None, description="Where an alert points; else the report.")
    slack: Slack | None = None
    webhooks: tuple[Webhook, ...] = ()
    email: Email | None = None
