"""Live networks: a model as one small file of weights and operations, which a browser attacks by itself."""
