"""Changes that touch several tables; each is called inside one transaction."""
