"""The coded answers of stored responses, written with the act."""
