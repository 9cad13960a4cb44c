"""Feature maps: how features are laid out on a plane, what a layout keeps, and where it is stored."""
