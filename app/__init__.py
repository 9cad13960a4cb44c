"""The web app: pages that draw what the core answers."""
