"""What each button says when it is tapped: a file for every kind of message that has some."""
