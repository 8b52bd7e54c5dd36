"""Coded answers and findings as Parquet and CSV, and the runs that write them."""
