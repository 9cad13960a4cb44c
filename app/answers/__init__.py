"""What the pages ask of the core, one file a subject; everything that takes long goes through ``compute.ask``."""
