"""Licence reasoning: facts on licences, expressions, and what they mean for a use. Not legal advice."""
