"""Chainer for byoml: VGG on pictures, scripts of old days on today's numpy, and serving of their models."""
