# The peer of `bench miner`: drain3 without masking on the lines of standard input; prints seconds of processor time and the number of clusters.
import sys
import time

from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig

config = TemplateMinerConfig()
config.masking_instructions = []
miner = TemplateMiner(config=config)
lines = [line.decode("utf-8", "replace").rstrip("\n") for line in sys.stdin.buffer]
before = time.process_time()
for line in lines:
    miner.add_log_message(line)
print(time.process_time() - before, len(miner.drain.clusters))
