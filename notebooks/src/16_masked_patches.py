# %% [markdown] lang="en"
# # 16 · Learning without labels: masked patches
# **Self-Supervision** · *masked patch prediction: hide half of the patches, and predict their color from the rest*
#
# Deck 002, Self-Supervision (the paper's §4.6 and App. B.1.2) · files `vitnp/models/vit/masked.py`, `vitnp/tasks/` ·
# **35 minutes** · [solutions](solutions/16_masked_patches.ipynb)
#
# After this notebook you can
# - say what is hidden from the model, what it must predict, and why no label is needed,
# - write the corruption as $y = A\,x + m\,e$, and its backward,
# - pre-train a small ViT on digits, and compare it with a guess,
# - say what a single run of fine-tuning proves, and what it does not.

# %% [markdown] lang="ko"
# # 16 · 레이블 없이 배우기: 마스크된 패치
# **Self-Supervision** · *masked patch prediction: 패치의 절반을 숨기고, 나머지를 보고 그 색을 맞힌다*
#
# 강의자료 002, Self-Supervision(논문 §4.6과 부록 B.1.2) · 파일 `vitnp/models/vit/masked.py`, `vitnp/tasks/` ·
# **35분** · [풀이](../solutions/ko/16_masked_patches.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 모델에게 무엇을 숨기고 무엇을 맞히게 하는지, 왜 레이블이 필요 없는지 설명한다.
# - 패치를 손상시키는 계산 $y = A\,x + m\,e$와 그 역전파를 쓴다.
# - 작은 ViT를 손글씨 숫자로 사전 학습하고, 모델 없이 찍은 답과 비교한다.
# - 미세 조정을 한 번 돌린 결과가 무엇을 증명하고 무엇을 증명하지 못하는지 말한다.

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
# ## The idea: a text with holes
# "The cat sat on the ▢." BERT learns language by filling such holes: the text itself holds the answers, so nobody has to
# write labels. The paper does the same with patches. BERT hides 15% of the words; here half of the patches are drawn, which
# was slightly better than 15%.

# %% [markdown] lang="ko"
# ## 아이디어: 빈칸이 있는 글
# "고양이가 ▢ 위에 앉았다." BERT는 이런 빈칸을 채우면서 언어를 배웁니다. 답이 글 안에 있으니 아무도 레이블을 달 필요가 없습니다.
# 논문은 같은 일을 패치로 합니다. BERT는 단어의 15%를 가리지만, 여기서는 이미지마다 패치의 절반을 뽑습니다. 15%보다 조금 더
# 좋았다고 합니다.

# %%
rng = np.random.default_rng(0)
rows = np.sort(rng.random(196).argsort()[:98])
rows[:10]

# %% [markdown] lang="en"
# These are **corrupted**. 80% of them are replaced by [mask], one learned embedding for all holes; 10% by the embedding of
# another patch of the image; 10% stay as they are.

# %% [markdown] lang="ko"
# 이 패치들을 **손상**시킵니다. 그중 80%는 [mask]로 바꿉니다. [mask]는 모든 빈칸이 함께 쓰는 학습되는 임베딩입니다. 10%는 같은
# 이미지의 다른 패치의 임베딩으로 바꾸고, 10%는 그대로 둡니다.

# %%
kind = rng.random(98)
other = (rows + rng.integers(1, 196, 98)) % 196  # never the patch itself
source = np.arange(196)
source[rows] = np.where(kind < 0.8, -1, np.where(kind < 0.9, other, rows))

# %% [markdown] lang="en"
# `source` says whose embedding stands at each patch, −1 for [mask]. The first two rows of the 14×14:

# %% [markdown] lang="ko"
# `source`는 패치마다 누구의 임베딩이 놓이는지를 말합니다. −1은 [mask]입니다. 14×14 가운데 처음 두 행입니다.

# %%
source[:28].reshape(2, 14)

# %% [markdown] lang="en"
# The library draws the same with the same seed, for a whole batch.

# %% [markdown] lang="ko"
# 라이브러리도 같은 시드로 똑같이 뽑습니다. 배치 전체를 한 번에 처리합니다.

# %%
drawn = masked.draw(np.random.default_rng(0), 1, 196)
assert (drawn.rows == rows).all() and (drawn.source == source).all()
drawn.rows.shape, drawn.source.shape

