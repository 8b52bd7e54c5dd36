"""Tasks by which others ask that patients fill in forms: each becomes a link, and follows what becomes of it."""
