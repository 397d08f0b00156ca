"""A practice run over HTTP, played well and badly; both on the shipped scenario no-bother."""

from __future__ import annotations

import re

from flask import Flask
from werkzeug.test import TestResponse

from tests.pages import Page, Pages

CODE = "no-bother"
SECRET = "天井の木目をかぞえている"  # words of a trainee that must stand nowhere in clear
QUESTIONS = (
    "退院されてから、お体はどうですか",
    "息子さんには話されましたか",
    "とても心配です。死にたいと思うことがありますか",
    "夜は眠れていますか",
)
MYTHS = {"myth.talk-no-act": "no", "myth.asking-plants": "no"}


def begin(pages: Pages, code: str = CODE) -> int:
    """The number of a new run; the page of its first step is checked on the way."""
    answer = pages.client.post(f"/practice/scenarios/{code}", data={"csrf_token": pages.token()})
    found = re.fullmatch(r"/practice/runs/(\d+)/notice", answer.headers["Location"])
    assert found
    return int(found[1])


def well(pages: Pages, number: int) -> Page:
    """Everything that this scenario asks for; gives the review."""
    at = f"/practice/runs/{number}"
    pages.post(f"{at}/notice", {"signs": ["1", "2", "3"]})
    pages.post(f"{at}/speak", {"first_words": "2"})
    for question in QUESTIONS:
        pages.post(f"{at}/listen", {"question": question, "do": "ask"})
    pages.post(f"{at}/connect", {"text": "一人暮らしの高齢の方。死にたい気持ち。眠れない", "do": "find"})
    pages.post(f"{at}/connect", {"do": "pick:P006"})
    pages.post(
        f"{at}/connect", {"window": ["P006"], "request.P006": f"今日、会ってほしい。{SECRET}", "do": "pick:P058"}
    )
    pages.post(f"{at}/connect", {"window": ["P006", "P058"], "request.P006": f"今日、会ってほしい。{SECRET}"})
    pages.post(f"{at}/agree", {"handover": "1", "consent": "1"})
    pages.post(f"{at}/watch", {"follow_up": "1"})
    return pages.post(f"{at}/spread", {**MYTHS, "do": "finish"})


def badly(pages: Pages, number: int) -> Page:
    """What a gatekeeper learns not to do; gives the review."""
    at = f"/practice/runs/{number}"
    pages.post(f"{at}/notice", {"signs": ["4"]})
    pages.post(f"{at}/speak", {"first_words": "0", "own_words": f"まだまだ頑張ってくださいよ。{SECRET}"})
    pages.post(f"{at}/listen", {"question": "息子さんのためにも長生きしましょう。", "do": "ask"})
    pages.post(f"{at}/connect", {"do": "pick:P029"})
    pages.post(f"{at}/agree", {"handover": "2"})
    return pages.post(f"{at}/watch", {"do": "finish"})


class Training(Pages):
    """A client that finds 研修用 on every page it opens."""

    def _checked(self, answer: TestResponse, status: int) -> Page:
        page = super()._checked(answer, status)
        assert "研修用" in page.text, page.title
        assert 'class="train"' in page.html or "printing train" in page.html, page.title
        return page


def enter(app: Flask, login: str) -> Training:
    client = Training(app.test_client())
    client.enter(login)
    return client
