"""Jinja templates, text only: what decides lives in the packages that fill them in."""
