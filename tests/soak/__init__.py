"""Long trials: the program is killed, and the Bot API fails, for as long as one likes. `make soak` runs them whole."""
