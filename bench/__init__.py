"""What one step, one restore and one commit cost, beside peers, on one broker in one run."""
