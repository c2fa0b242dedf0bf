"""Sockets: HTTP for SOAP, RTSP for replay."""
