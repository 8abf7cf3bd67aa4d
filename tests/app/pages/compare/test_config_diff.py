"""Which settings of two runs differ."""

from __future__ import annotations

from app.pages.compare.config_diff import compare_configs
from core.config import CaptionNTXentConfig, RunConfig, TrainingConfig


class TestConfigs:
    def test_differences_are_found_and_titled(self) -> None:
        plain = RunConfig(name="one", training=TrainingConfig(epochs=10))
        contrast = RunConfig(name="two", objectives=(CaptionNTXentConfig(temperature=0.2),))
        rows = {row.path: row for row in compare_configs([plain, contrast])}
        assert "name" not in rows
        assert rows["training.epochs"].values == ("10", "400")
        assert rows["training.epochs"].title == "Epochs"
        assert rows["training.epochs"].differs
        assert not rows["optimizer.learning_rate"].differs
        temperature = rows["objectives.caption-ntxent.temperature"]
        assert temperature.values == (None, "0.2")
        assert temperature.title == "Temperature"
        assert rows["objectives"].values == ("CE", "CE + caption NT-Xent")

    def test_equal_configurations_do_not_differ(self) -> None:
        assert not any(row.differs for row in compare_configs([RunConfig(), RunConfig()]))
