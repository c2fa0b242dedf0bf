"""Every immutable value that crosses a border between packages."""
