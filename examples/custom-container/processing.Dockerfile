FROM byoml-base

COPY processing.py /opt/ml/code/
# The job's arguments go to the script; ENTRYPOINT ["processing", "clean.py"] would name another one.
ENTRYPOINT ["processing"]