# %% [markdown] lang="en"
# ## What the model is given
# Embeddings are replaced, not pixels. But a picture can show it *as if*: gray with stripes for [mask], the other patch's
# pixels where it stands, in a frame.

# %% [markdown] lang="ko"
# ## 모델이 받는 것
# 바뀌는 것은 픽셀이 아니라 임베딩입니다. 그래도 픽셀이 바뀐 *것처럼* 그려 볼 수는 있습니다. 빗금 친 회색은 [mask]이고, 다른 패치가
# 들어온 자리에는 그 패치의 픽셀을 테두리와 함께 그립니다.

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
# Could you paint the rest? Sky surely, roof perhaps. Now a digit of 8×8 pixels, with 16 patches of 2×2, of which 8 are
# drawn.

# %% [markdown] lang="ko"
# 여러분이라면 빈칸을 칠할 수 있겠습니까? 하늘은 쉽고 지붕도 어쩌면 됩니다. 이번에는 8×8 픽셀 숫자입니다. 2×2 패치 16개 가운데
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
# ## 80, 10, 10
# In a thousand images:

# %% [markdown] lang="ko"
# ## 80, 10, 10
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
# Why not 100% [mask]? In use there is no [mask]; and asked only there, the model would always know which patches to trust.
# BERT's answer: ask also where all looks as usual. Never knowing which embedding is the true one, the model must compare
# **every** patch with its surroundings.

# %% [markdown] lang="ko"
# 왜 100% [mask]로 하지 않을까요? 실제로 쓸 때는 [mask]가 없고, [mask]에서만 묻는다면 모델은 어느 패치를 믿어도 되는지 늘 알게
# 됩니다. BERT의 답은 멀쩡해 보이는 자리에서도 묻는 것입니다. 어느 임베딩이 진짜인지 알 수 없으니 **모든** 패치를 주변과 견주어
# 보아야 합니다.

# %% [markdown] lang="en"
# ## What it must predict: 3 bits per channel
# Not the pixels: the patch's **mean color**, roughly. Patch 101 is pagoda. Its mean, 0…1 in red, green, blue:

# %% [markdown] lang="ko"
# ## 맞혀야 하는 것: 채널마다 3비트
# 픽셀이 아니라 패치의 **평균 색**을, 그것도 대강 맞힙니다. 101번 패치는 누각입니다. 빨강, 초록, 파랑의 평균을 0…1로 구합니다.

# %%
patches, _ = s1_patchify.forward(image[None], patch_size=16)
mean = patches[0].reshape(196, 256, 3).mean(axis=1) / 255
mean[101]

# %% [markdown] lang="en"
# 3 bits are 8 levels. Which eighth does each channel lie in?

# %% [markdown] lang="ko"
# 3비트는 8단계입니다. 채널마다 몇 번째 8분의 1에 들어갑니까?

# %%
levels = np.minimum(np.floor(mean * 8), 7).astype(int)
levels[101]

# %% [markdown] lang="en"
# The nine bits in a row are the class: a number from 0 to 511.

# %% [markdown] lang="ko"
# 비트 아홉 개를 이어 쓰면 클래스 번호가 됩니다. 0부터 511까지입니다.

# %%
bits = [f"{level:03b}" for level in levels[101]]
classes = levels @ [64, 8, 1]
bits, int("".join(bits), 2), int(classes[101])

# %%
assert int("".join(bits), 2) == classes[101]

# %% [markdown] lang="en"
# Four patches: the pixels, their mean, and the color in the middle of the 3-bit box, with the number of the class.

# %% [markdown] lang="ko"
# 패치 네 개를 그립니다. 픽셀, 그 평균, 그리고 3비트 칸의 한가운데 색입니다. 그 위의 숫자가 클래스 번호입니다.

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
# All 196 targets of the photo. That is all the model has to predict: left the means, right the classes' colors.

# %% [markdown] lang="ko"
# 사진의 목표 196개 전부입니다. 모델이 맞혀야 하는 것은 이것이 전부입니다. 왼쪽이 평균, 오른쪽이 클래스의 색입니다.

# %%
figure, axes = plt.subplots(1, 2, layout="constrained")
for ax, colors in zip(axes, (mean, rough)):
    ax.imshow(colors.reshape(14, 14, 3))
    ax.axis("off")

