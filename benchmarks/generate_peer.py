"""Answers prompts with lm-evaluation-harness, in its own environment: PROMPTS.json OUT.json DTYPE BATCH_SIZE."""

import json
import os
import sys
import time
from pathlib import Path

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

prompts, out, dtype, size = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
(model,) = (Path(os.environ.get("ASSAY_CACHE", Path.home() / ".cache" / "assay")) / "converted").iterdir()
lm = HFLM(pretrained=str(model), device="cpu", dtype=dtype, batch_size=size if size == "auto" else int(size))
settings = {"until": [], "max_gen_toks": 64, "do_sample": False}
instances = [
    Instance("generate_until", {}, (prompt, dict(settings)), number)
    for number, prompt in enumerate(json.loads(prompts.read_text(encoding="utf-8")))
]
started = time.process_time()
answers = lm.generate_until(instances, disable_tqdm=True)
seconds = time.process_time() - started
out.write_text(json.dumps({"seconds": seconds, "texts": [text.strip() for text in answers]}), encoding="utf-8")
