"""The page that opens sounds, shows them and captions them."""
