"""Messages to other people's servers: kept, signed, sent, and never to private addresses."""
