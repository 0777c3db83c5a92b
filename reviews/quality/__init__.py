"""QUADAS instruments, ratings and consensus."""
