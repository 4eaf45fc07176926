"""What compiled kernels are made with: the decorator, tasks, mathematics, random."""
