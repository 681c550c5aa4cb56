"""A framework plugin for byoml, as short as one can be."""
