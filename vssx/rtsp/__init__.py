"""RTSP, SDP, RTP and payload formats; no input or output."""
