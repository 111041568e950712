"""Prompts tried on a reviewed sample before they are asked of everything."""
