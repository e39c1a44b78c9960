"""What the business means: pure messages, decisions and money."""
