# %% [markdown] lang="en"
# # 15 · Four position embeddings compared
# **Positional Embedding: 4가지를 시도한 후, 가장 효과가 좋은 1D position embedding을 ViT에 사용한다** · *four were tried;
# ViT uses 1-D, which worked best*
#
# Deck 001, Positional Embedding (Table 8 of the paper) · files `vitnp/ops/positions.py`, `vitnp/ops/relative.py` ·
# **40 minutes to show, 60 with the exercises** · [solutions](solutions/15_positions.ipynb)
#
# After this notebook you can
# - write the slide's four position embeddings and the fixed table of later models, each with its gradient,
# - say which positions are similar before training, and how many parameters each embedding has,
# - add a table in every layer, and sum its gradient if the layers share it,
# - explain the evidence for "1-D is best", and what digits can and cannot show.

# %% [markdown] lang="ko"
# # 15 · 네 가지 포지셔널 임베딩 비교
# **Positional Embedding: 4가지를 시도한 후, 가장 효과가 좋은 1D position embedding을 ViT에 사용한다** · *four were tried;
# ViT uses 1-D, which worked best*
#
# 강의자료 001, Positional Embedding(논문 Table 8) · 파일 `vitnp/ops/positions.py`, `vitnp/ops/relative.py` ·
# **시연 40분, 실습 포함 60분** · [풀이](../solutions/ko/15_positions.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 슬라이드의 네 가지와 이후 모델들이 쓰는 고정된 표를 직접 만들고, 각각의 그래디언트를 구한다.
# - 학습 전에 어떤 위치끼리 비슷한지, 각 방식의 파라미터가 몇 개인지 말한다.
# - 층마다 표를 더하고, 층들이 표를 공유할 때 그래디언트를 합한다.
# - "1-D가 가장 좋았다"의 근거가 무엇인지, digits 데이터로 무엇을 보일 수 있고 무엇을 보일 수 없는지 말한다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import dataclasses

import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import data, gradcheck, show, tree, vit
from vitnp.analysis import look
from vitnp.blocks import encoder
from vitnp.course.exercises import check
from vitnp.ops import positions, relative, softmax
from vitnp.show.styling import BLUE, GREEN, ORANGE
from vitnp.steps import (
    s1_patchify,
    s2_project,
    s3_class_token,
    s4_position,
    s5_attention,
    s6_layer_norm,
    s8_classify,
)
from vitnp.training.loop import How, train
from vitnp.training.recipes import RECIPES
from vitnp.training.setup import initial_parameters

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## No positional information · a bag of patches
# Here is a digit of 8×8 pixels, and the same 16 patches in a different order.

# %% [markdown] lang="ko"
# ## No positional information: 순서 없는 패치 집합(bag of patches)
# 8×8 픽셀의 숫자 하나와, 그 패치 16개의 순서만 바꾼 것입니다.

# %%
digits = data.load("digits")
images, labels = digits.test.images(np.arange(360)), digits.test.labels
rng = np.random.default_rng(0)
order = rng.permutation(16)


# %%
def shuffle(images):
    patches, _ = s1_patchify.forward(images, patch_size=2)
    return s1_patchify.unpatchify(patches[:, order], grid=(4, 4), patch_size=2)


# %%
both = np.concatenate([images[:1], shuffle(images[:1])]).astype(np.float64)
figure, axes = plt.subplots(1, 2, layout="constrained")
for ax, picture in zip(axes, both):
    ax.imshow(picture, cmap="gray", vmin=-1, vmax=1)
    ax.axis("off")

# %% [markdown] lang="en"
# We make the digits model five times with random weights. Only `position_embedding` is different. How different are
# the logits of the two images?

# %% [markdown] lang="ko"
# digits 모델을 난수 가중치로 다섯 번 만듭니다. 매번 `position_embedding`만 다릅니다. 두 이미지의 로짓은 얼마나 다를까요?


# %%
def apart(kind):
    config = vitnp.preset("digits", position_embedding=kind)
    p = gradcheck.random_like(vit.init(rng, config), rng)
    logits, _ = vit.forward(both, p, config)
    return np.abs(logits[0] - logits[1]).max()


# %%
difference = {kind: apart(kind) for kind in ("none", "1d", "2d", "relative", "sincos")}
for kind, largest in difference.items():
    print(f"{kind:9} {largest:.1e}")

# %% [markdown] lang="en"
# With `"none"` the difference is only rounding error, because the sums have a different order. For this model the two
# images **are the same input**. For all other models they are different.

# %% [markdown] lang="ko"
# `"none"`에서는 반올림 오차만 남습니다. 더하는 순서가 다르기 때문입니다. 이 모델에게 두 이미지는 **같은 입력**입니다. 나머지 방식에서는
# 모두 다릅니다.

# %%
assert difference.pop("none") < 1e-9
assert min(difference.values()) > 1e-3

# %% [markdown] lang="en"
# ## 1-dimensional: 배열의 순서 · the raster order
# We use a small grid so that we can see everything: 3 rows and 4 columns of patches, width 8. The patches are
# numbered in reading order.

# %% [markdown] lang="ko"
# ## 1-dimensional positional embedding: 배열의 순서
# 한눈에 볼 수 있게 작은 격자를 씁니다. 패치는 3행 4열이고 임베딩 차원은 8입니다. 패치의 번호는 글을 읽는 순서입니다.

# %%
rows, cols, D = 3, 4, 8
np.arange(rows * cols).reshape(rows, cols)

# %% [markdown] lang="en"
# Each number has a learned row: `E_pos[5]` is added to patch 5. Nothing tells the model that 5 is below 1, or that 3
# and 4 are far apart.

