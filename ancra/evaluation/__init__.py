"""How accurate and how robust a model is, with intervals."""
