"""Commands for whoever changes the rules: all stored answers at once."""
