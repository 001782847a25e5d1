"""Whether the store's file itself is sound; nothing here repairs a job."""
