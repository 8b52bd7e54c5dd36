"""Shared by the interactions: media types, routes, conditional create, page links, receipts."""
