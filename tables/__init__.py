"""What is remembered: one module for each agent's table and read model, behind load and store."""
