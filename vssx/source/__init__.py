"""One stream of AccessUnit | Gap | Loss, from a recorder or from local files."""
