"""A look at a source folder before money is spent: nothing in it is imported or run."""
