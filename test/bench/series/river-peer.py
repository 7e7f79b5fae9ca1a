"""Scores the numbers on standard input, one a line, with river's streaming half-space trees; prints seconds of processor time."""

import sys
import time

from river import anomaly, preprocessing

values = [{"value": float(line)} for line in sys.stdin]
scaler = preprocessing.MinMaxScaler()
trees = anomaly.HalfSpaceTrees(seed=1)
began = time.process_time()
for value in values:
    scaler.learn_one(value)
    scaled = scaler.transform_one(value)
    trees.score_one(scaled)
    trees.learn_one(scaled)
print(time.process_time() - began)
