"""What is there: datasets, encoders, checkpoints, runs, and the room they take."""
