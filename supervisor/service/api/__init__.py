"""The job service's HTTP interface for programs."""
