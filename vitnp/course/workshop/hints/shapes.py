"""The second hint: the equation of the shapes, the same in both languages, and where it is derived."""

from vitnp.system.language import Text

PAGES = Text("docs/ko/derivations.md", "docs/derivations.md")
# The headings of both pages that hints name: English → Korean.
SECTIONS = {
    "1 Patches": "1 패치",
    "2 The linear projection": "2 선형 투영",
    "3 The class token": "3 클래스 토큰",
    "4 The position embedding": "4 포지셔널 임베딩",
    "5 Attention": "5 어텐션",
    "5.1 The output projection and the heads": "5.1 최종 선형 투영과 헤드",
    "5.3 The softmax": "5.3 softmax",
    "5.5 Queries, keys and values": "5.5 쿼리, 키, 밸류",
    "6.1 LayerNorm": "6.1 LayerNorm",
    "6.2 The residual": "6.2 잔차 연결",
    "7 The feed-forward network": "7 피드포워드 네트워크(FFN)",
    "7.2 GELU, the tanh form": "7.2 GELU의 tanh 근사",
    "8.1 The logits": "8.1 로짓",
    "8.2 Cross-entropy": "8.2 교차 엔트로피",
}


def shapes(equation, section, ko="", en=""):
    """The hint; `section` is a key of SECTIONS, and ko and en are a sentence more."""
    return Text(
        " ".join(filter(None, (f"{equation}.", ko, f'유도: {PAGES.ko}의 "{SECTIONS[section]}".'))),
        " ".join(filter(None, (f"{equation}.", en, f'Derivation: {PAGES.en}, "{section}".'))),
    )