# %% [markdown] lang="ko"
# 번호마다 학습되는 행이 하나씩 있습니다. 5번 패치에는 `E_pos[5]`를 더합니다. 5번이 1번 바로 아래라는 것도, 3번과 4번이 멀리 떨어져
# 있다는 것도 모델에 알려 주지 않습니다.

# %%
E_pos = rng.standard_normal((rows * cols, D))
x = rng.standard_normal((2, rows * cols, D))  # two images
y = x + E_pos
assert np.allclose(y[:, 5], x[:, 5] + E_pos[5])
y.shape

# %% [markdown] lang="en"
# The backward pass is that of step 4 (notebook 4): the gradient of each row is a sum over the images.

# %% [markdown] lang="ko"
# 역전파는 4단계와 같습니다(4번 노트북). 행마다 모든 이미지의 그래디언트를 더합니다.

# %%
dy = rng.standard_normal(y.shape)
_, saved = s4_position.forward(x, {"E_pos": E_pos})
_, dp = s4_position.backward(dy, saved)
assert np.allclose(dp["E_pos"], dy[0] + dy[1])

# %% [markdown] lang="en"
# ## 2-dimensional: 공간의 배열 체계 · a grid of patches
# There are two learned tables of half the width: one has a vector per column of the grid, the other a vector per row.
# Patch by patch: $E_{pos}[r, c] = [E_{cols}[c];\; E_{rows}[r]]$

# %% [markdown] lang="ko"
# ## 2-dimensional positional embedding: 공간의 배열 체계
# 차원이 절반인 표 두 개를 학습합니다. 한 표에는 격자의 열마다, 다른 표에는 행마다 벡터가 하나씩 있습니다. 패치 하나의 임베딩은 다음과
# 같습니다. $E_{pos}[r, c] = [E_{cols}[c];\; E_{rows}[r]]$

