"""Jobs: processes of their own, the states they write, and the queue of a machine."""
