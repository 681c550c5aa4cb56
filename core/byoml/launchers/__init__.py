"""How the user's processes are started; plugins reuse these."""
