"""The life of one batch; start reading at `batch_run`."""
