"""Pure functions on text: JSON, plain text, digests, units. No input or output."""
