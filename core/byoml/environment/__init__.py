"""Facts about the container, each read once into a frozen value."""
