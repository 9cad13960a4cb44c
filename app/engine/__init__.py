"""What computes for the pages: requests by name, answered in processes beside the pages or by Ray Serve."""
