"""Scores requests with Assay: REQUESTS.json OUT.json DTYPE."""

import json
import sys
import time
from pathlib import Path

import torch

from audit.models.asking import Asking
from audit.models.causal_lm import CausalLM
from audit.models.load import load
from audit.target.open import open_target

requests, out, dtype = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
lm = CausalLM(*load(open_target("demo"), dtype, "cpu"), Asking())
started = time.process_time()
with torch.inference_mode():
    scores = lm.log_likelihood([tuple(request) for request in json.loads(requests.read_text())])
seconds = time.process_time() - started
out.write_text(json.dumps({"seconds": seconds, "scores": scores.tolist()}))
