FROM byoml-base

# What were the programs `train`, `serve` and `processing` are three scripts, which byoml's own find by their names.
COPY train.py inference.py processing.py /opt/ml/code/
