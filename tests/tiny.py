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


def t5_folder(
    folder: Path, kind: Any = transformers.T5ForConditionalGeneration, seed: int = 0, **changes: Any
) -> Path:
    """A T5 (or one of its family) with random weights; its tokenizer ends a text and ignores spaces before it."""
    tokenizer = text_to_text_tokenizer("$A </s>")
    sizes = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "n_positions": 256}
    config = kind.config_class(
        **{**sizes, **changes},
        vocab_size=len(tokenizer),
        initializer_factor=2.0,  # enough that answers follow the prompt
        decoder_start_token_id=tokenizer.pad_token_id,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return saved(folder, kind, config, tokenizer, seed)


def bart_folder(
    folder: Path, kind: Any = transformers.BartForConditionalGeneration, seed: int = 0, **changes: Any
) -> Path:
    """A BART (or one of its family) with random weights; its tokenizer puts a token before and after a text."""
    tokenizer = text_to_text_tokenizer("<s> $A </s>")
    sizes = {"d_model": 32, "max_position_embeddings": 256}
    for half in ("encoder", "decoder"):
        sizes |= {f"{half}_layers": 2, f"{half}_ffn_dim": 64, f"{half}_attention_heads": 4}
    config = kind.config_class(
        **{**sizes, **changes},
        vocab_size=len(tokenizer),
        init_std=0.5,  # enough that answers follow the prompt
        bos_token_id=tokenizer.bos_token_id,
        forced_eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return saved(folder, kind, config, tokenizer, seed)


def text_to_text_tokenizer(frame: str) -> Any:
    """A tokenizer that marks the beginning of words and frames a text (``$A``) with special tokens."""
    special = ["<pad>", "<s>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=frame, special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **dict(zip(("pad_token", "bos_token", "eos_token", "unk_token"), special, strict=True)),
    )
