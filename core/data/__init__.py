"""Clips, datasets, tokenizer, feature store and batches."""
