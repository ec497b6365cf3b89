"""What a person can ask for: one table, a module for each menu."""
