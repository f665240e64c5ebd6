"""From a target's files to weights in memory: only after the scan, and no code of the target runs."""

import contextlib
import io
import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError
from transformers.utils import logging as transformers_logging

from audit.errors import TargetError
from audit.models.loaded import path_of, refuse_threats
from audit.models.memory import keep_freed_memory
from audit.target.cache_folder import cache_folder
from audit.target.target import ModelKind, Target

AUTO: dict[ModelKind, Any] = {
    ModelKind.CAUSAL_LM: transformers.AutoModelForCausalLM,
    ModelKind.MASKED_LM: transformers.AutoModelForMaskedLM,
    ModelKind.SEQ2SEQ_LM: transformers.AutoModelForSeq2SeqLM,
    ModelKind.TEXT_CLASSIFIER: transformers.AutoModelForSequenceClassification,
    ModelKind.ENCODER: transformers.AutoModel,
}
DAMAGED = (OSError, ValueError, KeyError, RuntimeError, SafetensorError, ImportError, TypeError, AttributeError)


def load(target: Target, dtype: str, device: str) -> tuple[Any, Any]:
    """Model (in eval mode) and tokenizer of a target.

    Raises TargetError when weights are missing or damaged, when some would be newly initialised (that would audit
    noise), and when the scan found a threat.
    """
    refuse_threats(target)
    keep_freed_memory()
    folder = converted(target) if target.format == "gguf" else path_of(target)
    with quiet():
        tokenizer = _tokenizer(folder, target)
        try:
            model, info = AUTO[target.kind].from_pretrained(
                folder,
                dtype=getattr(torch, dtype),
                output_loading_info=True,
                trust_remote_code=False,
                local_files_only=True,
                weights_only=True,
            )
        except DAMAGED as error:
            raise TargetError(
                f"{target.source} cannot be loaded ({_first_line(error)}): download it again, or check that its "
                "files belong together."
            ) from error
    refuse_new_weights(target, info)
    return model.to(device).eval(), tokenizer


def refuse_new_weights(target: Target, info: dict[str, Any]) -> None:
    """TargetError when loading had to invent weights; names them."""
    missing = sorted({*info["missing_keys"], *(str(key[0]) for key in info["mismatched_keys"])})
    if target.kind == ModelKind.ENCODER:
        missing = [name for name in missing if not name.startswith("pooler.")]
    if missing:
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise TargetError(
            f"{target.source} lacks weights of {target.architecture} that would be random ({shown}): audit a "
            "checkpoint that was trained for this task."
        )


def _tokenizer(folder: Path, target: Target) -> Any:
    try:
        return transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except DAMAGED as error:
        raise TargetError(
            f"{target.source} has no tokenizer that can be read ({_first_line(error)}): add its tokenizer files."
        ) from error


def converted(target: Target) -> Path:
    """The transformers folder that a GGUF file was converted to: once, kept under the file's digest."""
    folder = cache_folder() / "converted" / f"{target.digest}-{transformers.__version__}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".part-"))
        try:
            _convert(target, part)
            with contextlib.suppress(OSError):  # another process was faster; its copy is the same
                part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def _convert(target: Target, folder: Path) -> None:
    path = path_of(target)
    options: dict[str, Any] = {"gguf_file": path.name, "local_files_only": True}
    with quiet():
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, **options)
            quantised, info = AUTO[ModelKind.CAUSAL_LM].from_pretrained(
                path.parent, dtype=torch.float32, output_loading_info=True, **options
            )
        except DAMAGED as error:
            raise TargetError(f"{target.source} cannot be converted ({_first_line(error)}).") from error
        refuse_new_weights(target, info)
        config = quantised.config
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        plain = type(quantised)(config)
        plain.load_state_dict(quantised.state_dict())
        plain.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    (folder / "converted-from.json").write_text(json.dumps({"gguf": path.name, "digest": target.digest}))


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' progress bars and advice off the terminal while a model loads."""
    level = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.CRITICAL)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
