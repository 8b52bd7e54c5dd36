"""The Tasks that the service wrote, and what became of them."""
