"""Dialogs: errors, shortcuts, About."""
