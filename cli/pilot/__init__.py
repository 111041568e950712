"""Prompts tried before they are asked of everything."""
