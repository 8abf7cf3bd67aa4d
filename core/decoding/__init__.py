"""Decoding: beam search, sampling and reranking."""
