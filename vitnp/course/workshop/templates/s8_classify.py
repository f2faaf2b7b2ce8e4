"""8단계: [CLS] 토큰 추출 → 로짓 계산 → Softmax를 통해서 클래스 확률 도출, 그리고 손실
Step 8: take the [CLS] token out → the logits → softmax gives the class probabilities; and the loss

    y = x[0],   z = y·W + b,   prob = softmax(z),   loss = −Σ target·ln(prob) / B

ko| 슬라이드의 이미지 한 장: 197x768 → 1x768 → 1x1000. p는 {"W": (D, classes), "b": (classes,)}입니다.
ko| target은 (B, classes)의 원-핫이고, 손실은 배치의 평균입니다.
ko| ln(softmax(z)) = (z − max) − ln Σ exp(z − max)로 계산하면 넘치지 않습니다.
en| One image on the slide: 197x768 → 1x768 → 1x1000. p is {"W": (D, classes), "b": (classes,)}.
en| target (B, classes) is one-hot, and the loss is the mean over the batch.
en| Computed as ln(softmax(z)) = (z − max) − ln Σ exp(z − max) it does not overflow.
"""

import numpy as np


# hard|
def extract(x):
    """y (B, D): [CLS]"""
    # << 8.1 extract: x (B, N+1, D) → y (B, D)
    y = x[:, 0]  # ? y (B, D)
    return y
    # >>


def probabilities(z):
    """prob (B, classes)"""
    # << 8.2 probabilities: z (B, classes) → prob (B, classes)
    e = np.exp(z - z.max(axis=-1, keepdims=True))  # ? e (B, classes)
    return e / e.sum(axis=-1, keepdims=True)
    # >>


# |hard
def forward(x, p):
    """z (B, classes), saved"""
    # << 8.3 forward: x (B, N+1, D) → z (B, classes), saved
    y = extract(x)
    z = y @ p["W"] + p["b"]  # ? z (B, classes)
    return z, (x.shape, y, p["W"])
    # >>


def backward(dz, saved):
    """dx (B, N+1, D), {"W": (D, classes), "b": (classes,)}"""
    # << 8.4 backward: dz (B, classes) → dx (B, N+1, D), dp
    shape, y, W = saved
    dW = y.T @ dz  # ? dW (D, classes)
    db = dz.sum(axis=0)  # ? db (classes,)
    dx = np.zeros(shape, dz.dtype)
    dx[:, 0] = dz @ W.T  # ? dx[:, 0] (B, D)
    return dx, {"W": dW, "b": db}
    # >>


def loss_forward(z, target):
    """loss (), saved"""
    # << 8.5 loss_forward: z (B, classes) → loss, saved
    above = z - z.max(axis=-1, keepdims=True)
    log_prob = above - np.log(np.exp(above).sum(axis=-1, keepdims=True))  # ? log_prob (B, classes)
    loss = -(target * log_prob).sum() / len(z)  # ? loss ()
    return loss, (np.exp(log_prob), target)
    # >>


def loss_backward(dloss, saved):
    """dz (B, classes)"""
    # << 8.6 loss_backward: dloss () → dz (B, classes)
    prob, target = saved
    dz = dloss * (prob - target) / len(target)  # ? dz (B, classes)
    return dz
    # >>
