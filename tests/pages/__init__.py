"""What pages show and say."""
