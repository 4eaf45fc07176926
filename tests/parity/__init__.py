"""minigan beside other libraries."""
