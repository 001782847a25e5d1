"""The job service: the supervisor as programs and browsers use it, over HTTP. It reads and writes the store only."""
