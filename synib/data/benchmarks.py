"""The paper's benchmarks, found like every other recipe by a module of this package."""

from synib.benchmarks import crema_d, hateful_memes, irony, mosi_features, multibench, mustard_text

__all__ = ["crema_d", "hateful_memes", "irony", "mosi_features", "multibench", "mustard_text"]