# %%
len(np.unique(classes)), "of 512 classes in this photo"

# %% [markdown] lang="en"
# The library takes the image as the model does, −1…1, and gives the classes of the corrupted patches alone.

# %% [markdown] lang="ko"
# 라이브러리는 모델처럼 −1…1의 이미지를 받아서 손상된 패치의 클래스만 돌려줍니다.

# %%
big = vitnp.preset("B/16", num_layers=1)  # one block will do here
images = image[None] / 127.5 - 1
t = targets.targets(images, big, drawn, "color")
assert (t[0, :, 0] == classes[rows]).all()
t.shape

# %% [markdown] lang="en"
# The paper tried two other targets (`--target`). The mean color was best in few-shot accuracy and is the one reported.
# - `downsized`: the patch at 4×4, so 16 such colors at once.
# - `patch`: all 768 values, by squared error; slightly worse.
#
# A gray image has one channel, so 8 classes. How many predictions per patch, and of how many values each:

# %% [markdown] lang="ko"
# 논문은 다른 목표도 두 가지 시험했습니다(`--target`). few-shot 정확도는 평균 색이 가장 좋았고, 논문의 결과도 이것입니다.
# - `downsized`: 4×4로 줄인 패치. 이런 색을 한 번에 16개 맞힙니다.
# - `patch`: 값 768개 전부를 제곱 오차로 맞힙니다. 조금 더 나빴습니다.
#
# 흑백 이미지는 채널이 하나이므로 클래스가 8개입니다. 패치 하나에 예측이 몇 개이고, 하나가 값 몇 개인지 출력합니다.

# %%
config = vitnp.preset("digits", num_layers=2)  # not four blocks, to be short
for target in targets.TARGETS:
    photos, scans = (targets.outputs(c, target) for c in (big, config))
    print(f"{target:10} B/16 {photos!s:10} digits {scans}")

# %% [markdown] lang="en"
# ## The corruption: y = A·x + m·e
# Four patches of one value, so that everything can be read. Patch 1 gets [mask], which is 9 here; patch 2 gets patch 0's.

# %% [markdown] lang="ko"
# ## 손상: y = A·x + m·e
# 한눈에 볼 수 있도록 값이 하나인 패치 네 개로 해 봅시다. 1번은 [mask]를 받고(여기서는 9입니다), 2번은 0번의 것을 받습니다.

# %%
x, e = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([9.0])
who = np.array([0, -1, 0, 3])

# %% [markdown] lang="en"
# A has a 1 in each row, at the patch whose embedding stands there, and none where [mask] stands. There m is 1.

# %% [markdown] lang="ko"
# A의 행에는 그 자리에 놓이는 패치의 열에 1이 하나 있습니다. [mask]가 놓이는 행에는 1이 없고, 대신 m이 1입니다.

# %%
A = (who[:, None] == np.arange(4)).astype(float)
m = (who[:, None] < 0).astype(float)
A, m

# %%
y = A @ x + m * e
y.T

# %% [markdown] lang="en"
# The first 1 is at its own place, the second is a copy; 2 and 3 are gone. At the size of the slide, after steps 1 and 2 of the pipeline:

# %% [markdown] lang="ko"
# 첫 번째 1은 제자리에 있고 두 번째 1은 복사된 것입니다. 2와 3은 사라졌습니다. 이제 슬라이드의 크기로, 파이프라인의 1, 2단계 다음에
# 합니다.


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
# The shape is the slide's: step 3 gets what it always gets.

# %% [markdown] lang="ko"
# shape는 슬라이드와 같습니다. 3단계는 늘 받던 것을 받습니다.

