"""Any sentence-transformers model by torch, on the processor or on a GPU. torch is loaded by the first text, not before.

On the processor bfloat16 is used where it multiplies in it (cosine to float32 is held above .99 by a test).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from index.errors import EmbedderMismatch, EmbedderUnfit
from index.model_files import ModelFiles, stay_offline
from index.point import Vectors
from index.tokens import FastTokens


@dataclass(frozen=True, slots=True)
class TorchEngine:
    """Meets `index.embedder.Engine`. `threads` None: torch's choice. `bfloat16` None: where the processor has it.

    `device`: cpu, cuda, or `auto`: cuda where torch finds one.
    """

    threads: int | None = None
    bfloat16: bool | None = None
    device: str = "cpu"

    @property
    def streams(self) -> int:
        return 1

    @property
    def batch(self) -> int:
        return 8 if self.device == "cpu" else 64

    def load(self, files: ModelFiles, tokens: FastTokens) -> Callable[[list[str]], Vectors]:
        stay_offline()
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        if self.threads is not None:
            torch.set_num_threads(self.threads)
        cuda = self.device != "cpu" and torch.cuda.is_available()
        if self.device == "cuda" and not cuda:
            raise EmbedderUnfit(
                "INDEX_DEVICE=cuda, but torch finds no GPU: install a CUDA build of torch, or set INDEX_DEVICE=cpu."
            )
        model = SentenceTransformer(
            str(files.folder), device="cuda" if cuda else "cpu", local_files_only=True, trust_remote_code=False
        )
        loaded = (model.max_seq_length, model.get_embedding_dimension())
        if loaded != (files.max_tokens, files.dimensions):
            raise EmbedderMismatch(
                f"The model in {files.folder} reads {loaded[0]} tokens into {loaded[1]} numbers, but its files say "
                f"{files.max_tokens} and {files.dimensions}. Use a model whose configuration is whole."
            )
        if not cuda and (_multiplies_bfloat16() if self.bfloat16 is None else self.bfloat16):
            model.to(torch.bfloat16)  # autocast would cast the weights anew for every batch: a third slower
        model.eval()

        def forward(texts: list[str]) -> Vectors:
            with torch.inference_mode():
                output = model.encode(texts, batch_size=len(texts), prompt="", convert_to_tensor=True, show_progress_bar=False)
            vectors: Vectors = output.float().cpu().numpy()
            return vectors

        return forward


def _multiplies_bfloat16() -> bool:
    """Whether the processor has AVX-512 BF16 or AMX. torch only tells by private names; without them float32 serves."""
    import torch

    tells = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(tell() for tell in tells if tell is not None)
