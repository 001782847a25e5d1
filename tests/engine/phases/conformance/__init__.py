"""What every phase kind has to do."""
