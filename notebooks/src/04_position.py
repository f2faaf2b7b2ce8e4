# %% [markdown] lang="en"
# # 4 · The position embedding E_pos
# **4단계: 포지셔널 임베딩 추가 - 요소 합을 통해서 위치 정보 추가** ·
# *Step 4: add the positional embedding - an element-wise sum brings in the position*
#
# Deck 003, step 4 · file `vitnp/steps/s4_position.py` · **25 minutes to show, 45 with the exercises** · [solutions](solutions/04_position.ipynb)
#
# After this notebook you can
# - show that a ViT without positions cannot tell a photo from its shuffled patches,
# - write the sum, the dropout after it, and the backward pass of both,
# - read the picture of how similar positions are,
# - use a model on images of a different size.

# %% [markdown] lang="ko"
# # 4 · 포지셔널 임베딩 E_pos
# **4단계: 포지셔널 임베딩 추가 - 요소 합을 통해서 위치 정보 추가** ·
# *Step 4: add the positional embedding - an element-wise sum brings in the position*
#
# 강의자료 003, 4단계 · 파일 `vitnp/steps/s4_position.py` · **시연 25분, 실습 포함 45분** · [풀이](../solutions/ko/04_position.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 위치가 없는 ViT는 뒤섞인 사진을 알아채지 못한다는 것을 보인다.
# - 요소 합과 그다음의 드롭아웃, 그리고 둘의 역전파를 쓴다.
# - 위치끼리 얼마나 비슷한지 보여 주는 그림을 읽는다.
# - 학습된 모델을 다른 크기의 이미지에 쓴다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck, show, vit
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.data import photo
from vitnp.ops import interpolate
from vitnp.steps import s1_patchify, s4_position

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## A photo, and the same patches in another order
# A person would never confuse the two.

# %% [markdown] lang="ko"
# ## 사진 한 장, 그리고 패치의 순서만 바꾼 사진
# 사람이라면 절대 헷갈리지 않습니다.

# %%
rng = np.random.default_rng(0)
image = photo.sample((224, 224))
patches, _ = s1_patchify.forward(image[None], patch_size=16)
order = rng.permutation(196)
shuffled = s1_patchify.unpatchify(patches[:, order], grid=(14, 14), patch_size=16)[0]

# %%
figure, axes = plt.subplots(1, 2, layout="constrained")
for ax, picture in zip(axes, (image, shuffled)):
    ax.imshow(picture)
    ax.axis("off")

# %% [markdown] lang="en"
# Take a ViT with random weights whose positions are all 0. (Two blocks and ten classes are enough.)

# %% [markdown] lang="ko"
# 가중치는 난수이고 위치는 모두 0인 ViT를 만듭니다. (블록 2개, 클래스 10개면 충분합니다.)

# %%
config = vitnp.preset("S/16", num_layers=2, num_classes=10)
p = vit.init(rng, config, np.float64)
p["classify"]["head"]["W"] = rng.standard_normal((384, 10))
p["position"]["E_pos"] = np.zeros((197, 384))

# %%
both = np.stack([image, shuffled])
logits, _ = vit.forward(both, p, config)
logits[:, :5]

# %% [markdown] lang="en"
# Both rows are the same. Every step treats all patches in the same way, and attention sums over them. Without positions a
# photo is only a **bag of patches**.

# %% [markdown] lang="ko"
# 두 행이 같습니다. 모든 단계가 모든 패치를 똑같이 처리하고, 어텐션은 패치에 대한 합이기 때문입니다. 위치가 없으면 사진은 **bag
# of patches**(순서 없는 패치 집합)일 뿐입니다.

# %%
assert np.allclose(logits[0], logits[1])

# %% [markdown] lang="en"
# Now give each position its own vector, and run the same two photos:

# %% [markdown] lang="ko"
# 이제 위치마다 벡터를 하나씩 주고, 같은 사진 두 장을 다시 넣습니다.

# %%
p["position"]["E_pos"] = rng.standard_normal((197, 384))
logits, _ = vit.forward(both, p, config)
logits[:, :5]

# %%
assert not np.allclose(logits[0], logits[1])

# %% [markdown] lang="en"
# ## 요소 합을 통해서 위치 정보 추가 · an element-wise sum
# There are three tokens. The first and the last have the same values: two patches of sky.

# %% [markdown] lang="ko"
# ## 4단계: 요소 합을 통해서 위치 정보 추가
# 토큰 세 개입니다. 첫째와 셋째는 값이 같습니다. 둘 다 하늘 패치입니다.

