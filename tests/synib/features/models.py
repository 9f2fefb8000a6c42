"""Tiny models of the real classes, with random weights of a seed, saved as people save theirs."""

import json
from pathlib import Path
from typing import Any

import torch

from synib.models.tower import transformers

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "cat", "dog", "sat", "ran", "the", "mat", "on"]
WIDE = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
IMAGE = {"image_size": 12, "patch_size": 4, **WIDE}
SOUND = {"conv_dim": [4, 4], "conv_kernel": [10, 3], "conv_stride": [5, 2]}


def tokenizer(folder: Path) -> None:
    """Of whole words, with the tokens that begin and end a text."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    transformers().PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)


def image_processor(folder: Path) -> None:
    transformers().ViTImageProcessorPil(
        size={"height": 12, "width": 12}, image_mean=[0.5, 0.4, 0.3], image_std=[0.2, 0.2, 0.2]
    ).save_pretrained(folder)


def sound_processor(folder: Path) -> None:
    transformers().Wav2Vec2FeatureExtractor(sampling_rate=8000).save_pretrained(folder)


def build(kind: str, folder: Path, seed: int = 0) -> Path:
    """A model of this kind, in ``folder``/``kind``."""
    library = transformers()
    folder = folder / kind
    vocabulary = {"vocab_size": len(WORDS), "max_position_embeddings": 32}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: Any
        match kind:
            case "bert":
                model = library.BertModel(library.BertConfig(**vocabulary, **WIDE))
            case "deberta":
                model = library.DebertaV2Model(
                    library.DebertaV2Config(
                        **vocabulary, **WIDE, relative_attention=True, pos_att_type=["p2c", "c2p"],
                        position_buckets=8, norm_rel_ebd="layer_norm", share_att_key=True,
                    )
                )  # fmt: skip
            case "vit":
                model = library.ViTModel(library.ViTConfig(**IMAGE))
            case "clip":
                model = library.CLIPModel(
                    library.CLIPConfig(
                        text_config={
                            **vocabulary,
                            **WIDE,
                            "eos_token_id": 3,
                            "bos_token_id": 2,
                            "pad_token_id": 0,
                        },
                        vision_config=IMAGE,
                        projection_dim=6,
                    )
                )
            case "wav2vec2":
                model = library.Wav2Vec2Model(
                    library.Wav2Vec2Config(
                        **WIDE, **SOUND, num_feat_extract_layers=2, num_conv_pos_embeddings=4,
                        num_conv_pos_embedding_groups=2, vocab_size=12,
                    )
                )  # fmt: skip
    model.save_pretrained(folder)
    if kind in ("bert", "deberta", "clip"):
        tokenizer(folder)
    if kind in ("vit", "clip"):
        image_processor(folder)
    if kind == "wav2vec2":
        sound_processor(folder)
    return folder


def change(folder: Path, **fields: Any) -> None:
    """Other words in a configuration."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
