"""Attention layers, pre-norm, that see only the tokens that are there."""

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


class Attention(nn.Module):
    """softmax(Q K^T / sqrt(d / heads)) V, several heads side by side (Vaswani et al. 2017, section 3.2)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, source: Tensor, seen: Tensor) -> Tensor:
        """Queries from ``x`` (B, S, d), keys and values from ``source`` (B, T, d), of which those are used
        that ``seen`` (B, T) is true for; at least one in each example. Gives (B, S, d)."""
        key, value = self.key_value(source).chunk(2, dim=-1)
        q, k, v = (self._split(part) for part in (self.query(x), key, value))
        mixed = scaled_dot_product_attention(q, k, v, attn_mask=seen[:, None, None, :])
        gathered: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return gathered

    def _split(self, x: Tensor) -> Tensor:
        """(B, T, d) to (B, heads, T, d / heads)."""
        B, T, width = x.shape
        return x.reshape(B, T, self.heads, width // self.heads).transpose(1, 2)


class TransformerLayer(nn.Module):
    """x ← x + Attention(LN x, LN source); x ← x + W2 GELU(W1 LN x), W1 four times as wide as x.

    Without a ``source`` attention is among the tokens themselves. Tokens that are not there get values that
    mean nothing; whoever reads the output must leave them out again.
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.before_attention = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.dropout = nn.Dropout(dropout)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 4 * width),
            nn.GELU(),
            nn.Linear(4 * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor, seen: Tensor, source: Tensor | None = None) -> Tensor:
        """Tokens (B, S, d); ``seen`` (B, T) is of the source (B, T, d), or of x without one."""
        normed = self.before_attention(x)
        of = normed if source is None else self.before_attention(source)
        x = x + self.dropout(self.attention(normed, of, seen))
        refined: Tensor = x + self.feed_forward(x)
        return refined


class Transformer(nn.Module):
    """Layers one after another, then the layer norm that pre-norm leaves for the end (Xiong et al. 2020)."""

    def __init__(self, width: int, heads: int, layers: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.ModuleList([TransformerLayer(width, heads, dropout) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, seen: Tensor, source: Tensor | None = None) -> Tensor:
        """As a `TransformerLayer`; every layer reads the same source."""
        for layer in self.layers:
            x = layer(x, seen, source)
        normed: Tensor = self.norm(x)
        return normed
