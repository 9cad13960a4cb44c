"""Attacks: what the attacker maximises (objectives) and how (the loop)."""
