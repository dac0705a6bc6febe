"""Transcripts of commands, played on a throwaway desk with simulated far sides."""
