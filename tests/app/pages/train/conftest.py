from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def known_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page that is opened would open the built-in dataset anew."""
    from app.pages.train.setup_check import DataFacts

    facts = DataFacts(1500, 200, 5)
    monkeypatch.setattr("app.pages.train.outlook.data_facts", lambda *_: facts)
    monkeypatch.setattr("app.pages.train.outlook.obstacles", lambda _: {})
