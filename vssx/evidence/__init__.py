"""The handover and its proof: media files, record, bag, signatures, verification."""
