"""The rooms of tests/hurt.py: captures are read, hurt, written again, and verdicts compared."""
