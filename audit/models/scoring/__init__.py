"""How many texts are scored at once."""
