"""vssx: recordings out of video surveillance systems as signed, verifiable evidence (IEC 62676-2-11)."""

__version__ = "0.1.0"
