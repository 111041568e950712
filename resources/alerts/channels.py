"""Slack, webhooks and e-mail: how an alarm is told, and whether it surely arrived.

No address and no key is ever part of a message, an error or a log line.
"""

import hashlib
import logging
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

from resources.environment import secret
from resources.task.settings.alerts import Alerts, Email

TIMEOUT_S = 10.0
"""For a connection, and for an answer."""

TRIES_AT_ONCE = 3
"""Tries of one turn, half a second and more apart; the next turn tries again later."""


class NotSentError(Exception):
    """The message surely did not arrive: it may be sent again."""


class UnsureError(Exception):
    """Nobody knows whether the message arrived: it must not be sent again."""


@dataclass(frozen=True)
class Alert:
    """What is told of one alarm: never an item's text.

    Parameters
    ----------
    alarm_id : str
        The same at every try; receivers may know repeats by it.
    title : str
        One line.
    lines : tuple of str
        Evidence, and what to do next.
    link : str
        Where to look.
    facts : dict
        The alarm as data, for webhooks.
    """

    alarm_id: str
    title: str
    lines: tuple[str, ...]
    link: str
    facts: dict[str, Any]

    @property
    def text(self) -> str:
        """Title, lines and link as plain text."""
        return "\n".join([self.title, *(f"- {line}" for line in self.lines), self.link])


Channel = Callable[[Alert], None]
"""Sends an alert; raises :class:`NotSentError` or :class:`UnsureError`."""


def channels(alerts: Alerts) -> dict[str, Channel]:
    """Return the channels of a task by name: ``slack``, ``webhook/VARIABLE``, ``email``.

    An environment variable that is not set is told when the alert is sent, and tried again then.
    """
    found: dict[str, Channel] = {}
    if alerts.slack is not None:
        variable = alerts.slack.url_variable
        found["slack"] = _retried(lambda alert: _post(variable, alert, {"text": alert.text}))
    for webhook in alerts.webhooks:
        name = webhook.url_variable
        found[f"webhook/{name}"] = _retried(
            lambda alert, name=name: _post(name, alert, {**alert.facts, "link": alert.link})
        )
    if alerts.email is not None:
        email = alerts.email
        found["email"] = _retried(lambda alert: _mail(email, alert))
    return found


def _retried(send: Channel) -> Channel:
    return retry(
        retry=retry_if_exception_type(NotSentError),
        stop=stop_after_attempt(TRIES_AT_ONCE),
        wait=wait_exponential(multiplier=0.5, max=4),
        reraise=True,
    )(send)


def _post(variable: str, alert: Alert, body: dict[str, Any]) -> None:
    """POST JSON; an answer of 2xx has arrived, any other has not, no answer leaves it unsure."""
    import httpx  # only a turn that has something to tell needs it

    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses, which are secrets
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    url = secret(variable)
    if url is None:
        raise NotSentError(f"the environment variable {variable} is not set")
    try:
        answer = httpx.post(
            url,
            json=body,
            headers={"Idempotency-Key": alert.alarm_id.encode("ascii", "replace").decode()},
            timeout=TIMEOUT_S,
            follow_redirects=False,
        )
    except (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.InvalidURL,
        httpx.UnsupportedProtocol,
    ) as error:
        raise NotSentError(f"no connection: {type(error).__name__}") from None
    except httpx.HTTPError as error:
        raise UnsureError(f"no answer: {type(error).__name__}") from None
    if not answer.is_success:
        raise NotSentError(f"answered {answer.status_code}")


def _mail(settings: Email, alert: Alert) -> None:
    """Send by SMTP; once the server has the whole message and gives no answer, it is unsure."""
    message = EmailMessage()
    message["From"], message["To"] = settings.sender, ", ".join(settings.to)
    message["Subject"] = alert.title
    digest = hashlib.sha256(alert.alarm_id.encode()).hexdigest()[:24]
    message["Message-ID"] = f"<{digest}@touchstone.invalid>"
    message.set_content(alert.text)
    try:
        with smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S) as server:
            if settings.starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.user_variable is not None and settings.password_variable is not None:
                server.login(_known(settings.user_variable), _known(settings.password_variable))
            _hand_over(server, message)
    except smtplib.SMTPServerDisconnected:
        # said after QUIT or before the message: _hand_over has its own word for in between
        raise NotSentError("the mail server hung up") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotSentError(f"mail: {type(error).__name__}") from None


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        refused = server.send_message(message)
    except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
        raise UnsureError(f"mail: {type(error).__name__} while handing over") from None
    if refused:
        raise UnsureError(f"{len(refused)} addresses were refused, the others were told")


def _known(variable: str) -> str:
    value = secret(variable)
    if value is None:
        raise NotSentError(f"the environment variable {variable} is not set")
    return value
