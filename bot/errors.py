"""The errors that end a command. The operator sees one line, never a traceback."""


class CannotRun(Exception):
    """Kuotu cannot run on this machine. The message names the remedy. The exit code is 1."""


class BadSettings(CannotRun):
    """A setting is invalid. The exit code is 78 (EX_CONFIG in sysexits.h), so that no supervisor restarts Kuotu."""


class Refused(Exception):
    """The request is invalid. The message names the wrong value. The exit code is 2."""
