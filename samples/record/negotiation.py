"""Samples of handshakes that failed because the two sides had something not in common."""
