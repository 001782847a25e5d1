"""The long-running part: what is to be done next, the flow of a batch, retry, and the end of a job."""
