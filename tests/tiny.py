"""Tiny transformers folders with random weights, to check plumbing; nothing is claimed of how they behave."""

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

CORPUS = [
    "The committee met on Monday and approved the plan because the hall was free.",
    "A short text that stands alone in the old library near the river.",
    "My sister and my brother work as a nurse, an engineer, a teacher and a cook.",
    "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 .,;:!?'\"()-",
]
SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 256,
}


def causal_folder(folder: Path, seed: int = 0, **changes: Any) -> Path:
    """A Llama with random weights and a byte-level tokenizer."""
    tokenizer = byte_level_tokenizer()
    config = transformers.LlamaConfig(
        **{**SMALL, **changes},
        vocab_size=len(tokenizer),
        num_key_value_heads=2,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return saved(folder, transformers.LlamaForCausalLM, config, tokenizer, seed)


def bert_folder(folder: Path, kind: type = transformers.BertForMaskedLM, seed: int = 0, **changes: Any) -> Path:
    """A BERT with random weights: BertForMaskedLM, BertForSequenceClassification or BertModel."""
    tokenizer = word_piece_tokenizer()
    config = transformers.BertConfig(**{**SMALL, **changes}, vocab_size=len(tokenizer), pad_token_id=0)
    return saved(folder, kind, config, tokenizer, seed)


def saved(folder: Path, kind: Any, config: Any, tokenizer: Any, seed: int) -> Path:
    """The folder, after a model of ``kind`` was made from ``config`` and saved there."""
    torch.manual_seed(seed)
    kind(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def byte_level_tokenizer() -> Any:
    """A tokenizer that can write any text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")  # noqa: S106


def word_piece_tokenizer() -> Any:
    """A tokenizer with the special tokens of a BERT."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad", "unk", "cls", "sep", "mask"), special, strict=True))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **{f"{name}_token": token for name, token in names.items()}
    )
