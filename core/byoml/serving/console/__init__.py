"""What is for people: a Flask application behind the data plane."""
