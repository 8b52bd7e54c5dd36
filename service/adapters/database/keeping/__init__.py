"""What is kept compressed: what was received, and the bodies of resources."""
