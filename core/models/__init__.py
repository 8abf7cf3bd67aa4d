"""Audio encoders, the caption model, their weights and checkpoints. Importing this loads no torch."""
