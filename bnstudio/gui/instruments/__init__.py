"""Instruments: panels that measure one thing of all models, beside the curves."""
