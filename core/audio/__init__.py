"""Sound files in and out: decoding, resampling, pictures of sound, encoders, playback."""
