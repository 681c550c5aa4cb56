FROM byoml-base

# Any executable: a shell script, or what a compiler made.
ENV BYOML_TRAIN_PROGRAM=fit.sh
COPY fit.sh /opt/ml/code/
