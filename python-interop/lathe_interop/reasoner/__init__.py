"""The tiny reasoner: its questions, its training and its measurement (`examples/tiny-reasoner`)."""
