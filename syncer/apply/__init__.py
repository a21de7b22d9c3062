"""Carry out a plan: judge each change anew, write it, find out what became of it, prove it."""
