"""`python -m byoml` is `byoml`."""

from byoml.cli import main

main()
