"""Answers prompts with Assay: PROMPTS.json OUT.json DTYPE."""

import json
import sys
import time
from pathlib import Path

from audit.models.asking import Asking
from audit.models.causal_lm import CausalLM
from audit.models.load import load
from audit.target.open import open_target

prompts, out, dtype = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
model, tokenizer = load(open_target("demo"), dtype, "cpu")
tokenizer.chat_template = None  # plain prompts, as the peer gets them
lm = CausalLM(lambda: (model, tokenizer), Asking())
started = time.process_time()
answers = lm.generate(json.loads(prompts.read_text(encoding="utf-8")), max_new_tokens=64)
seconds = time.process_time() - started
texts = [text.strip() for (text,) in answers]
out.write_text(json.dumps({"seconds": seconds, "texts": texts}), encoding="utf-8")
