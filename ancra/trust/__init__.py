"""Is this robustness number to be believed? Checks for gradient masking, weak attacks and slips of evaluation."""
