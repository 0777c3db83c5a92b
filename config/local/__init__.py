"""Local mode: the servers, the set-up and the supervisor behind `make run` and `make test`."""
