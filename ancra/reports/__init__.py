"""Reports: what a page or a command shows of a checkpoint, made in one go and kept."""
