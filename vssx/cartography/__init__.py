"""Annex A cartography: the table of cameras, coordinates, view sectors, plans; bytes to values and back."""
