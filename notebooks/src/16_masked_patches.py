# %% [markdown] lang="en"
# # 16 · Learning without labels: masked patches
# **Self-Supervision** · *masked patch prediction: hide half of the patches, and predict their color from the rest*
#
# Deck 002, Self-Supervision (the paper's §4.6 and App. B.1.2) · files `vitnp/models/vit/masked.py`, `vitnp/tasks/` ·
# **35 minutes to show, 55 with the exercises** · [solutions](solutions/16_masked_patches.ipynb)
#
# After this notebook you can
# - explain what is hidden from the model, what it must predict, and why no labels are needed,
# - write the corruption as $y = A\,x + m\,e$, and its backward pass,
# - pre-train a small ViT on digits, and compare it with a baseline,
# - say what a single run of fine-tuning shows, and what it does not.

# %% [markdown] lang="ko"
# # 16 · 레이블 없이 배우기: 마스크된 패치
# **Self-Supervision** · *masked patch prediction: 패치의 절반을 숨기고, 나머지를 보고 그 색을 예측한다*
#
# 강의자료 002, Self-Supervision(논문 §4.6과 부록 B.1.2) · 파일 `vitnp/models/vit/masked.py`, `vitnp/tasks/` ·
# **시연 35분, 실습 포함 55분** · [풀이](../solutions/ko/16_masked_patches.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 모델이 볼 수 없는 것과 예측할 것이 무엇인지, 왜 레이블이 필요 없는지 설명한다.
# - 패치를 손상시키는 계산 $y = A\,x + m\,e$와 그 역전파를 쓴다.
# - 작은 ViT를 손글씨 숫자로 사전 학습하고, 베이스라인(최빈값 예측)과 비교한다.
# - 미세 조정을 한 번 한 결과로 말할 수 있는 것과 말할 수 없는 것을 구별한다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import dataclasses

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch, Rectangle

import vitnp
from vitnp import data, gradcheck, tree, vit
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.data import photo
from vitnp.models.vit import masked
from vitnp.steps import s1_patchify, s2_project
from vitnp.tasks import targets
from vitnp.tasks.masked import MaskedPatches, with_task, without_head
from vitnp.training.loop import How, train
from vitnp.training.recipes import RECIPES
from vitnp.training.setup import initial_parameters

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## The idea: fill in the blanks
# "The cat sat on the ▢." BERT learns language by filling in such blanks. The text itself contains the answers, so no
# labels are needed. The paper does the same with patches. BERT hides 15% of the words. The paper selects half of the
# patches, which was slightly better than 15%.

# %% [markdown] lang="ko"
# ## 아이디어: 빈칸이 있는 글
# "고양이가 ▢ 위에 앉았다." BERT는 이런 빈칸을 채우면서 언어를 배웁니다. 답이 글 안에 있으므로 레이블이 필요 없습니다. 논문은 같은 일을
# 패치로 합니다. BERT는 단어의 15%를 가리지만, 여기서는 이미지마다 패치의 절반을 뽑습니다. 15%보다 조금 더 좋았다고 합니다.

# %%
rng = np.random.default_rng(0)
rows = np.sort(rng.random(196).argsort()[:98])
rows[:10]

# %% [markdown] lang="en"
# The selected patches are **corrupted**. 80% of them are replaced by [mask], one learned embedding for all positions.
# 10% are replaced by the embedding of another patch of the image. 10% stay unchanged.

# %% [markdown] lang="ko"
# 이 패치들을 **손상**시킵니다. 그중 80%는 [mask]로 바꿉니다. [mask]는 모든 위치가 함께 쓰는, 학습되는 임베딩입니다. 10%는 같은
# 이미지의 다른 패치의 임베딩으로 바꾸고, 10%는 그대로 둡니다.

# %%
kind = rng.random(98)
other = (rows + rng.integers(1, 196, 98)) % 196  # never the patch itself
source = np.arange(196)
source[rows] = np.where(kind < 0.8, -1, np.where(kind < 0.9, other, rows))

# %% [markdown] lang="en"
# `source` says which patch's embedding is at each position; −1 is [mask]. These are the first two rows of the 14×14
# grid:

# %% [markdown] lang="ko"
# `source`는 위치마다 어느 패치의 임베딩이 놓이는지 나타냅니다. −1은 [mask]입니다. 14×14 격자의 처음 두 행입니다.

# %%
source[:28].reshape(2, 14)

# %% [markdown] lang="en"
# With the same seed the library draws the same, for a whole batch.

# %% [markdown] lang="ko"
# 라이브러리도 같은 시드로 똑같이 뽑습니다. 배치 전체를 한 번에 처리합니다.

# %%
drawn = masked.draw(np.random.default_rng(0), 1, 196)
assert (drawn.rows == rows).all() and (drawn.source == source).all()
drawn.rows.shape, drawn.source.shape

# %% [markdown] lang="en"
# ## The corrupted input of the model
# Embeddings are replaced, not pixels. The picture shows it *as if* pixels were replaced. Striped gray is [mask].
# Another patch's pixels have a solid frame, unchanged patches a dotted one.

# %% [markdown] lang="ko"
# ## 손상된 입력
# 바뀌는 것은 픽셀이 아니라 임베딩입니다. 그래도 픽셀이 바뀐 *것처럼* 그려 볼 수는 있습니다. 빗금 친 회색은 [mask]입니다. 다른 패치로
# 바뀐 자리에는 실선 테두리를, 그대로 둔 자리에는 점선 테두리를 그립니다.

