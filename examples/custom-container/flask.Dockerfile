FROM byoml-base

# Any module with a Flask, FastAPI or other web application named `app`; as inference.py it needs no variable.
ENV BYOML_SERVE_PROGRAM=predictor.py
COPY predictor.py /opt/ml/code/
