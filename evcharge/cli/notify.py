"""--notify of evcharge report: whom it tells what changed, and when it does.

What does not belong here: what is said and how it is sent (``notify``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from evcharge.cli.options import database_url, given_outputs, setting
from evcharge.cli.terminal import notice, tell
from evcharge.errors import ConfigError

if TYPE_CHECKING:
    from evcharge.notify.mail import MailServer
    from evcharge.notify.target import Target
    from evcharge.report.story import Story

notify_option = click.option(
    "--notify",
    is_flag=False,
    flag_value="",
    metavar="[TARGET]",
    help="Send what changed, if any of it matters, before the report is saved: https://…, slack:https://…, "
    "teams:https://…, mailto:ADDRESS or file:FILE; without TARGET that of the setting notify. Needs --since-report "
    "last and --save.",
)
dry_run_option = click.option(
    "-n", "--dry-run", is_flag=True, help="Print what --notify would send; send nothing and save nothing."
)


class Recipient(NamedTuple):
    """Whom to tell, and the server that takes a mail; None unless it is one."""

    target: Target
    server: MailServer | None


def recipient_of(notify: str | None) -> Recipient | None:
    """Whom ``--notify`` names, or the setting of that name; None where nobody is to be told.

    Raises:
        ConfigError: nobody is named, the target or the mail server can't be used, or the file is not to be replaced.
    """
    if notify is None:
        return None
    from evcharge.kept import refuse_one_file_twice, refuse_to_replace
    from evcharge.notify.mail import mail_server
    from evcharge.notify.target import FILE, FORMS, MAIL, parse_target

    word = str(setting("notify", notify or None))
    if not word:
        raise ConfigError("notify_target_missing", "--notify names nobody, and neither does a setting.", FORMS)
    target = parse_target(word)
    if target.kind == FILE:
        path = Path(target.address)
        refuse_to_replace(path, said=f"--notify {word}")
        refuse_one_file_twice([*given_outputs(click.get_current_context()), ("--notify", path)])
    if target.kind != MAIL:
        return Recipient(target, None)
    names = [f"smtp_{name}" for name in ("host", "security", "from", "user", "password")]
    settings: dict[str, Any] = {name: setting(name) for name in names}
    return Recipient(target, mail_server(settings))


def tell_changes(story: Story, recipient: Recipient, dry_run: bool) -> None:
    """Sends what changed since the last saved report, or prints it; says why where there is nothing to tell.

    Raises:
        NotifyError: it could not be sent.
    """
    from evcharge.load.saved_reports import is_saved
    from evcharge.notify.message import message_of
    from evcharge.notify.send import send, shown
    from evcharge.report.saved import as_saved

    run, _ = as_saved(story)
    if is_saved(database_url(), run):
        notice(f"nothing to tell {recipient.target}: this report was saved before")
        return
    message = message_of(story)
    if message is None:
        notice(f"nothing to tell {recipient.target}")
    elif dry_run:
        for line in shown(message, *recipient).splitlines():
            tell(line, err=True)
    else:
        send(message, *recipient)
        notice(f"told {recipient.target}: {message.title}")
