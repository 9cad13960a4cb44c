"""Features of natural and adversarial images: extraction, measures, neighbours."""
