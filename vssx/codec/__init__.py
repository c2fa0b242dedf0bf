"""The only package that imports PyAV."""
