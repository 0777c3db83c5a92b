"""Analysis plans and runs."""
