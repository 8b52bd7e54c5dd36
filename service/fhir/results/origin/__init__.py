"""What results say of the responses they come from: security labels, and who answered."""
