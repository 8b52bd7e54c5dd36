"""What the strict loader refuses, as data; mutations; limits."""
