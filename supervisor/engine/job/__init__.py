"""One job, from where it stands to its end."""
