"""The article's whole study: trains its models, measures them, judges its claims, writes a report."""
