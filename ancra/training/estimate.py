"""How long a recipe takes and how much memory it needs, from a step that was really taken."""
