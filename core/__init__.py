"""The engine of AAC Studio: data, models, training, captioning, evaluation. It knows no Qt."""
