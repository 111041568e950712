"""What ``task.yaml`` may say about alerts: who is told of an alarm."""

from typing import Annotated

from pydantic import Field

from resources.task.settings.section import Remakes, Section

Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
"""Name of an environment variable, in capitals: an address by mistake is refused."""


class Slack(Section):
    """A Slack channel's incoming webhook; its address is a secret and stands in the environment."""

    url_variable: Annotated[Variable, Remakes.NOTHING] = Field(
        default="SLACK_WEBHOOK_URL",
        description="Name of the environment variable that holds the webhook's address.",
    )


class Webhook(Section):
    """Any address that takes an alarm as JSON by POST."""

    url_variable: Annotated[Variable, Remakes.NOTHING] = Field(
        description="Name of the environment variable that holds the address."
    )


class Email(Section):
    """A mail server, who sends and who is told."""

    host: Annotated[str, Remakes.NOTHING] = Field(description="Name of the mail server.")
    port: Annotated[int, Field(ge=1, le=65535), Remakes.NOTHING] = Field(
        default=587, description="Port that it takes mail at."
    )
    sender: Annotated[str, Remakes.NOTHING] = Field(description="Address that alerts come from.")
    to: Annotated[tuple[str, ...], Field(min_length=1), Remakes.NOTHING] = Field(
        description="Addresses that alerts go to."
    )
    starttls: Annotated[bool, Remakes.NOTHING] = Field(
        default=True, description="Whether the connection is encrypted before anything is said."
    )
    user_variable: Annotated[Variable | None, Remakes.NOTHING] = Field(
        default=None,
        description="Name of the environment variable that holds the user's name, where one logs in.",
    )
    password_variable: Annotated[Variable | None, Remakes.NOTHING] = Field(
        default=None, description="Name of the environment variable that holds the password."
    )


class Alerts(Section):
    """Who is told of an alarm, once for each."""

    link: Annotated[str | None, Remakes.NOTHING] = Field(
        default=None, description="Where an alert points; else the report."
    )
    slack: Slack | None = None
    webhooks: tuple[Webhook, ...] = ()
    email: Email | None = None