# %%
checked = [c for c in slides.check({"patch_tokens": y.shape}, big) if c.row.step == 2]
for c in checked:
    print(f"{c.tensor.slide_name:18} {c.printed!s:21} {c.got!s:21} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)

# %% [markdown] lang="en"
# As a loop would do it:

# %% [markdown] lang="ko"
# 반복문으로 한 것과 비교합니다.

# %%
for i in range(196):
    stands = p["masked"]["mask"] if source[i] < 0 else x[0, source[i]]
    assert np.allclose(y[0, i], stands)

# %% [markdown] lang="en"
# **The order** matters. Step 4 comes after this, so each hole still gets its own position: the model knows *where* it has to
# predict something, but not what was there.

# %% [markdown] lang="ko"
# **순서**가 중요합니다. 4단계가 이 뒤에 오므로 빈칸도 자기 위치 임베딩을 받습니다. 모델은 *어디*를 맞혀야 하는지는 알고, 거기에 무엇이
# 있었는지만 모릅니다.

# %% [markdown] lang="en"
# ## Backward: Aᵀ, and a sum
# y is linear in x, and A is its Jacobian: $\partial x = A^\top\,\partial y$. And e stands wherever m is 1:
# $\partial e = \sum_i m_i\,\partial y_i$. The four patches again:

# %% [markdown] lang="ko"
# ## 역전파: Aᵀ, 그리고 합
# y는 x에 대해 선형이고 A가 바로 그 야코비안입니다. $\partial x = A^\top\,\partial y$입니다. e는 m이 1인 자리마다 놓이므로
# $\partial e = \sum_i m_i\,\partial y_i$입니다. 다시 패치 네 개로 봅시다.

# %%
four = (who[:, None] == np.arange(4)).astype(float)
dy = np.array([10.0, 20.0, 30.0, 40.0])
four.T @ dy, (who < 0) @ dy

# %% [markdown] lang="en"
# Patch 0 stands twice and gets 10 + 30. Patches 1 and 2 are gone: they have no effect on y, so they get 0. The 20 goes to
# e.

# %% [markdown] lang="ko"
# 0번은 두 자리에 놓였으므로 10 + 30을 받습니다. 1번과 2번은 사라져서 y에 아무 영향도 주지 않으므로 0을 받습니다. 20은 e에게
# 갑니다.


# %%
def backward(dy, saved):
    A, m = saved
    return A.swapaxes(-1, -2) @ dy, {"mask": (m * dy).sum(axis=(0, 1))}


# %% [markdown] lang="en"
# ## Check the gradient
# Two images of four patches, width 5. In the second, patch 3 stands three times.

# %% [markdown] lang="ko"
# ## 기울기 검증
# 패치 네 개짜리 이미지 두 장, 임베딩 차원 5입니다. 두 번째 이미지에서는 3번 패치가 세 자리에 놓입니다.

# %%
both = np.array([who, [3, -1, 3, 3]])
tiny_x, tiny_p = rng.standard_normal((2, 4, 5)), {"mask": rng.standard_normal(5)}
report = gradcheck.check(lambda x, p: forward(x, p, both), backward, tiny_x, tiny_p)
print(report)

# %%
assert report.ok

# %% [markdown] lang="en"
# A likely mistake: give each patch the gradient of its own place and forget its other places.

# %% [markdown] lang="ko"
# 하기 쉬운 실수입니다. 패치마다 자기 자리의 기울기만 주고, 그 패치가 놓인 다른 자리를 잊는 것입니다.


# %%
def forgetful(dy, saved):
    at_home = np.diagonal(saved[0], axis1=1, axis2=2)[..., None]
    return at_home * dy, backward(dy, saved)[1]


# %%
wrong = gradcheck.check(lambda x, p: forward(x, p, both), forgetful, tiny_x, tiny_p)
print(wrong)
assert not wrong.ok

# %% [markdown] lang="en"
# ## The library's file
# `vitnp/models/vit/masked.py`, at the full size.

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
# Steps 3 to 7 as always. Then a head reads the 98 corrupted rows, and nothing else: not the patches that were left alone,
# not [CLS].

# %% [markdown] lang="ko"
# ## 손실: 손상된 패치에서만
# 3단계부터 7단계까지는 늘 하던 대로입니다. 그다음 헤드는 손상된 98행만 읽습니다. 손대지 않은 패치도 [CLS]도 읽지 않습니다.

# %%
z, _ = vit.encode(y, p, bare)
at_corrupted = z[:, 1 + rows]  # row 0 is [CLS]
z.shape, at_corrupted.shape

# %%
head = {"W": 0.02 * rng.standard_normal((768, 512)), "b": np.zeros(512)}
logits = at_corrupted @ head["W"] + head["b"]
logits.shape

# %% [markdown] lang="en"
# From here it is notebook 8: softmax and cross-entropy, with the 98 colors for labels. A model that knows nothing is near
# ln 512.

# %% [markdown] lang="ko"
# 여기서부터는 8번 노트북과 같습니다. softmax와 교차 엔트로피이고, 색 98개가 레이블 역할을 합니다. 아무것도 모르는 모델의 손실은
# ln 512 근처입니다.

# %%
loss, loss_saved = targets.loss_forward(logits, t, target="color")
loss, np.log(512)

# %%
p["masked"]["head"] = head
library, saved = masked.forward(images, p, bare, drawn)
assert np.allclose(library, logits)

# %% [markdown] lang="en"
# Which patches receive a gradient? It goes back through the head, the block, the corruption and the projection, down to the
# pixels. How large is it at each patch?

# %% [markdown] lang="ko"
# 어느 패치가 기울기를 받을까요? 헤드, 블록, 손상, 투영을 거꾸로 지나 픽셀까지 내려갑니다. 패치마다 기울기가 얼마나 큽니까?

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
# Where the left is black, the right is exactly 0: patches that stand nowhere. All others have a gradient, also those whose
# color is not predicted, because attention carries their values to the holes. That is the point: **to fill holes, every
# patch must be described well.**

# %% [markdown] lang="ko"
# 왼쪽이 검은 곳은 오른쪽이 정확히 0입니다. 어디에도 놓이지 않은 패치입니다. 나머지는 모두 기울기를 받습니다. 색을 맞히지 않는
# 패치도 받습니다. 어텐션이 그 값을 빈칸으로 나르기 때문입니다. 핵심은 이것입니다. **빈칸을 채우려면 모든 패치를 잘 표현해야 합니다.**

# %%
gone = ~np.isin(np.arange(196), source)
assert (size[gone] == 0).all() and (size[~gone] > 0).all()
int(gone.sum()), "patches are gone"

# %% [markdown] lang="en"
# ## Digits: two baselines without a model
# How often is a guess right? We compute the grays of all patches, 0 (paper) to 7 (ink), and draw what is hidden of the 360
# test images:

# %% [markdown] lang="ko"
# ## 손글씨 숫자: 모델 없는 베이스라인 두 가지
# 모델 없이 찍으면 얼마나 맞을까요? 모든 패치의 회색 단계를 0(종이)부터 7(잉크)까지로 구하고, 테스트 이미지
# 360장에서 무엇이 숨겨지는지 정합니다.


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
# Baseline one: always the most frequent gray.

# %% [markdown] lang="ko"
# 첫째 베이스라인은 언제나 가장 흔한 회색이라고 답하는 것입니다.

# %%
most = np.bincount(train_grays.ravel()).argmax()
always = (truth == most).mean()
int(most), always

# %% [markdown] lang="en"
# Baseline two: the most frequent gray at each position. It looks at no image either.

# %% [markdown] lang="ko"
# 둘째는 자리마다 가장 흔한 회색이라고 답하는 것입니다. 역시 이미지는 보지 않습니다.

# %%
most_here = np.array([np.bincount(train_grays[:, i]).argmax() for i in range(16)])
by_place = (truth == most_here[hidden.rows]).mean()
by_place

# %%
assert round(always, 2) == 0.42 and round(by_place, 2) == 0.50
most_here.reshape(4, 4)

# %% [markdown] lang="en"
# So 42% and 50% need no model. "Right in half of the cases" sounds like something, and is nothing.

# %% [markdown] lang="ko"
# 42%와 50%는 모델 없이도 나옵니다. "절반을 맞힌다"는 말은 그럴듯하게 들리지만 아무것도 아닙니다.

# %% [markdown] lang="en"
# ## Pre-train
# `train` as in notebook 11, with another task: freshly corrupted batches, and no label is read. Ten epochs, without
# augmentation, to be short.

# %% [markdown] lang="ko"
# ## 사전 학습
# 11번 노트북의 `train`에 과제만 바꿔 넣습니다. 배치를 볼 때마다 새로 손상시키고, 레이블은 하나도 읽지 않습니다. 짧게 하려고 증강
# 없이 10 에폭만 돌립니다.

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
# It soon reaches the second baseline. What the other patches say about a hole it learns much more slowly. In the end it is
# right for around 57%.

# %% [markdown] lang="ko"
# 둘째 베이스라인에는 금방 이릅니다. 다른 패치가 알려 주는 것은 훨씬 천천히 배웁니다. 끝에는 57% 안팎입니다.

# %% [markdown] lang="en"
# ## Is that honest?
# One in ten corrupted patches is *unchanged*: there the answer stands in its own embedding. We count by kind, with the holes
# drawn above. (`train` draws its own for every batch of test images, so its mean differs a little.)

# %% [markdown] lang="ko"
# ## 정직한 점수일까?
# 손상된 패치 열 개 가운데 하나는 *그대로*입니다. 거기서는 답이 자기 임베딩 안에 있습니다. 위에서 뽑은 빈칸으로
# 종류별로 세어 봅시다. (`train`은 테스트 이미지의 배치마다 빈칸을 따로 뽑으므로 평균이 조금 다릅니다.)

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
# As feared, *unchanged* is the easiest, and raises the mean. The number to compare with 50% is that of [mask]: there the model
# has only the position and the other patches. It is around five points above the baseline: little, but learned from
# nothing but holes.

# %% [markdown] lang="ko"
# 짐작대로 *그대로*인 패치가 가장 쉽고, 평균을 끌어올립니다. 50%와 비교할 값은 [mask]의 것입니다. 거기서 모델이 가진 것은 위치와
# 다른 패치뿐입니다. 베이스라인보다 5%포인트 안팎 높습니다. 얼마 안 되지만, 오직 빈칸에서 배운 것입니다.

# %%
by_place_at_mask = (truth == most_here[hidden.rows])[kinds["[mask]"]].mean()
assert right[kinds["[mask]"]].mean() > by_place_at_mask + 0.02
right[kinds["[mask]"]].mean(), by_place_at_mask

# %% [markdown] lang="en"
# ## What it fills in
# Eight test images: the image; its 16 grays; what the model sees; and those grays with the model's in the holes (framed;
# × where it is wrong).

# %% [markdown] lang="ko"
# ## 모델이 채운 그림
# 테스트 이미지 여덟 장입니다. 위에서부터 이미지, 16개의 회색, 모델이 보는 것, 그리고 빈칸을 모델이 채운 것입니다. 채운 자리에는
# 테두리가 있고, 틀린 자리에는 ×가 있습니다.

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
# A wrong gray is often only one level off. As a class it is wrong; to the eye it is similar.

# %% [markdown] lang="ko"
# 틀렸더라도 한 단계만 어긋난 경우가 많습니다. 클래스로는 틀렸지만 눈으로는 비슷합니다.

# %%
np.bincount(np.abs(guess - truth).ravel(), minlength=8) / guess.size

# %% [markdown] lang="en"
# ## Few labels: from there, and from scratch
# Now labels, but few: 5% of the training images, as equally many per class as possible. Each is seen more often, so an epoch
# has as many steps as before.

# %% [markdown] lang="ko"
# ## 적은 레이블: 이어서, 그리고 처음부터
# 이제 레이블을 쓰되 조금만 씁니다. 학습 이미지의 5%이고, 클래스마다 되도록 같은 수입니다. 그만큼 한 장을 여러 번 보므로 에폭의 스텝
# 수는 그대로입니다.

# %%
labeled = digits._replace(train=data.few(digits.train, 0.05))
known = np.unique(labeled.train.rows)
len(known), np.bincount(digits.train.labels[known])

# %% [markdown] lang="en"
# Of the pre-trained model all is kept but what belongs to the task: [mask] and its head. The new head is 0, as in the
# paper.

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
# **One run of one seed proves nothing.** The third line is from scratch again; it differs from the second by chance alone:
# other first weights, another order. What lies between the first and the second is worth something only if it is
# clearly more than that, and for many seeds. 360 test images are 0.3% each, 72 labels are others in every draw, and we
# took one draw. So whichever line is on top: this run does not say which start is better.

# %% [markdown] lang="ko"
# **시드 하나로 한 번 돌린 결과는 아무것도 증명하지 못합니다.** 셋째 선도 처음부터 학습한 것입니다. 둘째와 다른 것은 난수, 곧 첫
# 가중치와 순서뿐이니 둘의 차이는 순전히 우연입니다. 첫째와 둘째의 차이는 그보다 뚜렷이 크고 여러 시드에서 되풀이될 때만 의미가 있습니다. 테스트 이미지가
# 360장이면 한 장이 0.3%이고, 레이블 72개는 뽑을 때마다 달라지는데, 여기서는 한 번만 뽑았습니다.
# 그러니 어느 선이 위에 있든, 이 실행은 어느 쪽 출발이 나은지 말해 주지 않습니다.

# %% [markdown] lang="en"
# In a terminal, pre-trained for longer, with five seeds and four shares of labels:
#
#     python benchmarks/few_labels.py --out runs/few-labels
#
# What it gave is in `docs/results.md`. The two steps by themselves:
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
# ## What the paper measured
# ViT-B/16, on JFT's 303 million images, 1M steps of 4,096. How often was each image seen?

# %% [markdown] lang="ko"
# ## 논문의 결과
# ViT-B/16을 JFT의 이미지 3억 300만 장으로, 4,096장짜리 배치로 100만 스텝 학습했습니다. 이미지 한 장을 몇 번이나 보았을까요?

# %%
1_000_000 * 4096 / 303e6

# %% [markdown] lang="en"
# Fine-tuned on ImageNet it is right for **79.9%**: 2 points more than the same model from scratch, and 4 fewer than one
# pre-trained with labels. After 100,000 steps there was little more to gain, and pre-training on ImageNet alone gained
# about as much.
#
# | from scratch (Table 5) | masked patches (§4.6) | with JFT's labels (Table 6) |
# |---|---|---|
# | 77.91% | **79.9%** | 84.15% |
#
# Our digits cannot show this: 1,437 scans, 8 grays, and training from scratch on all labels gets around 99% already. What
# they show is how it works.

# %% [markdown] lang="ko"
# ImageNet으로 미세 조정하면 **79.9**%를 맞힙니다. 같은 모델을 처음부터 학습한 것보다 2%포인트 높고, 레이블로 사전
# 학습한 것보다 4%포인트 낮습니다. 10만 스텝 뒤로는 더 얻은 것이 별로 없었고, ImageNet만으로 사전 학습해도 비슷하게
# 좋아졌습니다.
#
# | 처음부터(Table 5) | 마스크된 패치(§4.6) | JFT의 레이블로(Table 6) |
# |---|---|---|
# | 77.91% | **79.9%** | 84.15% |
#
# digits 데이터로는 이것을 보일 수 없습니다. 스캔은 1,437장, 회색은 8단계뿐이고, 레이블을 다 쓰면 처음부터 학습해도 이미 99%
# 안팎입니다. digits 데이터가 보여 주는 것은 작동하는 방법입니다.

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ ViT-B/16 at 384×384. Of how many patches, on average, does the encoder get the true embedding at its own place?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 384×384 이미지를 쓰는 ViT-B/16입니다. 인코더가 자기 자리에서 진짜 임베딩을 받는 패치는 평균 몇 개입니까?

# %% tags=["exercise"]
true_ones = ...

# %% tags=["solution"]
true_ones = (384 // 16) ** 2 * (0.5 + 0.5 * 0.1)

# %% tags=["check"]
check("16.1", true_ones)

# %% [markdown] lang="en"
# **2.** ★★ The inverse, from a class to a color: from classes (…) to the three levels, 0…7, of red, green and blue (…, 3).

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
# **3.** ★★★ A is mostly zeros. Write dx of one image, from dy (N, D) and source (N,), without it: a loop, or `np.add.at`.

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
# **Explain.** Why is not every corrupted patch replaced by [mask]? Say what the other 20% are good for.

# %% [markdown] lang="ko"
# **설명해 보세요.** 왜 손상된 패치를 모두 [mask]로 바꾸지 않을까요? 나머지 20%는 무엇에 쓰일까요?

# %% [markdown] lang="en" tags=["solution"]
# After pre-training no image has a [mask]. If only masked patches were predicted, the encoder would need to work only at tokens
# that never come again. With another patch in place of some, and the true patch in place of others, it cannot tell which visible
# patches to trust, so it must make a good output for every token, and compare each with its surroundings.

# %% [markdown] lang="ko" tags=["solution"]
# 사전 학습이 끝나면 어떤 이미지에도 [mask]가 없습니다. [mask] 자리만 예측한다면 인코더는 다시는 나오지 않을 토큰에서만 잘하면 됩니다. 일부는 다른 패치로
# 바꾸고 일부는 그대로 두면, 보이는 패치 가운데 어느 것을 믿어도 되는지 알 수 없습니다. 그래서 모든 토큰에서 좋은 출력을 내고, 토큰마다 주변과 비교해야 합니다.
