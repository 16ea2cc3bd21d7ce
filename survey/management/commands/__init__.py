"""Import, export, codebook."""
