"""Audio encoders, the caption model, weights and checkpoints. Importing this loads no torch."""
