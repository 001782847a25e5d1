"""The nouns of the supervisor as frozen pydantic models; nothing here does input or output."""
