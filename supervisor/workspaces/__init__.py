"""A session's folder: prompt and input in, output and transcript out."""
