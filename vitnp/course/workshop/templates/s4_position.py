"""4단계: 포지셔널 임베딩 추가 - 요소 합을 통해서 위치 정보 추가
Step 4: add the positional embedding - an element-wise sum brings in the position

    z₀ = z + E_pos,    E_pos (N+1, D)

ko| 슬라이드의 이미지 한 장: 197x768 + 197x768 → 197x768
ko| 모든 이미지에 같은 표를 더합니다. p는 {"E_pos": E_pos}입니다.
en| One image on the slide: 197x768 + 197x768 → 197x768
en| The same table is added to every image. p is {"E_pos": E_pos}.
"""


def forward(z, p):
    """z₀ (B, N+1, D), saved"""
    # << 4.1 forward: z (B, N+1, D) → z0 (B, N+1, D), saved
    z0 = z + p["E_pos"]  # ? z0 (B, N+1, D)
    return z0, ()
    # >>


def backward(dz0, saved):
    """dz (B, N+1, D), {"E_pos": (N+1, D)}"""
    # << 4.2 backward: dz0 (B, N+1, D) → dz (B, N+1, D), dp
    dz = dz0
    dE_pos = dz0.sum(axis=0)  # ? dE_pos (N+1, D)
    return dz, {"E_pos": dE_pos}
    # >>
