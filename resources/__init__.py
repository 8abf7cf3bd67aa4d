"""Files shipped with the product: presets, sounds, icons, word lists, checkpoints."""
