"""The only room that runs models."""
