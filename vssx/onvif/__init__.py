"""ONVIF messages, bytes to model values and back; no input or output."""
