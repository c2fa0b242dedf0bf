"""ISO base media files: boxes, reader, writer and the ONVIF export file format."""
