"""The embedded 62676-2-32 recorder for training, demonstrations and tests."""
