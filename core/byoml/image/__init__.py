"""Docker images with byoml in them: the text of their Dockerfile, their build, their push."""
