"""1단계: 이미지(224x224)를 16x16크기의 패치로 분할, Flatten
Step 1: cut the image (224x224) into 16x16 patches and flatten each

    x (B, H, W, C)  →  x_p (B, N, P·P·C),    N = (H/P)·(W/P)

ko| 슬라이드의 이미지 한 장: 224x224x3 → 196x768
ko| B는 이미지 수, C는 채널 수(RGB는 3), P는 패치 한 변의 픽셀 수입니다.
ko| 패치는 왼쪽 위에서부터 한 행씩 셉니다. 패치 안에서는 (행, 열, 채널) 순서로 폅니다.
ko| 계산은 없고 값의 자리만 바뀝니다. backward는 모든 값을 원래 자리로 되돌립니다.
en| One image on the slide: 224x224x3 → 196x768
en| B images, C channels (3 for RGB), P pixels along a side of a patch.
en| Patches are counted row by row from the top left. Inside a patch the order is (row, column, channel).
en| Nothing is computed, values only move. backward moves each value back to its place.
"""


def forward(x, *, patch_size):
    """x_p (B, N, P·P·C), saved

    grid (B, H/P, W/P, P, P, C)
    """
    # << 1.1 forward: x (B, H, W, C) → x_p (B, N, P·P·C), saved
    B, H, W, C = x.shape
    P = patch_size
    cut = x.reshape(B, H // P, P, W // P, P, C)  # ? cut (B, H/P, P, W/P, P, C)
    grid = cut.swapaxes(2, 3)  # ? grid (B, H/P, W/P, P, P, C)
    x_p = grid.reshape(B, -1, P * P * C)  # ? x_p (B, N, P·P·C)
    return x_p, (x.shape, P)
    # >>


def backward(dx_p, saved):
    """dx (B, H, W, C)"""
    # << 1.2 backward: dx_p (B, N, P·P·C) → dx (B, H, W, C)
    (B, H, W, C), P = saved
    grid = dx_p.reshape(B, H // P, W // P, P, P, C)  # ? grid (B, H/P, W/P, P, P, C)
    cut = grid.swapaxes(2, 3)  # ? cut (B, H/P, P, W/P, P, C)
    return cut.reshape(B, H, W, C)
    # >>
