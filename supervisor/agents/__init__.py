"""Agents: one small class for each program that can be asked to do a batch."""
