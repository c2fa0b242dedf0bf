"""Every way to one recording: codec, audio, transport, authentication, TLS."""
