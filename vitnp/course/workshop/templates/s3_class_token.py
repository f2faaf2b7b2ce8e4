"""3단계: [CLS] 토큰 추가
Step 3: add the [CLS] token

    z = [x_class; x¹; x²; …; x^N]

ko| 슬라이드의 이미지 한 장: 196x768 → 197x768
ko| 학습되는 벡터 하나(D,)를 모든 이미지의 맨 앞, 0번 행에 붙입니다. p는 {"cls": x_class}입니다.
ko| 모든 이미지가 같은 벡터를 썼습니다. 그러면 그 벡터의 그래디언트는 어떻게 될까요?
en| One image on the slide: 196x768 → 197x768
en| One learnable vector (D,) goes to the front of every image, into row 0. p is {"cls": x_class}.
en| Every image has used the same vector: what does that mean for its gradient?
"""

import numpy as np


def forward(x, p):
    """z (B, N+1, D), saved"""
    # << 3.1 forward: x (B, N, D) → z (B, N+1, D), saved
    cls = np.broadcast_to(p["cls"], (len(x), 1, x.shape[2]))  # ? cls (B, 1, D)
    z = np.concatenate([cls, x], axis=1)  # ? z (B, N+1, D)
    return z, ()
    # >>


def backward(dz, saved):
    """dx (B, N, D), {"cls": (D,)}"""
    # << 3.2 backward: dz (B, N+1, D) → dx (B, N, D), dp
    dx = dz[:, 1:]  # ? dx (B, N, D)
    dcls = dz[:, 0].sum(axis=0)  # ? dcls (D,)
    return dx, {"cls": dcls}
    # >>
