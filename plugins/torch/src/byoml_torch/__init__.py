"""PyTorch for byoml: an image classifier as built-in algorithm, torchrun, and serving of models in any form."""
