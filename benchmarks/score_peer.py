"""Scores requests with lm-evaluation-harness, in its own environment: REQUESTS.json OUT.json DTYPE BATCH_SIZE."""

import json
import os
import sys
import time
from pathlib import Path

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

requests, out, dtype, size = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
(model,) = (Path(os.environ.get("ASSAY_CACHE", Path.home() / ".cache" / "assay")) / "converted").iterdir()
lm = HFLM(pretrained=str(model), device="cpu", dtype=dtype, batch_size=size)
instances = [
    Instance("loglikelihood", {}, tuple(request), number)
    for number, request in enumerate(json.loads(requests.read_text()))
]
started = time.process_time()
scores = [score for score, _ in lm.loglikelihood(instances, disable_tqdm=True)]
seconds = time.process_time() - started
out.write_text(json.dumps({"seconds": seconds, "scores": scores}))
