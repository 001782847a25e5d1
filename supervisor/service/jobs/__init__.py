"""Jobs as the service takes and shows them."""
