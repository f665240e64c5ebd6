"""Numbers only: estimates with intervals that a release can be decided on."""
