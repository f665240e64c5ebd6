"""Speaking with a model that somebody serves over HTTP: addresses, requests, retries, and its canary."""