# %%
tokens = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
E_pos = np.array([[0.1, 0.1], [0.2, -0.1], [-0.3, 0.2]])
tokens + E_pos

# %% [markdown] lang="en"
# The two patches of sky now have different tokens, but the tokens are still similar. The model is not told which part is
# content and which is position. It learns both. The dense layers that follow use both: $(x + e)\,W = x\,W + e\,W$.

# %% [markdown] lang="ko"
# 같은 하늘이지만 위치가 다르므로 두 토큰은 이제 구별됩니다. 그래도 여전히 비슷합니다. 어느 부분이 내용이고 어느 부분이
# 위치인지는 모델에게 알려 주지 않습니다. 모델은 둘 다 학습하고, 뒤따르는 선형 변환은 둘을 모두 씁니다. $(x + e)\,W = x\,W +
# e\,W$

# %% [markdown] lang="en"
# ## 포지셔널 벡터를 추가한 패치 토큰 · at the size of the slide
# $$z_0 = z + E_{pos}, \qquad E_{pos} \in \mathbb{R}^{197\times768}$$
# $E_{pos}$ is a learned table: row 0 is for [CLS], row 1 + n for patch n. Its initial values are small, Normal(0, 0.02²).

# %% [markdown] lang="ko"
# ## 4단계: 포지셔널 벡터를 추가한 패치 토큰
# $$z_0 = z + E_{pos}, \qquad E_{pos} \in \mathbb{R}^{197\times768}$$
# $E_{pos}$는 학습되는 표입니다. 0번 행은 [CLS], 1 + n번 행은 n번 패치의 위치입니다. Normal(0, 0.02²)의 작은 값으로
# 초기화합니다.

# %%
z = rng.standard_normal((2, 197, 768))  # what step 3 gives, two images
E_pos = 0.02 * rng.standard_normal((197, 768))


# %% tags=["student"]
def forward(z, p):
    z0 = z + p["E_pos"]
    return z0, ()


# %%
z0, saved = forward(z, {"E_pos": E_pos})
z0.shape

# %% [markdown] lang="en"
# The same table is added to both images.

# %% [markdown] lang="ko"
# 두 이미지에 같은 표가 더해집니다.

# %%
assert np.allclose(z0[0] - z[0], E_pos) and np.allclose(z0[1] - z[1], E_pos)

# %% [markdown] lang="en"
# ## The shapes on the slide

# %% [markdown] lang="ko"
# ## 슬라이드의 shape와 비교

