"""Reports sought, retrieved or not, and their PDFs."""
