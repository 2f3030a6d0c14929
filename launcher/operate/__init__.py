"""What operators do with an installation: back up, restore, upgrade, look after it."""
