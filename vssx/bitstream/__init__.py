"""NAL units, parameter sets, clean points and AAC configuration."""
