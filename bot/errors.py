"""Why the command line cannot do what it was asked: one line for the operator, never a traceback."""


class CannotRun(Exception):
    """Kuotu cannot start here; the sentence names the remedy. Exit code 1."""


class BadSettings(CannotRun):
    """A setting cannot be. Exit code 78 (EX_CONFIG of sysexits.h), so that a supervisor does not try again."""


class Refused(Exception):
    """What was asked cannot be done; the sentence names the value. Exit code 2."""
