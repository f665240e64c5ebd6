"""Policies as code: the only door for outside YAML."""
