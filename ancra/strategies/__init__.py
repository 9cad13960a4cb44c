"""What negative strategies do: to one anchor, step by step, and to a whole epoch of them."""
