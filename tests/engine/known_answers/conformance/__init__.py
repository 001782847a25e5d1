"""What every place of known answers has to do."""
