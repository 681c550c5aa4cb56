#!/bin/sh
# Fit a straight line through the origin, without any Python.
set -eu
awk -F , '{ xy += $1 * $2; xx += $1 * $1 } END { print xy / xx }' "$SM_CHANNEL_POINTS"/*.csv > "$SM_MODEL_DIR/slope.txt"
echo "slope: $(cat "$SM_MODEL_DIR/slope.txt")"
