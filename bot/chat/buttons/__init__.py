"""The callback data of buttons, one file per kind of message."""
