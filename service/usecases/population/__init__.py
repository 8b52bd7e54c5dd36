"""The coded answers of responses that were stored before there were any."""
