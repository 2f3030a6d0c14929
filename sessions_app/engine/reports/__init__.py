"""What a report holds and how each format is written. Pure: data in, bytes out."""