# %%
LOOK = {
    "[mask]": {"facecolor": "0.35", "edgecolor": "0.7", "hatch": "///"},
    "another's": {"facecolor": "none", "edgecolor": "#D55E00", "lw": 4},
    "unchanged": {"facecolor": "none", "edgecolor": "#56B4E9", "lw": 4, "ls": ":"},
}


# %%
def kind_of(i, source):
    return "[mask]" if source[i] < 0 else "unchanged" if source[i] == i else "another's"


# %%
def show_corrupted(axes, image, rows, source, P):
    patches, _ = s1_patchify.forward(image[None], patch_size=P)
    columns = image.shape[1] // P
    seen = s1_patchify.unpatchify(patches[:, source], grid=(columns, columns), patch_size=P)
    for ax, picture in zip(axes, (image, seen[0])):
        ax.imshow(picture, cmap="gray")
        ax.axis("off")
    for i in rows:
        corner = (i % columns * P - 0.5, i // columns * P - 0.5)
        axes[1].add_patch(Rectangle(corner, P, P, **LOOK[kind_of(i, source)]))
    keys = [Patch(label=name, **look) for name, look in LOOK.items()]
    axes[0].figure.legend(handles=keys, loc="outside lower center", ncols=3, handlelength=2)


# %%
image = photo.sample((224, 224))
figure, axes = plt.subplots(1, 2, figsize=(9.6, 4.6), layout="constrained")
show_corrupted(axes, image, rows, source, 16)

# %% [markdown] lang="en"
# Could you predict the hidden colors? The sky is easy, the roof is harder. Next, a digit of 8×8 pixels with 16
# patches of 2×2, of which 8 are selected.

# %% [markdown] lang="ko"
# 여러분이라면 숨은 색을 예측할 수 있겠습니까? 하늘은 쉽고 지붕은 더 어렵습니다. 이번에는 8×8 픽셀 숫자입니다. 2×2 패치 16개 가운데
# 8개를 뽑았습니다.

# %%
digits = data.load("digits")
digit = digits.train.images([0])[0]
small = masked.draw(np.random.default_rng(11), 1, 16)
small.source.reshape(4, 4)

# %%
figure, axes = plt.subplots(1, 2, figsize=(9.6, 4.6), layout="constrained")
show_corrupted(axes, digit, small.rows[0], small.source[0], 2)

# %% [markdown] lang="en"
# ## 80% [mask], 10% another patch, 10% unchanged
# We count the three kinds in a thousand images:

# %% [markdown] lang="ko"
# ## [mask] 80%, 다른 패치 10%, 그대로 10%
# 이미지 천 장에서 세어 봅시다.

# %%
many = masked.draw(np.random.default_rng(0), 1000, 196)
there = np.take_along_axis(many.source, many.rows, axis=1)
is_mask, unchanged = there < 0, there == many.rows
many.rows.shape

# %%
counted = np.array([is_mask.mean(), (~is_mask & ~unchanged).mean(), unchanged.mean()])
assert np.allclose(counted, (0.8, 0.1, 0.1), atol=0.01)
counted

# %% [markdown] lang="en"
# Why not 100% [mask]? After pre-training there is no [mask]. And if only [mask] were predicted, the model would
# always know which patches are true. So, as in BERT, some predicted patches look normal. The model cannot know which
# embeddings are true, so it must compare **every** patch with its surroundings.

# %% [markdown] lang="ko"
# 왜 100% [mask]로 하지 않을까요? 실제로 쓸 때는 [mask]가 없습니다. 그리고 [mask]만 예측한다면 모델은 어느 패치가 진짜인지 늘 알게
# 됩니다. 그래서 BERT처럼 멀쩡해 보이는 자리도 예측하게 합니다. 어느 임베딩이 진짜인지 알 수 없으므로 **모든** 패치를 주변과 비교해야
# 합니다.

# %% [markdown] lang="en"
# ## The target: the mean color in 3 bits per channel
# The model does not predict pixels. It predicts the patch's **mean color** in a few levels. Patch 101 is part of the
# pagoda. Its mean in red, green and blue, from 0 to 1, is:

# %% [markdown] lang="ko"
# ## 예측할 목표: 채널마다 3비트인 평균 색
# 픽셀이 아니라 패치의 **평균 색**을 몇 단계로 나누어 예측합니다. 101번 패치는 누각의 일부입니다. 빨강, 초록, 파랑의 평균을 0…1로
# 구합니다.

# %%
patches, _ = s1_patchify.forward(image[None], patch_size=16)
mean = patches[0].reshape(196, 256, 3).mean(axis=1) / 255
mean[101]

# %% [markdown] lang="en"
# 3 bits are 8 levels. We compute the level of each channel.

# %% [markdown] lang="ko"
# 3비트는 8단계입니다. 채널마다 단계를 구합니다.

# %%
levels = np.minimum(np.floor(mean * 8), 7).astype(int)
levels[101]

# %% [markdown] lang="en"
# The nine bits together are the class: a number from 0 to 511.

# %% [markdown] lang="ko"
# 비트 아홉 개를 이어 쓰면 클래스 번호가 됩니다. 0부터 511까지입니다.

# %%
bits = [f"{level:03b}" for level in levels[101]]
classes = levels @ [64, 8, 1]
bits, int("".join(bits), 2), int(classes[101])

# %%
assert int("".join(bits), 2) == classes[101]

# %% [markdown] lang="en"
# For four patches we draw the pixels, their mean, and the center color of the 3-bit class. The title is the class
# number.

# %% [markdown] lang="ko"
# 패치 네 개를 그립니다. 픽셀, 그 평균, 그리고 3비트 클래스의 가운데 색입니다. 그 위의 수가 클래스 번호입니다.

# %%
rough = (levels + 0.5) / 8
figure, axes = plt.subplots(2, 6, figsize=(9.6, 3.6), layout="constrained")
axes = axes.reshape(-1, 3)
for (left, middle, right), i in zip(axes, (20, 101, 172, 147)):
    left.imshow(patches[0, i].reshape(16, 16, 3))
    middle.imshow(mean[None, None, i])
    right.imshow(rough[None, None, i])
    left.set_title(f"patch {i}")
    middle.set_title("mean")
    right.set_title(f"→ {classes[i]}")
for ax in axes.flat:
    ax.axis("off")

# %% [markdown] lang="en"
# These are all 196 targets of the photo: left the means, right the colors of their classes. The model predicts
# nothing else.

# %% [markdown] lang="ko"
# 사진의 목표 196개 전부입니다. 왼쪽이 평균, 오른쪽이 클래스의 색입니다. 모델이 예측하는 것은 이것뿐입니다.

# %%
figure, axes = plt.subplots(1, 2, layout="constrained")
for ax, colors in zip(axes, (mean, rough)):
    ax.imshow(colors.reshape(14, 14, 3))
    ax.axis("off")

# %%
len(np.unique(classes)), "of 512 classes in this photo"

# %% [markdown] lang="en"
# The library takes the image like the model, from −1 to 1. It returns only the classes of the corrupted patches.

# %% [markdown] lang="ko"
# 라이브러리는 모델처럼 −1…1의 이미지를 받아서 손상된 패치의 클래스만 돌려줍니다.

# %%
big = vitnp.preset("B/16", num_layers=1)  # one block will do here
images = image[None] / 127.5 - 1
t = targets.targets(images, big, drawn, "color")
assert (t[0, :, 0] == classes[rows]).all()
t.shape

# %% [markdown] lang="en"
# The paper also tried two other targets (`--target`). The mean color had the best few-shot accuracy, so the paper
# reports it.
# - `downsized`: the patch resized to 4×4, so 16 such colors at once.
# - `patch`: all 768 values with a squared error. It was slightly worse.
#
# A gray image has one channel, so 8 classes. The output is the number of predictions per patch and of values per
# prediction:

# %% [markdown] lang="ko"
# 논문은 다른 목표도 두 가지 시험했습니다(`--target`). few-shot 정확도는 평균 색이 가장 좋았고, 논문의 결과도 이것입니다.
# - `downsized`: 4×4로 줄인 패치. 이런 색을 한 번에 16개 예측합니다.
# - `patch`: 값 768개 전부를 제곱 오차로 예측합니다. 조금 더 나빴습니다.
#
# 흑백 이미지는 채널이 하나이므로 클래스가 8개입니다. 패치마다 예측이 몇 개이고, 예측마다 값이 몇 개인지 출력합니다.

# %%
config = vitnp.preset("digits", num_layers=2)  # not four blocks, to be short
for target in targets.TARGETS:
    photos, scans = (targets.outputs(c, target) for c in (big, config))
    print(f"{target:10} B/16 {photos!s:10} digits {scans}")

# %% [markdown] lang="en"
# ## The corruption: y = A·x + m·e
# We use four patches of one value each. Patch 1 gets [mask], which is 9 here. Patch 2 gets the value of patch 0.

# %% [markdown] lang="ko"
# ## 손상: y = A·x + m·e
# 한눈에 볼 수 있도록 값이 하나인 패치 네 개로 해 봅시다. 1번은 [mask]를 받고(여기서는 9입니다), 2번은 0번의 값을 받습니다.

# %%
x, e = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([9.0])
who = np.array([0, -1, 0, 3])

# %% [markdown] lang="en"
# Each row of A has one 1, in the column of the patch that is copied there. The row of a [mask] has no 1; there m is 1.

# %% [markdown] lang="ko"
# A의 행마다 그 자리에 놓이는 패치의 열에 1이 하나 있습니다. [mask]가 놓이는 행에는 1이 없고, 대신 m이 1입니다.

# %%
A = (who[:, None] == np.arange(4)).astype(float)
m = (who[:, None] < 0).astype(float)
A, m

# %%
y = A @ x + m * e
y.T

# %% [markdown] lang="en"
# The first 1 is at its own position, the second 1 is a copy. 2 and 3 are gone. Now at the size of the slide, after
# steps 1 and 2:

# %% [markdown] lang="ko"
# 첫 번째 1은 원래 자리의 값이고, 두 번째 1은 다른 자리에서 복사된 값입니다. 2와 3은 사라졌습니다. 이제 1, 2단계 다음에 슬라이드의
# 크기로 합니다.


# %%
def forward(x, p, source):
    A = (source[..., None] == np.arange(x.shape[1])).astype(float)
    m = (source[..., None] < 0).astype(float)
    return A @ x + m * p["mask"], (A, m)


# %%
task, bare = MaskedPatches("color"), without_head(big)
p = with_task(vit.init(rng, bare, np.float64), rng, bare, task)
x, _ = s2_project.forward(s1_patchify.forward(images, patch_size=16)[0], p["project"])
y, (A, m) = forward(x, p["masked"], drawn.source)
A.shape, m.shape, y.shape

# %% [markdown] lang="en"
# The shape is the same as on the slide, so step 3 needs no change.

# %% [markdown] lang="ko"
# shape는 슬라이드와 같습니다. 그래서 3단계는 바꿀 것이 없습니다.

# %%
checked = [c for c in slides.check({"patch_tokens": y.shape}, big) if c.row.step == 2]
for c in checked:
    print(f"{c.tensor.slide_name:18} {c.printed!s:21} {c.got!s:21} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)

# %% [markdown] lang="en"
# We compare with a loop:

# %% [markdown] lang="ko"
# 반복문으로 계산한 값과 비교합니다.

# %%
for i in range(196):
    stands = p["masked"]["mask"] if source[i] < 0 else x[0, source[i]]
    assert np.allclose(y[0, i], stands)

# %% [markdown] lang="en"
# **The order** matters. Step 4 comes after the corruption, so each [mask] still gets its own position embedding. The
# model knows *where* it must predict, but not what was there.

# %% [markdown] lang="ko"
# **순서**가 중요합니다. 4단계가 손상 뒤에 오므로 [mask]에도 그 위치의 포지셔널 임베딩을 더합니다. 모델은 *어디*를 예측해야 하는지는
# 알지만, 거기에 무엇이 있었는지는 모릅니다.

# %% [markdown] lang="en"
# ## Backward: a product with Aᵀ, and a sum
# y is linear in x, and A is its Jacobian: $\partial x = A^\top\,\partial y$. e is at every position with m = 1:
# $\partial e = \sum_i m_i\,\partial y_i$. For the four patches:

# %% [markdown] lang="ko"
# ## 역전파: Aᵀ와의 곱, 그리고 합
# y는 x에 대해 선형이고 A가 바로 그 야코비안입니다. $\partial x = A^\top\,\partial y$입니다. e는 m이 1인 자리마다 놓이므로
# $\partial e = \sum_i m_i\,\partial y_i$입니다. 다시 패치 네 개로 봅시다.

# %%
four = (who[:, None] == np.arange(4)).astype(float)
dy = np.array([10.0, 20.0, 30.0, 40.0])
four.T @ dy, (who < 0) @ dy

# %% [markdown] lang="en"
# Patch 0 is at two positions and gets 10 + 30. Patches 1 and 2 are gone. They have no effect on y, so they get 0. The
# 20 goes to e.

# %% [markdown] lang="ko"
# 0번 패치는 두 자리에 놓였으므로 10 + 30을 받습니다. 1번과 2번은 사라져서 y에 영향을 주지 않으므로 0을 받습니다. 20은 e의 그래디언트가
# 됩니다.


# %%
def backward(dy, saved):
    A, m = saved
    return A.swapaxes(-1, -2) @ dy, {"mask": (m * dy).sum(axis=(0, 1))}


# %% [markdown] lang="en"
# ## Check the gradient
# We use two images of four patches, width 5. In the second image patch 3 is at three positions.

# %% [markdown] lang="ko"
# ## 그래디언트 검증
# 패치 네 개짜리 이미지 두 장, 임베딩 차원 5입니다. 두 번째 이미지에서는 3번 패치가 세 자리에 놓입니다.

# %%
both = np.array([who, [3, -1, 3, 3]])
tiny_x, tiny_p = rng.standard_normal((2, 4, 5)), {"mask": rng.standard_normal(5)}
report = gradcheck.check(lambda x, p: forward(x, p, both), backward, tiny_x, tiny_p)
print(report)

# %%
assert report.ok

# %% [markdown] lang="en"
# A common mistake: each patch gets only the gradient at its own position, and its copies are ignored.

# %% [markdown] lang="ko"
# 흔한 실수가 있습니다. 패치마다 자기 자리의 그래디언트만 주고, 그 패치가 복사된 다른 자리를 빠뜨리는 것입니다.


# %%
def forgetful(dy, saved):
    at_home = np.diagonal(saved[0], axis1=1, axis2=2)[..., None]
    return at_home * dy, backward(dy, saved)[1]


# %%
wrong = gradcheck.check(lambda x, p: forward(x, p, both), forgetful, tiny_x, tiny_p)
print(wrong)
assert not wrong.ok

# %% [markdown] lang="en"
# ## Compare with the library
# We run `vitnp/models/vit/masked.py` at full size.

# %% [markdown] lang="ko"
# ## 라이브러리와 비교
# `vitnp/models/vit/masked.py`를 원래 크기로 실행합니다.

# %%
library, library_saved = masked.corrupt_forward(x, p["masked"], drawn.source)
dy = rng.standard_normal(x.shape)
library_dx, library_dp = masked.corrupt_backward(dy, library_saved)

# %%
dx, dp = backward(dy, (A, m))
assert np.allclose(library, y) and np.allclose(library_dx, dx)
assert np.allclose(library_dp["mask"], dp["mask"])

# %% [markdown] lang="en"
# ## The loss: only at corrupted patches
# Steps 3 to 7 are unchanged. Then a head reads only the 98 corrupted rows. It reads neither the other patches nor
# [CLS].

# %% [markdown] lang="ko"
# ## 손실: 손상된 패치에서만
# 3단계부터 7단계까지는 그대로입니다. 그다음 헤드는 손상된 98행만 읽습니다. 손상되지 않은 패치도 [CLS]도 읽지 않습니다.

# %%
z, _ = vit.encode(y, p, bare)
at_corrupted = z[:, 1 + rows]  # row 0 is [CLS]
z.shape, at_corrupted.shape

# %%
head = {"W": 0.02 * rng.standard_normal((768, 512)), "b": np.zeros(512)}
logits = at_corrupted @ head["W"] + head["b"]
logits.shape

# %% [markdown] lang="en"
# The rest is as in notebook 8: softmax and cross-entropy, with the 98 colors as labels. The loss of an untrained
# model is near ln 512.

# %% [markdown] lang="ko"
# 여기서부터는 8번 노트북과 같습니다. softmax와 교차 엔트로피이고, 색 98개가 레이블 역할을 합니다. 학습하지 않은 모델의 손실은 ln 512
# 근처입니다.

# %%
loss, loss_saved = targets.loss_forward(logits, t, target="color")
loss, np.log(512)

# %%
p["masked"]["head"] = head
library, saved = masked.forward(images, p, bare, drawn)
assert np.allclose(library, logits)

# %% [markdown] lang="en"
# Which patches receive a gradient? The backward pass goes through the head, the block, the corruption and the
# projection to the pixels. We compute the gradient norm per patch.

# %% [markdown] lang="ko"
# 어느 패치가 그래디언트를 받을까요? 헤드, 블록, 손상, 투영을 거꾸로 지나 픽셀까지 역전파합니다. 패치마다 그래디언트의 크기를 구합니다.

# %%
dy = targets.loss_backward(1.0, loss_saved, target="color")
dimages, _ = masked.backward(dy, saved)
reached, _ = s1_patchify.forward(dimages, patch_size=16)
size = np.linalg.norm(reached[0], axis=1)

# %%
figure, axes = plt.subplots(1, 2, layout="constrained")
axes[0].imshow(np.isin(np.arange(196), source).reshape(14, 14), cmap="gray")
axes[0].set_title("stands somewhere")
axes[1].imshow(size.reshape(14, 14), cmap="gray", vmax=np.quantile(size, 0.95))
axes[1].set_title("gradient")
for ax in axes:
    ax.axis("off")

# %% [markdown] lang="en"
# Black patches on the left are nowhere in the input. On the right their gradient is exactly 0. All other patches have
# a gradient, even those whose color is not predicted, because attention passes their values on to the corrupted
# patches. So **every visible patch must be represented well to predict the hidden ones.**

# %% [markdown] lang="ko"
# 왼쪽의 검은 곳은 입력 어디에도 놓이지 않은 패치입니다. 오른쪽에서 그 그래디언트는 정확히 0입니다. 나머지는 색을 예측하지 않는 패치까지
# 모두 그래디언트를 받습니다. 어텐션이 그 값을 손상된 패치로 전달하기 때문입니다. 그래서 **숨은 패치를 예측하려면 보이는 패치를 모두 잘
# 표현해야 합니다.**

# %%
gone = ~np.isin(np.arange(196), source)
assert (size[gone] == 0).all() and (size[~gone] > 0).all()
int(gone.sum()), "patches are gone"

# %% [markdown] lang="en"
# ## Digits: two baselines without a model
# How accurate is a prediction without a model? We compute the gray levels of all patches, from 0 (paper) to 7 (ink).
# Then we select the corrupted patches of the 360 test images:

# %% [markdown] lang="ko"
# ## 손글씨 숫자: 모델 없는 베이스라인 두 가지
# 모델 없이 예측하면 얼마나 맞을까요? 모든 패치의 회색 단계를 0(종이)부터 7(잉크)까지로 구하고, 테스트 이미지 360장에서 손상할 패치를
# 뽑습니다.


# %%
def grays(images):
    patches, _ = s1_patchify.forward(images, patch_size=2)
    return np.minimum(np.floor((patches.mean(axis=-1) + 1) / 2 * 8), 7).astype(int)


# %%
train_grays = grays(digits.train.images(np.arange(1437)))
test_images = digits.test.images(np.arange(360))
hidden = masked.draw(np.random.default_rng(0), 360, 16)
truth = np.take_along_axis(grays(test_images), hidden.rows, axis=1)
truth.shape

# %%
bare, t = without_head(config), targets.targets(test_images, config, hidden, "color")
assert (t[..., 0] == truth).all()

# %% [markdown] lang="en"
# Baseline 1 always predicts the most frequent gray.

# %% [markdown] lang="ko"
# 첫째 베이스라인은 언제나 가장 흔한 회색(최빈값)을 예측합니다.

# %%
most = np.bincount(train_grays.ravel()).argmax()
always = (truth == most).mean()
int(most), always

# %% [markdown] lang="en"
# Baseline 2 predicts the most frequent gray at each position. It does not look at the image either.

# %% [markdown] lang="ko"
# 둘째 베이스라인은 위치마다 가장 흔한 회색을 예측합니다. 역시 이미지는 보지 않습니다.

# %%
most_here = np.array([np.bincount(train_grays[:, i]).argmax() for i in range(16)])
by_place = (truth == most_here[hidden.rows]).mean()
by_place

# %%
assert round(always, 2) == 0.42 and round(by_place, 2) == 0.50
most_here.reshape(4, 4)

# %% [markdown] lang="en"
# So 42% and 50% need no model. An accuracy of 50% means nothing here without a baseline.

# %% [markdown] lang="ko"
# 42%와 50%는 모델 없이도 나옵니다. 여기서는 정확도 50%라고 해도 베이스라인보다 나은 것이 없습니다.

# %% [markdown] lang="en"
# ## Pre-training
# We use `train` as in notebook 11, with a different task. Every batch is corrupted anew, and no label is read. To
# save time we train ten epochs without augmentation.

# %% [markdown] lang="ko"
# ## 사전 학습
# 11번 노트북의 `train`에 과제만 바꿔 넣습니다. 배치마다 새로 손상시키고, 레이블은 전혀 읽지 않습니다. 시간을 줄이려고 증강 없이 10
# 에폭만 학습합니다.

# %%
changes = {"epochs": 10, "lr": 3e-3, "augment": (), "label_smoothing": 0.0}
recipe = dataclasses.replace(RECIPES["digits"], **changes)
rng = np.random.default_rng(0)
p = with_task(initial_parameters(rng, bare, recipe), rng, bare, task)

# %%
history = train(p, bare, digits, recipe, rng=rng, how=How(task, workers=2))
history[-1].test_accuracy

# %%
_, ax = plt.subplots(layout="constrained")
ax.plot(range(1, 11), [epoch.test_accuracy for epoch in history], "o-", color="#0072B2", lw=3)
ax.axhline(by_place, color="#D55E00", ls="--", lw=3, label="most frequent, by place")
ax.axhline(always, color="#000000", ls=":", lw=3, label="most frequent")
ax.set(xlabel="epoch", ylabel="right, test", ylim=(0.4, 0.62))
ax.legend(ncols=2, loc="upper center", fontsize=13)
plt.show()

# %% [markdown] lang="en"
# It quickly matches the second baseline. It learns much more slowly to use the other patches. In the end its accuracy
# is about 57%.

# %% [markdown] lang="ko"
# 둘째 베이스라인에는 금방 도달합니다. 다른 패치의 정보를 쓰는 법은 훨씬 천천히 배웁니다. 마지막 정확도는 57% 안팎입니다.

# %% [markdown] lang="en"
# ## Accuracy per kind of corruption
# One of ten corrupted patches is *unchanged*, so its own embedding contains the answer. We compute the accuracy per
# kind for the patches selected above. (`train` selects other patches for the test images, so its mean differs a
# little.)

# %% [markdown] lang="ko"
# ## 손상 종류별 정확도
# 손상된 패치 열 개 가운데 하나는 *그대로*입니다. 이때는 답이 자기 임베딩 안에 있습니다. 위에서 뽑은 패치로 종류별 정확도를 구해 봅시다.
# (`train`은 테스트 이미지의 배치마다 패치를 따로 뽑으므로 평균이 조금 다릅니다.)

# %%
logits, _ = masked.forward(test_images, p, bare, hidden)
guess = logits.argmax(axis=-1)
right = guess == truth
assert abs(right.mean() - history[-1].test_accuracy) < 0.03
right.mean(), history[-1].test_accuracy

# %%
there = np.take_along_axis(hidden.source, hidden.rows, axis=1)
kinds = {"[mask]": there < 0, "unchanged": there == hidden.rows}
kinds["another's"] = ~kinds["[mask]"] & ~kinds["unchanged"]
for name, which in kinds.items():
    print(f"{name:10} {which.sum():5} patches, {right[which].mean():.0%} right")

# %% [markdown] lang="en"
# As expected, *unchanged* is the easiest kind and raises the mean. Compare the accuracy at [mask] with 50%: there the
# model has only the position and the other patches. It is about five points above the baseline. This is little, but
# it was learned without any label.

# %% [markdown] lang="ko"
# 짐작대로 *그대로*인 패치가 가장 쉽고, 평균을 끌어올립니다. 50%와 비교할 것은 [mask]의 정확도입니다. [mask]에서 모델이 쓸 수 있는
# 것은 위치와 다른 패치뿐입니다. 베이스라인보다 5%포인트 안팎 높습니다. 차이는 작지만 레이블 없이 배운 것입니다.

# %%
by_place_at_mask = (truth == most_here[hidden.rows])[kinds["[mask]"]].mean()
assert right[kinds["[mask]"]].mean() > by_place_at_mask + 0.02
right[kinds["[mask]"]].mean(), by_place_at_mask

# %% [markdown] lang="en"
# ## The predictions of the model
# For eight test images we draw four rows: the image, its 16 gray levels, the corrupted input, and the prediction.
# Predicted patches have a frame; × marks a wrong one.

# %% [markdown] lang="ko"
# ## 모델의 예측
# 테스트 이미지 여덟 장입니다. 위에서부터 이미지, 회색 단계 16개, 손상된 입력, 모델의 예측입니다. 예측한 자리에는 테두리가 있고, 틀린
# 자리에는 ×가 있습니다.

# %%
all_grays = grays(test_images)
seen = np.take_along_axis(all_grays, np.maximum(hidden.source, 0), axis=1)
filled = all_grays.copy()
np.put_along_axis(filled, hidden.rows, guess, axis=1)
assert ((filled != all_grays).sum(axis=1) == (~right).sum(axis=1)).all()


# %%
def box(ax, i, **look):
    ax.add_patch(Rectangle((i % 4 - 0.5, i // 4 - 0.5), 1, 1, **look))


def show_digit(column, n):
    column[0].imshow(test_images[n], cmap="gray")
    for ax, values in zip(column[1:], (all_grays, seen, filled)):
        ax.imshow(values[n].reshape(4, 4), cmap="gray", vmin=0, vmax=7)
    for i in np.flatnonzero(hidden.source[n] < 0):
        box(column[2], i, **LOOK["[mask]"])
    for i in hidden.rows[n]:
        box(column[3], i, fill=False, edgecolor="#D55E00", linewidth=2)
    for i in hidden.rows[n][~right[n]]:
        column[3].plot(i % 4, i // 4, "x", color="#D55E00", markersize=9, markeredgewidth=3)


# %%
figure, axes = plt.subplots(4, 8, figsize=(9.6, 4.9), layout="constrained")
for n, column in enumerate(axes.T):
    show_digit(column, n)
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
for ax, name in zip(axes[:, 0], ("image", "truth", "seen", "filled")):
    ax.set_ylabel(name)

# %% [markdown] lang="en"
# A wrong gray level is often off by only one. It counts as a wrong class, but it looks similar.

# %% [markdown] lang="ko"
# 틀렸더라도 한 단계만 어긋난 경우가 많습니다. 클래스로는 틀렸지만 눈으로는 비슷합니다.

# %%
np.bincount(np.abs(guess - truth).ravel(), minlength=8) / guess.size

# %% [markdown] lang="en"
# ## Few labels: fine-tuning compared with training from scratch
# Now we use a few labels: 5% of the training images, with class counts as equal as possible. Each image is seen more
# often, so an epoch has as many steps as before.

# %% [markdown] lang="ko"
# ## 적은 레이블: 미세 조정과 처음부터 학습의 비교
# 이제 레이블을 쓰되 조금만 씁니다. 학습 이미지의 5%이고, 클래스마다 되도록 같은 수입니다. 그만큼 한 장을 여러 번 보므로 에폭의 스텝
# 수는 그대로입니다.

# %%
labeled = digits._replace(train=data.few(digits.train, 0.05))
known = np.unique(labeled.train.rows)
len(known), np.bincount(digits.train.labels[known])

# %% [markdown] lang="en"
# From the pre-trained model we keep all parameters except those of the task: [mask] and its head. The new head starts
# at 0, as in the paper.

# %% [markdown] lang="ko"
# 사전 학습한 모델에서 과제에 딸린 [mask]와 그 헤드만 빼고 모두 가져옵니다. 새 헤드는 논문처럼 0에서 시작합니다.

# %%
short = dataclasses.replace(RECIPES["digits"], epochs=4)
kept = {name: part for name, part in p.items() if name != "masked"}
", ".join(kept)


# %%
def fine_tune(start=None, seed=0):
    rng = np.random.default_rng(seed)
    p = initial_parameters(rng, config, short) | tree.map(np.copy, start or {})
    history = train(p, config, labeled, short, rng=rng, how=How(workers=2))
    return [epoch.test_accuracy for epoch in history]


# %%
curves = {"pre-trained": fine_tune(kept), "from scratch": fine_tune()}
curves["from scratch, seed 1"] = fine_tune(seed=1)

# %%
lines = (("o-", "#0072B2"), ("s--", "#D55E00"), ("^:", "#000000"))
for (name, accuracies), (style, color) in zip(curves.items(), lines):
    plt.plot(range(1, 5), accuracies, style, color=color, linewidth=3, label=name)
plt.xticks(range(1, 5))
plt.xlabel("epoch")
plt.ylabel("test accuracy")
plt.legend()
plt.show()

# %%
for name, accuracies in curves.items():
    assert 0.75 < accuracies[-1] < 1
    print(f"{name:22} {accuracies[-1]:.1%}")

# %% [markdown] lang="en"
# **One run with one seed proves nothing.** The third line is from scratch too, with a different seed. It differs from
# the second only by chance: different initial weights and a different order. The difference between the first two
# lines counts only if it is clearly larger than this, and over many seeds. One of 360 test images is 0.3%, and we
# drew the 72 labels only once. So this run does not say which start is better, whichever line is on top.

# %% [markdown] lang="ko"
# **시드 하나로 한 번 돌린 결과는 아무것도 증명하지 못합니다.** 셋째 선도 처음부터 학습한 것입니다. 둘째와 다른 것은 난수, 곧 초기
# 가중치와 순서뿐이므로 둘의 차이는 순전히 우연입니다. 첫째와 둘째의 차이는 그보다 뚜렷이 크고 여러 시드에서 되풀이될 때만 의미가
# 있습니다. 테스트 이미지가 360장이면 한 장이 0.3%이고, 레이블 72개는 뽑을 때마다 달라지는데, 여기서는 한 번만 뽑았습니다. 그러니 어느
# 선이 위에 있든, 이 실행만으로는 어느 쪽이 나은지 알 수 없습니다.

# %% [markdown] lang="en"
# This command in a terminal pre-trains longer and uses five seeds and four fractions of labels:
#
#     python benchmarks/few_labels.py --out runs/few-labels
#
# Its results are in `docs/results.md`. To run the two steps separately:
#
#     vitnp pretrain --data digits --epochs 100 --out pre
#     vitnp train --data digits --recipe digits --init pre/model.npz --labels 5% --out fine

# %% [markdown] lang="ko"
# 더 길게 사전 학습하고, 시드 다섯 개와 레이블 비율 네 가지로 비교하려면 터미널에서 다음을 실행합니다.
#
#     python benchmarks/few_labels.py --out runs/few-labels
#
# 그 결과는 `docs/results.md`에 있습니다. 두 단계를 따로 하려면 이렇게 합니다.
#
#     vitnp pretrain --data digits --epochs 100 --out pre
#     vitnp train --data digits --recipe digits --init pre/model.npz --labels 5% --out fine

# %% [markdown] lang="en"
# ## Results of the paper
# The paper trained ViT-B/16 on JFT's 303 million images: 1M steps with batches of 4,096. How often was each image
# seen?

# %% [markdown] lang="ko"
# ## 논문의 결과
# ViT-B/16을 JFT의 이미지 3억 300만 장으로, 4,096장짜리 배치로 100만 스텝 학습했습니다. 이미지 한 장을 몇 번이나 보았을까요?

# %%
1_000_000 * 4096 / 303e6

# %% [markdown] lang="en"
# After fine-tuning its ImageNet accuracy is **79.9%**. That is 2 points more than the same model from scratch, and 4
# points less than one pre-trained with labels. After 100,000 steps there was little further gain. Pre-training on
# ImageNet alone gained about as much.
#
# | from scratch (Table 5) | masked patches (§4.6) | with JFT's labels (Table 6) |
# |---|---|---|
# | 77.91% | **79.9%** | 84.15% |
#
# Our digits cannot show this. There are only 1,437 scans with 8 gray levels, and training from scratch with all
# labels already reaches about 99%. The digits show how the method works.

# %% [markdown] lang="ko"
# 미세 조정한 뒤의 ImageNet 정확도는 **79.9**%입니다. 같은 모델을 처음부터 학습한 것보다 2%포인트 높고, 레이블로 사전 학습한 것보다
# 4%포인트 낮습니다. 10만 스텝 이후로는 거의 더 좋아지지 않았고, ImageNet만으로 사전 학습해도 비슷하게 좋아졌습니다.
#
# | 처음부터(Table 5) | 마스크된 패치(§4.6) | JFT의 레이블로(Table 6) |
# |---|---|---|
# | 77.91% | **79.9%** | 84.15% |
#
# digits 데이터로는 이것을 보일 수 없습니다. 스캔은 1,437장, 회색은 8단계뿐이고, 레이블을 다 쓰면 처음부터 학습해도 이미 99%
# 안팎입니다. digits 데이터로 볼 수 있는 것은 이 방법이 작동하는 원리입니다.

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ Take ViT-B/16 at 384×384. How many patches, on average, have their true embedding at their own position?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 384×384 이미지를 쓰는 ViT-B/16입니다. 자기 자리에 원래 임베딩이 그대로 놓이는 패치는 평균 몇 개입니까?

# %% tags=["exercise"]
true_ones = ...

# %% tags=["solution"]
true_ones = (384 // 16) ** 2 * (0.5 + 0.5 * 0.1)

# %% tags=["check"]
check("16.1", true_ones)

# %% [markdown] lang="en"
# **2.** ★★ Write the inverse, from a class to a color: from classes (…) to the levels 0…7 of red, green and blue (…,
# 3).

# %% [markdown] lang="ko"
# **2.** ★★ 거꾸로, 클래스에서 색을 구합니다. 클래스 (…)를 받아 빨강, 초록, 파랑의 단계 0…7을 (…, 3)으로 돌려주는 함수를 쓰세요.


# %% tags=["exercise"]
def levels_of(classes):
    return ...


# %% tags=["solution"]
def levels_of(classes):
    return np.stack([classes // 64, classes // 8 % 8, classes % 8], axis=-1)


# %% tags=["check"]
check("16.2", levels_of)

# %% [markdown] lang="en"
# **3.** ★★★ A is mostly zeros. Compute dx of one image from dy (N, D) and source (N,) without A. Use a loop or
# `np.add.at`.

# %% [markdown] lang="ko"
# **3.** ★★★ A는 거의 0입니다. A 없이 이미지 한 장의 dx를 dy (N, D)와 source (N,)에서 구하는 함수를 쓰세요. 반복문이나 `np.add.at`을 쓰면
# 됩니다.


# %% tags=["exercise"]
def without_A(dy, source):
    return ...


# %% tags=["solution"]
def without_A(dy, source):
    dx = np.zeros_like(dy)
    stays = source >= 0
    np.add.at(dx, source[stays], dy[stays])  # dx[source] += dy would forget who stands twice
    return dx


# %% tags=["check"]
check("16.3", without_A)

# %% [markdown] lang="en"
# **Explain.** Why is not every corrupted patch replaced by [mask]? What is the purpose of the other 20%?

# %% [markdown] lang="ko"
# **설명해 보세요.** 왜 손상된 패치를 모두 [mask]로 바꾸지 않을까요? 나머지 20%는 어떤 역할을 합니까?

# %% [markdown] lang="en" tags=["solution"]
# After pre-training no image has a [mask]. If only masked patches were predicted, the encoder would need good outputs
# only at tokens that never occur again. Some patches are replaced by another patch, and some stay unchanged. So the
# encoder cannot know which visible patches are true. It must give a good output for every token and compare each
# token with its surroundings.

# %% [markdown] lang="ko" tags=["solution"]
# 사전 학습이 끝나면 어떤 이미지에도 [mask]가 없습니다. [mask] 자리만 예측한다면 인코더는 다시는 나오지 않을 토큰에서만 잘하면 됩니다.
# 일부는 다른 패치로 바꾸고 일부는 그대로 두면, 보이는 패치 가운데 어느 것이 진짜인지 알 수 없습니다. 그래서 모든 토큰에서 좋은 출력을
# 내고, 토큰마다 주변과 비교해야 합니다.
