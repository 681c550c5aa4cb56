"""What the user's running program may ask of byoml; `import byoml` offers all of it."""
