"""The API: what a member may see and do, for programs."""
