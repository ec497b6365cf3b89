"""Football and labels: what the pitch is, what a person said of a frame, and what follows from it."""