# %%
big = vitnp.preset("B/16")
shapes = {"E_pos": E_pos.shape, "z0": z0[:1].shape}
checked = [c for c in slides.check(shapes, big) if c.row.step == 4]
for c in checked:
    print(f"{c.tensor.slide_name:18} {c.printed!s:21} {c.got!s:21} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)
assert z0.shape == z.shape == (2, 197, 768)

# %% [markdown] lang="en"
# ## How similar are two positions?
# We compare two rows of $E_{pos}$ by their cosine. With random initial values each position is similar only to itself.

# %% [markdown] lang="ko"
# ## 두 위치는 얼마나 비슷할까?
# $E_{pos}$의 두 행이 이루는 각의 코사인을 봅니다. 난수로 초기화한 직후에는 자기 자신 말고는 비슷한 위치가 없습니다.

# %%
unit = E_pos / np.linalg.norm(E_pos, axis=1, keepdims=True)
cosine = unit[1:] @ unit[1:].T  # without [CLS]
cosine.shape, cosine[101, 101], cosine[101, 102], cosine[101, 115]

# %% [markdown] lang="en"
# Training on many images changes this: nearby positions become similar, and so do positions in the same row or column
# (deck 002; the paper's Fig. 7). To learn to read such a picture, we first make a table with a *formula*. One half has
# sines and cosines of the row, the other half those of the column.

# %% [markdown] lang="ko"
# 많은 이미지로 학습하면 달라집니다. 가까운 위치끼리 비슷해지고, 같은 행이나 같은 열의 위치끼리도 비슷해집니다(강의자료 002,
# 논문 Fig. 7). 그런 그림을 읽는 법을 익히기 위해 먼저 *공식*으로 표를 만들어 봅시다. 절반은 행의 사인과 코사인이고, 절반은 열의
# 사인과 코사인입니다.

# %%
places = np.arange(14)[:, None] / 10 ** (np.arange(192) / 192)  # 192 waves, ever longer
waves = np.concatenate([np.sin(places), np.cos(places)], axis=1)  # (14, 384)
rows, cols = np.divmod(np.arange(196), 14)
formula = np.concatenate([np.zeros((1, 768)), np.hstack([waves[rows], waves[cols]])])
formula.shape

# %% [markdown] lang="en"
# Each tile belongs to one patch; 7×7 of the 14×14 tiles are shown. Similar positions are bright. In every tile the patch's
# own position is the brightest, and its row and column form a cross.

# %% [markdown] lang="ko"
# 타일 하나가 패치 하나이고, 14×14개 가운데 7×7개만 골라 그렸습니다. 비슷한 위치일수록 밝습니다. 타일마다 그 패치의 위치가 가장
# 밝고, 그 행과 열을 따라 십자 모양이 나타납니다.

# %%
show.position_similarity(formula, big)

# %% [markdown] lang="en"
# These are four cosines of patch 101 (row 7, column 3): with itself, with the next patch in its row, with the patch five
# columns further, and with the patch five rows *and* columns further.

# %% [markdown] lang="ko"
# 수치로도 봅시다. 101번 패치(7행 3열)와 자기 자신, 같은 행의 바로 옆, 같은 행에서 다섯 칸 옆, 아래로도 오른쪽으로도 다섯 칸인
# 자리의 코사인입니다.

# %%
unit = formula[1:] / np.linalg.norm(formula[1:], axis=1, keepdims=True)
unit[101] @ unit[[101, 102, 106, 176]].T

# %% [markdown] lang="en"
# DINOv2's ViT-S/14 **learned** this table from photos. It shows the same cross. Along a row or a column the cosine at
# distance 1, 2, 4, 8 is 0.76, 0.72, 0.45, 0.39. At four rows *and* columns it is −0.09. (The weights are under Apache-2.0.
# The table has 37×37 positions, here resized to 16×16; docs/pictures/README.md has the command.)

# %% [markdown] lang="ko"
# 이번 표는 DINOv2의 ViT-S/14가 사진에서 **배운** 것입니다. 같은 십자 모양이 나타납니다. 같은 행이나 열에서 1, 2, 4, 8칸 떨어진
# 자리와의 코사인은 0.76, 0.72, 0.45, 0.39이고, 아래로도 오른쪽으로도 네 칸이면 −0.09입니다. (가중치의 라이선스는 Apache-2.0입니다.
# 원래 37×37칸인 표를 16×16칸으로 줄여 그렸습니다. 명령은 docs/pictures/README.md에 있습니다.)

# %%
show.trained("positions")

# %% [markdown] lang="en"
# A small trained model comes with the package, so we can compute this picture: `mini/14`, trained on crops of thirteen photos
# (docs/mini.md). Its table has 16×16 places. If DINOv2 is in your cache, the cell uses DINOv2.

# %% [markdown] lang="ko"
# 패키지에는 학습된 작은 모델이 들어 있어 이 그림을 직접 계산할 수 있습니다. 사진 열세 장의 조각으로 학습한 `mini/14`입니다
# (docs/ko/mini.md). 위치 표는 16×16칸입니다. 캐시에 DINOv2가 있으면 DINOv2를 씁니다.

# %%
trained_p, trained_config = vitnp.weights.load(vitnp.weights.to_look_at())
learned = trained_p["position"]["E_pos"]
show.position_similarity(learned, trained_config)

# %% [markdown] lang="en"
# The cosines of the patch at row 7, column 3 with itself, and with the places 1, 2, 4 and 8 further in its row.

# %% [markdown] lang="ko"
# 7행 3열 패치와 자기 자신, 그리고 같은 행에서 1, 2, 4, 8칸 옆에 있는 자리의 코사인입니다.

# %%
unit = learned[1:] / np.linalg.norm(learned[1:], axis=1, keepdims=True)
cosines = unit[7 * 16 + 3] @ unit[7 * 16 + 3 + np.array([0, 1, 2, 4, 8])].T
cosines

# %%
assert cosines[1] > 0.5 and cosines[1:3].min() > cosines[3:].max()

# %% [markdown] lang="en"
# The formula contains this structure from the start; a learned table must find it in the images. The paper compared four
# variants (decks 001 and 004; its Table 8, accuracy of ViT-B/16 on ImageNet, 5-shot). It matters *whether* the model has
# positions, but hardly *which* kind:
#
# | none | 1-D, learned | 2-D, learned | relative |
# |---|---|---|---|
# | 0.614 | 0.642 | 0.640 | 0.640 |

# %% [markdown] lang="ko"
# 공식으로 만든 표에는 이 구조가 처음부터 들어 있고, 학습되는 표는 이미지에서 이 구조를 찾아야 합니다. 논문은 네 가지 방법을
# 비교했습니다(강의자료 001과 004, 논문 Table 8, ViT-B/16의 ImageNet 5-shot 정확도). 위치가 *있는지*는 중요하지만 *어떤
# 방식인지*는 거의 차이가 없습니다.
#
# | 없음 | 1차원, 학습 | 2차원, 학습 | 상대 위치 |
# |---|---|---|---|
# | 0.614 | 0.642 | 0.640 | 0.640 |

# %% [markdown] lang="en"
# ## Dropout
# In training, dropout follows the sum. It sets each value to 0 with probability r and multiplies the others by 1/(1 − r).
# The mean stays the same.

# %% [markdown] lang="ko"
# ## 드롭아웃
# 학습할 때는 더한 직후에 드롭아웃을 적용합니다. 각 값은 확률 r로 0이 되고, 나머지는 1/(1 − r)배가 됩니다. 그래서 평균은
# 그대로입니다.

# %%
r = 0.1
keep = rng.random((197, 768)) >= r
dropped = np.ones((197, 768)) * keep / (1 - r)
np.unique(dropped), dropped.mean()

# %% [markdown] lang="en"
# With dropout the model cannot rely on a single value, so it spreads information over many values. At test time nothing is
# dropped. Dropout multiplies by a mask; backward multiplies the gradient by the same mask.

# %% [markdown] lang="ko"
# 드롭아웃을 쓰면 값 하나에만 의존할 수 없으므로 모델이 정보를 여러 값에 나누어 담습니다. 테스트할 때는 드롭아웃을 쓰지
# 않습니다. 드롭아웃은 마스크를 곱하는 연산이고, 역전파에서도 그래디언트에 같은 마스크를 곱합니다.


# %%
def dropout(x, mask):
    return x * mask, mask


# %%
def dropout_backward(dy, mask):
    return dy * mask


# %% [markdown] lang="en"
# ## Backward: one table for all images
# In $y_b = x_b + e$ every image $b$ has the same $e$: $\;\partial y_b/\partial x_b = 1$ and $\partial y_b/\partial e = 1$.
# So $dx_b = dy_b$, and the gradient of $e$ is a sum over all images: $de = \sum_b dy_b$.

# %% [markdown] lang="ko"
# ## 역전파: 모든 이미지가 함께 쓰는 표
# $y_b = x_b + e$이고 $e$는 모든 이미지 $b$에서 같습니다. $\;\partial y_b/\partial x_b = 1$이고 $\partial y_b/\partial e =
# 1$이므로 $dx_b = dy_b$이고, $e$의 그래디언트는 모든 이미지에 대한 합 $de = \sum_b dy_b$입니다.

# %%
J = np.array([[1, 0, 1], [0, 1, 1]])  # y₀ and y₁, from x₀, x₁ and e
dy = np.array([2.0, 5.0])
J.T @ dy

# %% [markdown] lang="en"
# ## The backward pass of step 4
# Backward needs no value from forward, so `saved` is empty.

# %% [markdown] lang="ko"
# ## 4단계의 역전파
# 역전파에 순전파의 값이 필요하지 않으므로 `saved`는 비어 있습니다.


# %% tags=["student"]
def backward(dz0, saved):
    dz = dz0
    dE_pos = dz0.sum(axis=0)
    return dz, {"E_pos": dE_pos}


# %% [markdown] lang="en"
# ## Check the gradient
# We use three images, four tokens and width 5.

# %% [markdown] lang="ko"
# ## 그래디언트 검증
# 이미지 3장, 토큰 4개, 임베딩 차원 5입니다.

# %%
small_x = rng.standard_normal((3, 4, 5))
small_p = {"E_pos": rng.standard_normal((4, 5))}
report = gradcheck.check(forward, backward, small_x, small_p)
print(report)

# %%
assert report.ok

# %% [markdown] lang="en"
# Now check it together with dropout. The mask must be the same in every call.

# %% [markdown] lang="ko"
# 드롭아웃까지 함께 검증합니다. 마스크는 호출할 때마다 같아야 합니다.

# %%
mask = (rng.random((3, 4, 5)) >= 0.3) / (1 - 0.3)
with_dropout = lambda x, p: dropout(forward(x, p)[0], mask)
back_dropout = lambda dy, mask: backward(dropout_backward(dy, mask), ())
assert gradcheck.check(with_dropout, back_dropout, small_x, small_p).ok

# %% [markdown] lang="en"
# This mistake is from public code: the sum over the batch is missing. After the first training step the table has one more
# axis. From then on every *place in the batch* has its own positions.

# %% [markdown] lang="ko"
# 공개된 코드에서 발견되는 실수입니다. 배치에 대한 합을 빠뜨렸습니다. 학습 첫 스텝에서 표에 축이 하나 더 생기고, 그때부터는
# *배치의 자리마다* 위치 표가 따로 있게 됩니다.

# %%
dy = rng.standard_normal((3, 4, 5))
(small_p["E_pos"] - 0.1 * dy).shape

# %%
dx, dp = backward(dy, ())
assert dp["E_pos"].shape == small_p["E_pos"].shape
assert dx.shape == small_x.shape

# %% [markdown] lang="en"
# ## Compare with the library
# Run `vitnp/steps/s4_position.py` at the full size. A random generator turns dropout on.

# %% [markdown] lang="ko"
# ## 라이브러리와 비교
# `vitnp/steps/s4_position.py`를 원래 크기로 실행합니다. 난수 생성기를 주면 드롭아웃이 켜집니다.

# %%
library, library_saved = s4_position.forward(z, {"E_pos": E_pos})
dy = rng.standard_normal(z.shape)
library_dx, library_dp = s4_position.backward(dy, library_saved)

# %%
dx, dp = backward(dy, saved)
assert np.allclose(library, z0) and np.allclose(library_dx, dx)
assert np.allclose(library_dp["E_pos"], dp["E_pos"])

# %%
on, _ = s4_position.forward(z, {"E_pos": E_pos}, dropout_rate=0.1, rng=np.random.default_rng(0))
(on == 0).mean()

# %% [markdown] lang="en"
# ## Images of a different size
# A model trained at 224×224 is often fine-tuned at 384×384. The patch size stays, so there are 24×24 patches, but the
# table has rows for 14×14. All other parts of a ViT take any number of tokens.

# %% [markdown] lang="ko"
# ## 다른 크기의 이미지
# 224×224로 학습하고 384×384로 미세 조정한다고 합시다. 패치 크기는 그대로이므로 패치가 24×24개인데, 표에는 행이 14×14개뿐입니다.
# ViT의 나머지 부분은 토큰이 몇 개든 받습니다.

# %%
vitnp.preset("B/16").grid, vitnp.preset("B/16", image_size=384).grid

# %% [markdown] lang="en"
# The new positions are interpolated from their neighbors. For one axis, from 3 positions to 5, each row of this matrix has
# the weights of one new position.

# %% [markdown] lang="ko"
# 새로 생긴 위치는 이웃한 위치로 보간합니다. 축 하나에서 위치 3개를 5개로 늘려 봅시다. 이 행렬의 행 하나에 새 위치 하나의
# 가중치가 들어 있습니다.

# %%
W = interpolate.matrix(np, 5, 3, "bilinear-aligned")
W

# %%
W @ np.array([0.0, 10.0, 40.0])

# %% [markdown] lang="en"
# The table is like an image of 14×14 with 768 channels. So we interpolate the rows, then the columns: $G' = W\,G\,W^\top$.
# The picture shows two channels before and after.

# %% [markdown] lang="ko"
# 표는 채널이 768개인 14×14 그림과 같으므로 행에 한 번, 열에 한 번 보간합니다. $G' = W\,G\,W^\top$입니다. 채널 두 개를 보간 전과
# 후로 그려 봅시다.

# %%
W = interpolate.matrix(np, 24, 14, "bilinear-aligned")
G = formula[1:].reshape(14, 14, 768).transpose(2, 0, 1)  # channels first, a matrix each
G_new = W @ G @ W.T
G.shape, G_new.shape

# %%
figure, axes = plt.subplots(1, 4, layout="constrained")
pictures = (G[20], G_new[20], G[404], G_new[404])
for ax, picture in zip(axes, pictures):
    ax.imshow(picture, cmap="viridis", vmin=-1, vmax=1)
    ax.set(title=f"{len(picture)}×{len(picture)}", xticks=[], yticks=[])

# %% [markdown] lang="en"
# The corners stay the same, and all other positions lie between them. The row of [CLS] has no place in the grid, so it is
# kept. The library does both:

# %% [markdown] lang="ko"
# 네 모서리의 값은 그대로이고 나머지는 그 사이의 값입니다. [CLS]의 행은 격자에 자리가 없으므로 그대로 둡니다. 라이브러리는 이
# 둘을 함께 처리합니다.

# %%
grids = {"grid": (14, 14), "new_grid": (24, 24)}
E_new, saved = interpolate.forward(formula, **grids, method="bilinear-aligned")
E_new.shape

# %%
assert np.allclose(E_new[1:], G_new.reshape(768, 576).T)
assert (E_new[0] == formula[0]).all()
assert np.allclose(E_new[[1, -1]], formula[[1, -1]])  # two of the corners

# %% [markdown] lang="en"
# Only two parts of ViT use the 2-D structure of the image (deck 001): this interpolation and step 1.

# %% [markdown] lang="ko"
# ViT에서 이미지의 2차원 구조를 사람이 직접 넣어 주는 곳은 둘뿐입니다(강의자료 001). 하나는 이 보간이고 다른 하나는 1단계입니다.

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ How many parameters does the position table of ViT-B/16 have at 384×384?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 384×384 이미지를 쓰는 ViT-B/16의 위치 표에는 파라미터가 몇 개 있습니까?

# %% tags=["exercise"]
numbers = ...

# %% tags=["solution"]
numbers = (24 * 24 + 1) * 768

# %% tags=["check"]
check("04.1", numbers)

# %% [markdown] lang="en"
# **2.** ★★ At the top, the shuffled photo got different logits. From `p["position"]["E_pos"]` and `order`, make a table
# with which the shuffled photo gets the logits of the original photo.

# %% [markdown] lang="ko"
# **2.** ★★ 맨 앞에서 뒤섞인 사진은 다른 로짓을 얻었습니다. 뒤섞인 사진이 원래 사진과 같은 로짓을 얻게 하는 표를
# `p["position"]["E_pos"]`와 `order`로 만들어 보세요.

# %% tags=["exercise"]
table = ...

# %% tags=["solution"]
table = p["position"]["E_pos"][[0, *(order + 1)]]

# %% tags=["check"]
check("04.2", table, p, order)

# %% [markdown] lang="en"
# **3.** ★★★ Write the backward pass of $G' = W\,G\,W^\top$ for one channel: from `dG_new` (24, 24) and `W` (24, 14),
# return `dG` (14, 14).

# %% [markdown] lang="ko"
# **3.** ★★★ 채널 하나에 대해 $G' = W\,G\,W^\top$의 역전파를 쓰세요. `dG_new` (24, 24)와 `W` (24, 14)를 받아 `dG` (14, 14)를
# 돌려주면 됩니다.


# %% tags=["exercise"]
def resize_backward(dG_new, W):
    return ...


# %% tags=["solution"]
def resize_backward(dG_new, W):
    return W.T @ dG_new @ W


# %% tags=["check"]
check("04.3", resize_backward)

# %% [markdown] lang="en"
# **Explain.** What does a ViT without a position embedding predict for a photo whose patches are shuffled, and why?

# %% [markdown] lang="ko"
# **설명해 보세요.** 포지셔널 임베딩이 없는 ViT는 패치를 뒤섞은 사진에 대해 무엇이라고 예측합니까? 그 까닭은 무엇입니까?

# %% [markdown] lang="en" tags=["solution"]
# It predicts exactly the same as for the original photo. LayerNorm, the feed-forward network and the projections treat
# every token by itself. Attention is a weighted sum over all tokens, and a sum has no order. So shuffled patches give
# shuffled outputs, and the output of [CLS] is the same. The position embedding adds a vector for its position to each
# token, so the model can use the position.

# %% [markdown] lang="ko" tags=["solution"]
# 원래 사진과 똑같이 예측합니다. LayerNorm과 FFN과 선형 투영은 토큰을 하나씩 따로 계산합니다. 어텐션은 모든 토큰의 가중합이고,
# 합에는 순서가 없습니다. 그래서 패치를 섞으면 출력도 똑같이 섞일 뿐이고, [CLS]의 출력은 그대로입니다. 포지셔널 임베딩은
# 토큰마다 그 위치의 벡터를 더해 모델이 위치를 알 수 있게 합니다.
