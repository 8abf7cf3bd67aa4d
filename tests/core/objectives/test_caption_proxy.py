"""Caption proxies: when they are fixed, what they are, and what the second stage draws to them."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from core.config import CaptionNTXentConfig, CaptionProxyConfig, ModelConfig
from core.data.batches import CaptionedClips
from core.models.caption_model import CaptionModel
from core.objectives.caption_ntxent import CaptionNTXent
from core.objectives.caption_proxy import CaptionProxy, proxy_embeddings
from tests.core.objectives.conftest import WIDTH, inputs_of, token_states


def test_proxies_are_fixed_when_the_first_stage_is_over(
    model: CaptionModel, clips: CaptionedClips
) -> None:
    config = CaptionProxyConfig(start_epoch=2, proxy_epochs=3)
    objective = CaptionProxy(config, WIDTH, {"train": len(clips)})
    for epoch, fixed in ((2, False), (4, False), (5, True)):
        objective.begin_epoch(epoch, model, {"train": clips})
        assert bool(objective.get_buffer("fixed")) is fixed


def test_fixed_proxies_stay_though_the_model_moves_on(
    model: CaptionModel, clips: CaptionedClips
) -> None:
    objective = CaptionProxy(CaptionProxyConfig(proxy_epochs=1), WIDTH, {"train": len(clips)})
    objective.begin_epoch(1, model, {"train": clips})
    fixed = objective.get_buffer("proxies_train").clone()
    torch.manual_seed(7)
    moved = CaptionModel(model.settings, model.embedding.num_embeddings, 12).eval()
    objective.begin_epoch(2, moved, {"train": clips})
    assert torch.equal(objective.get_buffer("proxies_train"), fixed)


def test_the_first_stage_is_caption_contrast_without_audio(
    model: CaptionModel, clips: CaptionedClips
) -> None:
    config = CaptionProxyConfig(temperature=0.3, pooling="last")
    objective = CaptionProxy(config, WIDTH, {"train": len(clips)})
    same = CaptionNTXentConfig(temperature=0.3, pooling="last", hears_audio=False)
    contrast = CaptionNTXent(same, WIDTH)
    inputs = inputs_of(model, clips, [3, 5, 7])
    torch.testing.assert_close(objective(inputs).loss, contrast(inputs).loss)


def test_a_proxy_is_the_mean_direction_of_a_clips_captions(
    model: CaptionModel, clips: CaptionedClips
) -> None:
    means = [token_states(model, clips, 4, caption, None).mean(0) for caption in range(3)]
    expected = torch.stack([functional.normalize(mean, dim=0) for mean in means]).mean(0)
    proxies = proxy_embeddings(model, clips, CaptionProxyConfig())
    assert proxies.shape == (len(clips), WIDTH)
    torch.testing.assert_close(proxies[4], expected)


@pytest.mark.parametrize("training", [True, False])
def test_proxies_are_embedded_without_dropout_and_leave_the_model_as_it_was(
    model: CaptionModel, clips: CaptionedClips, training: bool
) -> None:
    settings = ModelConfig.model_validate({**model.settings.model_dump(), "dropout": 0.5})
    dropping = CaptionModel(settings, model.embedding.num_embeddings, 12).train(training)
    first, second = (proxy_embeddings(dropping, clips, CaptionProxyConfig()) for _ in range(2))
    assert torch.equal(first, second)
    assert dropping.training is training


@pytest.mark.parametrize("split", ["train", "validation"])
def test_the_second_stage_draws_states_to_the_proxies_of_the_split(
    model: CaptionModel, clips: CaptionedClips, split: str
) -> None:
    sizes = {"train": len(clips), "validation": len(clips)}
    objective = CaptionProxy(CaptionProxyConfig(proxy_epochs=1), WIDTH, sizes)
    objective.begin_epoch(1, model, {"train": clips, "validation": clips})
    torch.manual_seed(5)
    proxies = objective.get_buffer(f"proxies_{split}").copy_(torch.randn(len(clips), WIDTH))
    inputs = inputs_of(model, clips, [4, 6])
    inputs.split = split
    states = torch.stack([token_states(model, clips, clip, 0, clip).mean(0) for clip in (4, 6)])
    cosine = functional.cosine_similarity(states, proxies[[4, 6]], dim=1)
    output = objective(inputs)
    torch.testing.assert_close(output.loss, (1 - cosine).mean())
    torch.testing.assert_close(output.figures["proxy-similarity"], cosine.mean())
