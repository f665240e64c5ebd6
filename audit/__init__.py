"""Assay audits a pretrained or fine-tuned model before it is released."""

__version__ = "0.1.0"
