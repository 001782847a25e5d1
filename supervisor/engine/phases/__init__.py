"""How phases come to items and answers."""