# %%
E_cols = rng.standard_normal((cols, D // 2))
E_rows = rng.standard_normal((rows, D // 2))

# %%
by_loop = np.zeros((rows, cols, D))
for row in range(rows):
    for col in range(cols):
        by_loop[row, col] = np.concatenate([E_cols[col], E_rows[row]])

# %% [markdown] lang="en"
# The same in one line: compute the row and the column of every patch, look up both vectors, and concatenate them.

# %% [markdown] lang="ko"
# 한 줄로도 쓸 수 있습니다. 모든 패치의 행과 열을 구하고, 두 표에서 벡터를 꺼내 이어 붙입니다.

# %%
r, c = np.divmod(np.arange(rows * cols), cols)
r, c

# %%
E_pos = np.hstack([E_cols[c], E_rows[r]])
assert np.allclose(E_pos, by_loop.reshape(rows * cols, D))
E_pos.shape

# %% [markdown] lang="en"
# In the left half of the table 4 rows repeat. In the right half each row appears 4 times in a row. 28 parameters give
# 96 values.

# %% [markdown] lang="ko"
# 표를 그림으로 봅시다. 왼쪽 절반에서는 네 행이 되풀이되고, 오른쪽 절반에서는 같은 행이 네 번씩 이어집니다. 파라미터 28개로 값 96개를
# 만듭니다.

# %%
plt.imshow(E_pos, cmap="viridis")
plt.axvline(D / 2 - 0.5, color="white", linewidth=4)
plt.xticks([1.5, 5.5], ["E_cols", "E_rows"])
plt.ylabel("patch")
plt.show()

# %%
assert E_cols.size + E_rows.size == 28 and E_pos.size == 96

# %% [markdown] lang="en"
# ## Backward of the 2-D table
# All patches of a row use the row's vector, so its gradient is a sum over the columns. As a loop: every patch adds
# the left half of its gradient to its column, and the right half to its row.

# %% [markdown] lang="ko"
# ## 2차원 표의 역전파
# 행 하나의 벡터는 그 행의 모든 패치가 함께 쓰므로, 그 그래디언트는 열에 대한 합입니다. 반복문으로 쓰면, 패치마다 그래디언트의 왼쪽
# 절반은 자기 열에, 오른쪽 절반은 자기 행에 더합니다.

# %%
dE = rng.standard_normal((rows * cols, D))
dE_cols, dE_rows = np.zeros(E_cols.shape), np.zeros(E_rows.shape)
for n in range(rows * cols):
    dE_cols[c[n]] += dE[n, : D // 2]
    dE_rows[r[n]] += dE[n, D // 2 :]

# %%
grid = dE.reshape(rows, cols, D)
assert np.allclose(dE_rows, grid[..., D // 2 :].sum(axis=1))  # over the columns
assert np.allclose(dE_cols, grid[..., : D // 2].sum(axis=0))  # over the rows

# %% [markdown] lang="en"
# We add the sum over the images, and check the gradient:

# %% [markdown] lang="ko"
# 이미지에 대한 합까지 넣어 그래디언트를 검증합니다.


# %%
def forward_2d(x, p):
    r, c = np.divmod(np.arange(x.shape[1]), len(p["E_cols"]))
    return x + np.hstack([p["E_cols"][c], p["E_rows"][r]]), (len(p["E_rows"]), len(p["E_cols"]))


# %%
def backward_2d(dy, saved):
    dE = dy.sum(axis=0).reshape(*saved, D)
    return dy, {
        "E_cols": dE[..., : D // 2].sum(axis=0),
        "E_rows": dE[..., D // 2 :].sum(axis=1),
    }


# %%
report = gradcheck.check(forward_2d, backward_2d, x, {"E_cols": E_cols, "E_rows": E_rows})
print(report)
assert report.ok

# %% [markdown] lang="en"
# Now we swap the two axes, a common mistake. On a 3×4 grid the shapes would show it. But most images are square. With
# 4×4 patches only the gradient check finds it.

# %% [markdown] lang="ko"
# 이번에는 흔한 실수처럼 두 축을 바꿔 봅시다. 3×4 격자에서는 shape가 달라 바로 드러납니다. 하지만 이미지는 대개 정사각형이고, 패치가
# 4×4개이면 그래디언트 검증으로만 찾을 수 있습니다.


# %%
def mixed_up(dy, saved):
    dE = dy.sum(axis=0).reshape(*saved, D)
    return dy, {
        "E_cols": dE[..., : D // 2].sum(axis=1),
        "E_rows": dE[..., D // 2 :].sum(axis=0),
    }


# %%
square = {"E_cols": rng.standard_normal((4, 4)), "E_rows": rng.standard_normal((4, 4))}
report = gradcheck.check(forward_2d, mixed_up, rng.standard_normal((2, 16, D)), square)
print(report)
assert not report.ok

# %% [markdown] lang="en"
# We compare with the library, `ops/positions.py`. [CLS] has no row and no column. The paper does not say what is
# added to it. Here it has its own learned row, `E_cls`.

# %% [markdown] lang="ko"
# 라이브러리의 `ops/positions.py`와 비교합니다. [CLS]에는 행도 열도 없습니다. 논문은 [CLS]에 무엇을 더하는지 말하지 않습니다.
# 여기서는 따로 학습되는 행 `E_cls`를 둡니다.

# %%
p = {"E_cols": E_cols, "E_rows": E_rows, "E_cls": rng.standard_normal(D)}
how = {"kind": "2d", "grid": (rows, cols)}
library, saved = positions.forward(p, like=np.zeros((2, 13, D)), **how)
library.shape

# %%
assert np.allclose(library[1:], E_pos) and (library[0] == p["E_cls"]).all()
dp = positions.backward(np.vstack([np.zeros(D), dE]), saved)
assert np.allclose(dp["E_rows"], dE_rows) and np.allclose(dp["E_cols"], dE_cols)

# %% [markdown] lang="en"
# ## Relative: 패치 사이의 거리 · the distance between patches
# Nothing is added to the tokens. The distance between query and key is learned in the *scores*. As in the paper the
# distance is one integer, $k - q$. For four tokens, with a row per query and a column per key:

# %% [markdown] lang="ko"
# ## Relative positional embeddings: 패치 사이의 거리
# 토큰에는 아무것도 더하지 않습니다. 쿼리와 키 사이의 거리는 *스코어*에서 학습합니다. 논문처럼 거리는 정수 하나, $k - q$입니다. 토큰이
# 네 개일 때, 행이 쿼리이고 열이 키입니다.

# %%
T, d_k = 4, 3
distance = np.arange(T) - np.arange(T)[:, None]
distance

# %% [markdown] lang="en"
# From −3 to 3 there are 2T − 1 = 7 distances. Each has a learned vector. It works like a second key: the query is
# multiplied with it too.
# $$S[q, k] = \frac{Q_q \cdot K_k + Q_q \cdot E_{rel}[T - 1 + k - q]}{\sqrt{d_k}}$$

# %% [markdown] lang="ko"
# −3부터 3까지 거리는 2T − 1 = 7가지이고, 거리마다 학습되는 벡터가 하나씩 있습니다. 두 번째 키처럼 쿼리와 내적합니다.
# $$S[q, k] = \frac{Q_q \cdot K_k + Q_q \cdot E_{rel}[T - 1 + k - q]}{\sqrt{d_k}}$$

# %%
Q, K = rng.standard_normal((2, T, d_k))
E_rel = rng.standard_normal((2 * T - 1, d_k))

# %%
S = np.zeros((T, T))
for q in range(T):
    for k in range(T):
        S[q, k] = (Q[q] @ K[k] + Q[q] @ E_rel[T - 1 + k - q]) / np.sqrt(d_k)

# %%
added, saved = relative.forward(Q, E_rel)
assert np.allclose(S, (Q @ K.T + added) / np.sqrt(d_k))
S

# %% [markdown] lang="en"
# ## Without a loop: the skew
# One matrix product gives all queries times all distances, $G = Q\,E_{rel}^\top$. We need only a part of it: in row
# q, the T columns that start at T − 1 − q. In each next row this window moves one column to the left.

# %% [markdown] lang="ko"
# ## 반복문 없이: 비스듬히 밀기(skew)
# 행렬 곱 한 번이면 모든 쿼리와 모든 거리의 곱이 나옵니다. $G = Q\,E_{rel}^\top$입니다. 그런데 필요한 것보다 많습니다. q행에서는
# T − 1 − q열부터 T개만 필요합니다. 한 행 내려갈 때마다 창이 한 칸씩 왼쪽으로 갑니다.

# %%
G = Q @ E_rel.T
wanted = np.stack([G[q, T - 1 - q : 2 * T - 1 - q] for q in range(T)])
assert np.allclose(wanted, added)
G.shape, wanted.shape

# %% [markdown] lang="en"
# The trick: flatten G. From the start of one window to the next there are 7 − 1 = 6 values. So drop the first T − 1
# values and reshape to rows of 6: the windows are now aligned. To see it, we use the distances instead of G:

# %% [markdown] lang="ko"
# 요령은 이렇습니다. 모든 값을 한 줄로 늘어놓으면 한 창의 시작에서 다음 창의 시작까지 7 − 1 = 6칸입니다. 그러니 처음 T − 1개를 버리고
# 6개마다 줄을 바꾸면 창이 위아래로 나란히 놓입니다. 눈으로 볼 수 있게 G 대신 거리를 넣어 봅시다.

# %%
names = np.tile(np.arange(1 - T, T), (T, 1))
skewed = names.ravel()[T - 1 : T - 1 + T * (2 * T - 2)].reshape(T, 2 * T - 2)
skewed


# %%
def draw(ax, numbers, inside):
    ax.imshow(inside, cmap="Oranges", vmin=0, vmax=3)
    for (i, j), number in np.ndenumerate(numbers):
        style = {"weight": "bold"} if inside[i, j] else {"color": "gray"}
        ax.text(j, i, number, ha="center", va="center", **style)
    ax.set(xticks=[], yticks=range(T), ylabel="q")


# %%
window = np.arange(2 * T - 1) - (T - 1 - np.arange(T)[:, None])  # 0 … T − 1 inside
figure, axes = plt.subplots(1, 2, layout="constrained")
draw(axes[0], names, (window >= 0) & (window < T))
draw(axes[1], skewed, np.broadcast_to(np.arange(2 * T - 2) < T, skewed.shape))

# %% [markdown] lang="en"
# This needs no computation: the first T columns on the right are the distances.

# %% [markdown] lang="ko"
# 계산은 필요 없습니다. 오른쪽 그림의 처음 T열이 바로 거리입니다.

# %%
assert (skewed[:, :T] == distance).all()
assert np.allclose(relative.windows(G), wanted)

# %% [markdown] lang="en"
# In step 5, `E_rel` is a parameter like `W_Q`. Here are five tokens of 12 values and three heads, which share
# `E_rel`:

# %% [markdown] lang="ko"
# 5단계에서 `E_rel`은 `W_Q`와 같은 파라미터입니다. 12차원 토큰 다섯 개와 헤드 세 개를 쓰고, 헤드들이 `E_rel`을 공유합니다.

# %%
p = s5_attention.init(rng, hidden_size=12, dtype=np.float64)
p |= {"E_rel": rng.standard_normal((2 * 5 - 1, 4))}
_, saved = s5_attention.forward(rng.standard_normal((2, 5, 12)), p, num_heads=3)

# %%
content = saved.Q @ saved.K.swapaxes(-1, -2)
place, _ = relative.forward(saved.Q, p["E_rel"])
A, _ = softmax.forward((content + place) / np.sqrt(4))
assert np.allclose(A, saved.A)

# %% [markdown] lang="en"
# ## Backward of the relative embedding
# Each score passes its gradient to its query and to the vector of its distance. All pairs with the same distance add
# to the same vector.

# %% [markdown] lang="ko"
# ## 상대 위치 임베딩의 역전파
# 스코어마다 그래디언트가 두 경로로 갑니다. 하나는 쿼리로, 하나는 그 거리의 벡터로 갑니다. 거리가 같은 쌍은 모두 같은 벡터에 더해집니다.

# %%
dS = rng.standard_normal((T, T))
dQ, dE_rel = np.zeros(Q.shape), np.zeros(E_rel.shape)
for q in range(T):
    for k in range(T):
        dQ[q] += dS[q, k] * E_rel[T - 1 + k - q]
        dE_rel[T - 1 + k - q] += dS[q, k] * Q[q]

# %% [markdown] lang="en"
# With matrices: put `dS` back into the windows and fill the rest with zeros. Then it is the backward pass of
# $G = Q\,E_{rel}^\top$.

# %% [markdown] lang="ko"
# 행렬로는, `dS`를 창 자리에 되돌려 놓고 나머지를 0으로 채우면 $G = Q\,E_{rel}^\top$의 역전파입니다.

# %%
dG = relative.spread(dS)
np.round(dG, 1)

# %%
assert np.allclose(dG @ E_rel, dQ) and np.allclose(dG.T @ Q, dE_rel)

# %% [markdown] lang="en"
# The library returns one part of `dE_rel` per head and image; step 5 sums them. We check with two images and three
# heads:

# %% [markdown] lang="ko"
# 라이브러리는 이미지와 헤드마다 `dE_rel`의 부분을 따로 돌려주고, 5단계에서 더합니다. 이미지 두 장, 헤드 세 개로 검증합니다.


# %%
def backward_relative(dS, saved):
    dQ, parts = relative.backward(dS, saved)  # parts (2, 3, 7, 3)
    return dQ, {"E_rel": parts.sum(axis=(0, 1))}


# %%
forward_relative = lambda Q, p: relative.forward(Q, p["E_rel"])
heads = rng.standard_normal((2, 3, T, d_k))
report = gradcheck.check(forward_relative, backward_relative, heads, {"E_rel": E_rel})
print(report)
assert report.ok

# %% [markdown] lang="en"
# How many pairs share each distance? In ViT-B/16 with 197 tokens the longest distance has one pair, and neighbors
# have 196.

# %% [markdown] lang="ko"
# 거리 하나를 몇 쌍이 공유할까요? 토큰이 197개인 ViT-B/16에서 가장 먼 거리는 한 쌍뿐이고, 바로 옆은 196쌍입니다.

# %%
np.bincount((distance + T - 1).ravel())

# %% [markdown] lang="en"
# ## Sine–cosine position embedding: a fixed table
# This is neither on the slide nor in the paper's comparison. Later models (MoCo v3, SimpleViT) compute the table by a
# formula. For B/16 there are 192 wavelengths, from 2π to 20,000π patches. One half of each row of the table encodes
# the column, the other half the row.

# %% [markdown] lang="ko"
# ## 사인-코사인 포지셔널 임베딩: 학습하지 않는 표
# 슬라이드에도 논문의 비교에도 없습니다. 이후의 모델(MoCo v3, SimpleViT)은 표를 공식으로 고정합니다. B/16이면 파장이
# 2π에서 20,000π 패치까지 192가지이고, 절반은 열에, 나머지 절반은 행에 씁니다.

# %%
omega = 10_000.0 ** (-np.arange(192) / 191)
angle = np.arange(14)[:, None] * omega
waves = np.hstack([np.sin(angle), np.cos(angle)])
waves.shape

# %%
r, c = np.divmod(np.arange(196), 14)
E_pos = np.hstack([waves[c], waves[r]])
E_pos.shape

# %% [markdown] lang="en"
# These are the waves at the 14 positions: first the sines from short to long, then the cosines. Short waves
# distinguish neighbors, long waves the two ends. Most are so long that they hardly change over 14 positions.

# %% [markdown] lang="ko"
# 자리 14개의 물결입니다. 사인이 짧은 파장부터 긴 파장까지 이어지고, 다음이 코사인입니다. 짧은 물결은 이웃을, 긴 물결은 양 끝을 구별해
# 줍니다. 절반이 넘는 물결은 너무 길어서 자리 14개 안에서는 거의 변하지 않습니다.

# %%
plt.imshow(waves, cmap="viridis", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
plt.xticks([96, 288], ["sin", "cos"])
plt.yticks([0, 5, 10, 13])
plt.ylabel("place")
plt.colorbar()
plt.show()

# %%
big = vitnp.preset("B/16")
like = np.zeros((1, 197, 768))
library, _ = positions.forward({}, kind="sincos", grid=big.grid, like=like)
assert np.allclose(library[1:], E_pos) and not library[0].any()  # [CLS] gets zeros

# %% [markdown] lang="en"
# ## Which positions are similar before training?
# We make three tables of B/16 with their initial values. How similar is the patch at row 7, column 3 to every other
# patch? We compute the cosine between rows of the table.

# %% [markdown] lang="ko"
# ## 학습 전에 어떤 위치끼리 비슷할까?
# B/16의 세 표를 초깃값으로 만듭니다. 7행 3열의 패치는 다른 패치들과 얼마나 비슷할까요? 표의 행끼리 코사인을 구합니다.

# %%
tables = {"sincos": library}
for kind in ("1d", "2d"):
    sizes = {"kind": kind, "grid": big.grid}
    p = positions.init(rng, num_tokens=197, hidden_size=768, dtype=np.float64, **sizes)
    tables[kind], _ = positions.forward(p, like=like, **sizes)

# %%
alike = {}
for kind in ("1d", "2d", "sincos"):
    alike[kind] = look.position_similarity(tables[kind], grid=big.grid)[7, 3]

# %%
figure, axes = plt.subplots(1, 3, layout="constrained")
for ax, (kind, cosine) in zip(axes, alike.items()):
    shown = ax.imshow(cosine, cmap="viridis", vmin=0, vmax=1)
    ax.set(title=kind, xticks=[0, 3, 13], yticks=[0, 7, 13])
figure.colorbar(shown, ax=axes, shrink=0.7)
plt.show()

# %% [markdown] lang="en"
# **1-D**: a patch is similar only to itself. **2-D** shows a cross before training. In the same row or column, half of
# the vector is the same, so the cosine is near ½. But the next row is as different as a distant row. **Sine–cosine**
# also distinguishes near from far. No two positions are very different, because the long waves are almost the same
# everywhere.

# %% [markdown] lang="ko"
# **1-D**에서는 패치가 자기 자신하고만 비슷합니다. **2-D**는 학습 전부터 십자 무늬가 나타납니다. 행이나 열이 같으면 벡터의 절반이
# 같아서 코사인이 ½에 가깝습니다. 하지만 바로 옆 행도 먼 행만큼 유사도가 낮습니다. **사인-코사인**은 멀고 가까운 것까지 구별합니다. 다만
# 긴 물결은 어디서나 거의 같으므로 아주 다른 위치는 없습니다.

# %%
for kind, cosine in alike.items():
    row, diagonal = cosine[7, [4, 8]], cosine[[8, 12], [4, 8]]
    print(f"{kind:7} in the row {row.round(2)}, on the diagonal {diagonal.round(2)}")

# %%
assert abs(alike["1d"][7, 4]) < 0.2 < alike["2d"][7, 4] < 0.7 < alike["sincos"][7, 4]
assert abs(alike["2d"][8, 4]) < 0.2 and alike["sincos"][8, 4] > alike["sincos"][12, 8]
assert alike["sincos"].min() > 0.5

# %% [markdown] lang="en"
# These are all tiles of the fixed table. They are shifted copies of one tile, because the cosine depends only on the
# displacement of the two positions (exercise 3). The paper's 1-D table **learns** a similar picture from millions of
# photos (deck 002, Fig. 7 of the paper). Near patches are similar, and so are those of one row or column. (A table
# trained on digits is different: notebook 13.)

# %% [markdown] lang="ko"
# 고정된 표의 타일을 모두 그립니다. 모두 같은 타일을 옮긴 것입니다. 코사인은 두 위치가 얼마나 떨어져 있는지에만 달려 있기 때문입니다(연습
# 문제 3). 논문의 1-D 표는 수백만 장의 사진에서 이와 비슷한 그림을 **학습합니다**(강의자료 002, 논문 Fig. 7). 가까운 패치끼리, 또
# 같은 행이나 같은 열끼리 비슷합니다. (digits로 학습한 표는 그렇지 않습니다. 13번 노트북에 있습니다.)

# %%
show.position_similarity(library, big)

# %% [markdown] lang="en"
# ## How many parameters does each have?
# We count the parameters that each adds to a ViT-B/16 without positions. `vit.init(None, …)` gives the shapes without
# drawing random numbers.

# %% [markdown] lang="ko"
# ## 파라미터는 몇 개일까?
# 위치가 없는 ViT-B/16보다 늘어나는 파라미터 수입니다. `vit.init(None, …)`은 난수를 뽑지 않고 shape만 줍니다.

# %%
without = tree.count(vit.init(None, vitnp.preset("B/16", position_embedding="none")))
without


# %%
def learned(**fields):
    return tree.count(vit.init(None, vitnp.preset("B/16", **fields))) - without


# %%
for kind in ("1d", "2d", "relative", "sincos"):
    print(f"{kind:9} {learned(position_embedding=kind):8,}")

# %%
assert learned(position_embedding="1d") == 197 * 768
assert learned(position_embedding="2d") == 14 * 384 + 14 * 384 + 768  # E_cols, E_rows, E_cls
assert learned(position_embedding="relative") == 12 * 393 * 64  # an E_rel in each block

# %% [markdown] lang="en"
# Sine–cosine has no parameters. Of the learned ones 2-D has the fewest, and 1-D has thirteen times as many. All of
# them are small compared with 86 million: the largest is a third of a percent. (`docs/positions.md` has the shapes.)

# %% [markdown] lang="ko"
# 사인-코사인에는 파라미터가 없습니다. 학습하는 방식 가운데 2-D가 가장 적고 1-D는 그 열세 배입니다. 하지만 8,600만 개에 비하면 모두
# 적습니다. 가장 많은 것이 0.3% 남짓입니다. (shape는 `docs/positions.md`에 있습니다.)

# %%
learned(position_embedding="relative") / without

# %% [markdown] lang="en"
# ## Position embedding at the stem, in every layer, or shared
# We can add the table once, before the first block. Or we can add it before every block, with a separate table per
# block or with one shared table. The paper tried all three.

# %% [markdown] lang="ko"
# ## 포지셔널 임베딩을 더하는 곳: 맨 앞(stem), 층마다, 층마다 공유
# 첫 블록 앞에서 한 번만 더할 수도 있고, 블록마다 더할 수도 있습니다. 블록마다 더할 때는 표를 따로 두거나 하나를 공유합니다. 논문은 세
# 가지를 모두 시험했습니다.

# %%
for at in ("stem", "every-layer", "every-layer-shared"):
    print(f"{at:18} {learned(position_at=at):9,}")

# %%
assert learned(position_at="every-layer") == 12 * learned(position_at="every-layer-shared")

# %% [markdown] lang="en"
# We take a tiny model of three blocks. "Every layer, shared" is one change in the loop over the blocks:

# %% [markdown] lang="ko"
# 블록이 세 개인 아주 작은 모델을 씁니다. "층마다 공유"는 블록을 도는 반복문에서 한 군데만 바꾸면 됩니다.

# %%
shared = vitnp.preset("tiny", num_layers=3, position_at="every-layer-shared")
p = gradcheck.random_like(vit.init(rng, shared), rng)
x = rng.standard_normal((2, *shared.image_size, 3))
E_pos = p["position"]["E_pos"]

# %%
z, _ = s1_patchify.forward(x, patch_size=shared.patch_size)
z, _ = s2_project.forward(z, p["project"])
z, _ = s3_class_token.forward(z, p["class_token"])
for i in range(3):
    z, _ = encoder.block_forward(z + E_pos, p["blocks"][i], config=shared)
z, _ = s6_layer_norm.forward(z, p["norm"], eps=shared.layer_norm_eps)

# %%
logits, saved = vit.forward(x, p, shared)
assert np.allclose(logits, s8_classify.forward(z, p["classify"])[0])
logits.shape

# %% [markdown] lang="en"
# Backward: one table is used three times, so it gets three gradients, and they are **added**. To see the three, give
# every block its own copy. The logits are the same, and each copy gets the gradient of its block.

# %% [markdown] lang="ko"
# 이제 역전파입니다. 표 하나를 세 번 썼으므로 그래디언트도 세 경로로 와서 **더해집니다**. 세 그래디언트를 따로 보려면 블록마다 복사본을
# 주면 됩니다. 로짓은 그대로이고, 복사본마다 자기 블록의 그래디언트를 얻습니다.

# %%
each = dataclasses.replace(shared, position_at="every-layer")
copies = p | {"position": {i: {"E_pos": E_pos} for i in range(3)}}
same, saved_each = vit.forward(x, copies, each)
assert np.allclose(same, logits)

# %%
dlogits = rng.standard_normal(logits.shape)
_, dp = vit.backward(dlogits, saved)
_, dp_each = vit.backward(dlogits, saved_each)
parts = [dp_each["position"][i]["E_pos"] for i in range(3)]
[np.linalg.norm(part) for part in parts]

# %%
assert np.allclose(dp["position"]["E_pos"], parts[0] + parts[1] + parts[2])
assert all(np.linalg.norm(part) > 1e-6 for part in parts)

# %% [markdown] lang="en"
# ## Training on digits with four position embeddings
# We train the model of notebooks 11 and 13 with none, 1-D, 2-D and relative. Each run is four epochs without
# augmentation and takes a few seconds. The split and the seed are the same.

# %% [markdown] lang="ko"
# ## 네 가지 포지셔널 임베딩으로 digits 학습하기
# 11번과 13번 노트북의 모델을 네 가지 방식으로, 증강 없이 네 에폭씩 학습합니다. 하나에 몇 초면 됩니다. 학습 이미지와 테스트 이미지를
# 나눈 방식도, 시드도 같습니다.

# %%
recipe = dataclasses.replace(RECIPES["digits"], epochs=4, augment=())
models, curves = {}, {}


# %%
def fit(kind):
    config, rng = vitnp.preset("digits", position_embedding=kind), np.random.default_rng(0)
    p = initial_parameters(rng, config, recipe)
    history = train(p, config, digits, recipe, rng=rng, how=How(workers=2))
    models[kind], curves[kind] = (p, config), [epoch.test_accuracy for epoch in history]


# %%
for kind in ("none", "1d", "2d", "relative"):
    fit(kind)
    print(f"{kind:9} {curves[kind][-1]:.1%}")

# %%
styles = zip(curves.items(), ("s-", "o-", "^--", "D:"), ("black", BLUE, ORANGE, GREEN))
for (kind, accuracies), style, color in styles:
    plt.plot(range(1, 5), accuracies, style, color=color, linewidth=3, markersize=9, label=kind)
plt.xlabel("epoch")
plt.ylabel("test accuracy")
plt.xticks(range(1, 5))
plt.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown] lang="en"
# As a bag of patches the model recognizes about two of three digits. The amount of ink and the kinds of small pieces
# already say a lot. With positions of any kind it recognizes about nine of ten.

# %% [markdown] lang="ko"
# 순서 없는 패치 집합만으로도 셋 가운데 둘쯤은 맞힙니다. 잉크의 양과 조각의 종류만으로도 많은 것을 알 수 있기 때문입니다. 위치가 있으면
# 어떤 방식이든 열에 아홉 안팎을 맞힙니다.

# %%
final = {kind: accuracies[-1] for kind, accuracies in curves.items()}
assert 0.5 < final["none"] < 0.8
assert min(final["1d"], final["2d"], final["relative"]) > 0.88

# %% [markdown] lang="en"
# **We repeat the first experiment** with all 360 test images, shuffled in the same order. For the model without
# positions they are the same input. The other models expect each patch at its learned position, so their accuracy
# falls sharply.

# %% [markdown] lang="ko"
# **처음의 실험을 다시 해 봅시다.** 테스트 이미지 360장의 패치를 모두 같은 순서로 섞습니다. 위치 정보가 없는 모델에게는 같은 입력입니다.
# 나머지 모델은 학습한 위치에 다른 패치가 있으므로 정확도가 크게 떨어집니다.


# %%
def accuracy(images, kind):
    return (vitnp.predict(images, *models[kind]).argmax(axis=1) == labels).mean()


# %%
moved = {kind: accuracy(shuffle(images), kind) for kind in models}
for kind in models:
    print(f"{kind:9} {accuracy(images, kind):6.1%}   shuffled {moved[kind]:6.1%}")

# %%
assert abs(moved["none"] - final["none"]) < 0.01
assert max(moved[kind] for kind in ("1d", "2d", "relative")) < 0.6

# %% [markdown] lang="en"
# ## Table 8 of the paper: accuracy per position embedding
# Table 8 has the 5-shot linear accuracy of ViT-B/16 on ImageNet, in percent. Rows: 1-D, 2-D, relative. Columns: at
# the stem, every layer, every layer shared. Without positions it is 61.382.

# %% [markdown] lang="ko"
# ## 논문의 Table 8: 포지셔널 임베딩별 정확도
# Table 8입니다. ViT-B/16의 ImageNet 5-shot 선형 분류 정확도(%)이고, 행은 1-D, 2-D, 상대 위치, 열은 맨 앞, 층마다, 층마다
# 공유입니다. 위치가 없으면 61.382입니다.

# %%
none, missing = 61.382, np.nan
of_1d, of_2d = [64.206, 63.964, 64.292], [64.001, 64.046, 64.022]
table_8 = np.array([of_1d, of_2d, [64.032, missing, missing]])
table_8 - none

# %%
np.nanmin(table_8 - none), np.nanmax(table_8 - none), np.nanmax(table_8) - np.nanmin(table_8)

# %% [markdown] lang="en"
# Any position embedding gains **2.6 to 2.9 points**. The choice of kind and place changes only **0.3 points**. 1-D is
# both the best of the seven (every layer, shared) and the worst (every layer). So "1-D is best" holds at the stem, by
# about 0.2 points, in a table with one run each and no spread. It is the simplest of several equally good ones,
# which is a good reason to choose it.

# %% [markdown] lang="ko"
# 위치가 있느냐 없느냐는 **2.6~2.9점** 차이입니다. 어떤 방식으로 어디에 더하느냐는 **0.3점** 차이입니다. 일곱 가지 가운데 가장 좋은
# 것도 1-D(층마다 공유)이고 가장 나쁜 것도 1-D(층마다)입니다. 그러니 "1-D가 가장 좋았다"는 맨 앞에서 더할 때 0.2점쯤의 차이로
# 맞는 말입니다. 더구나 표의 값은 한 번씩만 학습한 결과이고 편차는 없습니다. 1-D는 비슷하게 좋은 방식 가운데 가장 단순합니다. 이것이
# 1-D를 고를 좋은 이유입니다.

# %% [markdown] lang="en"
# We plot both on the same scale: the paper's column "stem", and our digits.

# %% [markdown] lang="ko"
# 둘을 같은 눈금으로 그립니다. 논문의 "맨 앞" 열과, 우리가 digits 데이터에서 얻은 값입니다.

# %%
paper = dict(zip(final, np.array([none, *table_8[:, 0]]) / 100))
figure, axes = plt.subplots(1, 2, layout="constrained", sharey=True)
for ax, title, found in zip(axes, ("B/16, ImageNet 5-shot", "digits, 1 seed"), (paper, final)):
    colors, hatch = [ORANGE, BLUE, BLUE, BLUE], ["//", "", "", ""]
    bars = ax.bar(found.keys(), found.values(), color=colors, hatch=hatch)
    ax.bar_label(bars, fmt="{:.1%}")
    ax.set(title=title, ylim=(0, 1.1), yticks=[])
plt.show()

# %% [markdown] lang="en"
# **What digits show:** positions matter, and far more than on ImageNet. A patch of 2×2 gray pixels says almost
# nothing by itself. A patch of 16×16 color pixels may show an eye or a wheel. Wheels and windows suggest a car in any
# order.
#
# **What digits do not show:** which one is best. One of 360 test images is 0.3 points. We ran one seed and four
# epochs, and the recipe was tuned with 1-D. With another seed the order of the three may change.

# %% [markdown] lang="ko"
# **digits 데이터가 보여 주는 것:** 위치는 중요하고, ImageNet에서보다 훨씬 더 중요합니다. 2×2 흑백 픽셀은 그 자체로 말해 주는 것이 거의
# 없습니다. 16×16 컬러 패치에는 눈이나 바퀴가 보일 수 있고, 바퀴와 창문이 있으면 순서를 몰라도 자동차라고 짐작할 수 있습니다.
#
# **digits 데이터가 보여 주지 못하는 것:** 무엇이 가장 좋은지는 알 수 없습니다. 테스트 이미지가 360장이면 한 장이 0.3점입니다. 시드
# 하나로 네 에폭만 돌렸고, 레시피도 1-D로 조정한 것입니다. 시드를 바꾸면 셋의 순서가 뒤집힐 수 있습니다.

# %% [markdown] lang="en"
# Why does the kind hardly matter? The paper's explanation: the model sees 14×14 patches, not 224×224 pixels. With so
# few patches every kind easily learns which patches are neighbors.
#
# **At home:** train all five with five seeds each and the full recipe, 25 runs. An interrupted command resumes when
# you run it again. The results are in `docs/results.md`.
#
# `vitnp compare --over position_embedding --data digits --seeds 5 --out runs/positions`

# %% [markdown] lang="ko"
# 어떤 방식인지가 왜 별로 중요하지 않을까요? 논문의 설명은 이렇습니다. 모델이 보는 것은 224×224 픽셀이 아니라 패치 14×14개입니다.
# 이렇게 적으면 어떤 방식이든 어느 패치가 이웃인지 쉽게 배웁니다.
#
# **집에서:** 다섯 가지를 시드 다섯 개씩, 레시피 전체로, 모두 스물다섯 번 학습합니다. 도중에 멈췄다면 같은 명령을 다시 실행하면 이어서
# 합니다. 결과는 `docs/results.md`에 있습니다.
#
# `vitnp compare --over position_embedding --data digits --seeds 5 --out runs/positions`

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ How many position parameters does ViT-B/16 at 384×384 pixels have with the 2-D embedding? Include `E_cls`.

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 384×384 이미지를 쓰는 ViT-B/16이 2-D 방식을 쓰면 위치를 위한 파라미터가 몇 개입니까? `E_cls`도 셉니다.

# %% tags=["exercise"]
numbers = ...

# %% tags=["solution"]
numbers = 2 * 24 * 384 + 768

# %% tags=["check"]
check("15.1", numbers)

# %% [markdown] lang="en"
# **2.** ★★ In the relative embedding a distance is one integer. On a grid of 4 columns and 3 rows, $k - q = 5$. Which
# displacements (rows down, columns to the right) are possible? Give all of them as a set of pairs.

# %% [markdown] lang="ko"
# **2.** ★★ 상대 위치에서 거리는 정수 하나입니다. 4열 3행의 격자에서 키와 쿼리가 $k - q = 5$만큼 떨어져 있습니다. (아래로 몇 행, 오른쪽으로
# 몇 열)로 쓰면 어떤 경우가 있습니까? 모든 경우를 쌍의 집합으로 쓰세요.

# %% tags=["exercise"]
displacements = ...

# %% tags=["solution"]
displacements = {(1, 1), (2, -3)}  # 4 + 1, and 8 − 3: two rows down, and back

# %% tags=["check"]
check("15.2", displacements)

# %% [markdown] lang="en"
# **3.** ★★★ For sine–cosine the cosine of two rows of the table depends only on the displacement. Write a function
# that computes it from `down`, `on` and `omega`. (Use $\sin a \sin b + \cos a \cos b = \cos(a - b)$; each row has
# squared length 384.)

# %% [markdown] lang="ko"
# **3.** ★★★ 사인-코사인 표에서 두 행의 코사인은 서로 얼마나 떨어져 있는지에만 달려 있습니다. `down`과 `on`을 받아 `omega`로 계산하는 함수를
# 쓰세요. ($\sin a \sin b + \cos a \cos b = \cos(a - b)$를 쓰면 됩니다. 모든 행은 길이의 제곱이 384입니다.)


# %% tags=["exercise"]
def cosine_of(down, on):
    return ...


# %% tags=["solution"]
def cosine_of(down, on):
    return (np.cos(down * omega).sum() + np.cos(on * omega).sum()) / 384


# %% tags=["check"]
check("15.3", cosine_of)

# %% [markdown] lang="en"
# **Explain.** A ViT without positions gives the same logits for an image and for its shuffled patches. Why? Go
# through step 5, step 7 and the classifier.

# %% [markdown] lang="ko"
# **설명해 보세요.** 위치 정보가 없는 ViT는 이미지와, 패치를 섞은 같은 이미지에 똑같은 로짓을 냅니다. 왜 그럴까요? 5단계, 7단계, 분류기의 순서로
# 설명하세요.

# %% [markdown] lang="en" tags=["solution"]
# Steps 6 and 7 treat every token alone, so shuffled tokens give the same rows in the shuffled order. In step 5 the
# softmax runs over all keys, and the sum A·V does not depend on their order. So here too only the rows are shuffled:
# attention is permutation-equivariant. [CLS] is not shuffled, so its row is the same after each block, up to
# rounding. The classifier reads only this row.

# %% [markdown] lang="ko" tags=["solution"]
# 6단계와 7단계는 토큰을 하나씩 따로 계산하므로, 토큰을 섞으면 결과의 행도 똑같이 섞일 뿐입니다. 5단계에서 softmax는 모든 키에 걸쳐 있고 A·V의 합에는
# 순서가 없습니다. 여기서도 행의 순서만 바뀝니다. 어텐션은 순열에 대해 등변입니다. [CLS]는 섞은 토큰이 아니므로 블록을 지날 때마다 반올림 오차를 빼면 같은
# 행입니다. 분류기는 이 행만 읽습니다.
