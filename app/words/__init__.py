"""The sentences and small tables that say what a result means."""
