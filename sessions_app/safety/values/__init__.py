"""What is known of a word or a stream before a call runs."""
