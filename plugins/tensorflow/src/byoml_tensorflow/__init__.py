"""TensorFlow and Keras for byoml: a 3D-CNN for videos, and serving of SavedModels as TF Serving does."""
