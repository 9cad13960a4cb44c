"""Sweeps: one recipe trained with several settings and seeds, and what differs beyond the noise."""
