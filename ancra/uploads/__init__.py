"""What people send: checkpoints, weights and images, checked before anything is kept."""
