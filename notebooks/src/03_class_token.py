# %% [markdown] lang="en"
# # 3 · The [CLS] token
# **3단계: [CLS] 토큰 추가** · *Step 3: add the [CLS] token*
#
# Deck 003, step 3 · file `vitnp/steps/s3_class_token.py` · **20 minutes to show, 40 with the exercises** · [solutions](solutions/03_class_token.ipynb)
#
# After this notebook you can
# - explain why the model adds a token that belongs to no patch,
# - write the step with a broadcast and a concatenation, and write its backward pass,
# - explain why the gradient of one shared vector is a sum over the batch, and what happens without the sum,
# - compare [CLS] with the mean of all tokens (gap).

# %% [markdown] lang="ko"
# # 3 · [CLS] 토큰
# **3단계: [CLS] 토큰 추가** · *Step 3: add the [CLS] token*
#
# 강의자료 003, 3단계 · 파일 `vitnp/steps/s3_class_token.py` · **시연 20분, 실습 포함 40분** · [풀이](../solutions/ko/03_class_token.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 어느 패치에도 속하지 않는 토큰을 왜 추가하는지 설명한다.
# - 브로드캐스트와 이어 붙이기로 순전파를 쓰고, 그 역전파를 쓴다.
# - 함께 쓰는 벡터 하나의 그래디언트가 왜 배치에 대한 합인지, 더하지 않으면 어떻게 되는지 설명한다.
# - 클래스 토큰 없이 모든 토큰의 평균(gap)을 쓰는 방법과 비교한다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.steps import s3_class_token, s5_attention, s8_classify

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## Which token represents the image?
# 196 tokens go in and 196 come out, but the model needs one answer: the class. Assume that one patch of eight shows a cat
# (1) and the others do not (0). The simplest summary is the mean, but in the mean the cat almost disappears.

# %% [markdown] lang="ko"
# ## 어느 토큰이 이미지를 대표할까?
# 토큰 196개가 들어가서 196개가 나옵니다. 그런데 모델이 내놓아야 할 답은 클래스 하나입니다. 패치 여덟 개 가운데 하나에만
# 고양이가 있다고 합시다(고양이는 1, 나머지는 0). 가장 간단한 요약은 평균이지만, 평균을 내면 고양이가 거의 사라집니다.

# %%
cat = np.array([0.0, 0, 0, 1, 0, 0, 0, 0])
cat.mean()

# %% [markdown] lang="en"
# So add a token for this question alone. It belongs to no patch, and in every block attention *selects* what it looks at.
# Here the score of the cat is 5, all others are 0.

# %% [markdown] lang="ko"
# 그래서 이 답만 맡는 토큰을 하나 추가합니다. 이 토큰은 어느 패치에도 속하지 않고, 블록마다 어텐션으로 어느 패치를 볼지
# *선택*합니다. 여기서는 고양이에 스코어 5를, 나머지에 0을 줍니다.


# %%
def softmax(s):
    e = np.exp(s - s.max())
    return e / e.sum()


# %%
softmax(5 * cat) @ cat

# %% [markdown] lang="en"
# With more patches, the cat's share of the mean falls quickly. With attention it falls much more slowly.

# %% [markdown] lang="ko"
# 패치가 많을수록 평균에서 고양이가 차지하는 비율은 빠르게 줄어듭니다. 어텐션으로 선택하면 훨씬 천천히 줄어듭니다.

# %%
N = np.arange(1, 197)
plt.plot(N, np.exp(5) / (np.exp(5) + N - 1), linewidth=3, label="chosen (score 5)")
plt.plot(N, 1 / N, "--", linewidth=3, label="mean")
plt.xlabel("patches, one of them a cat")
plt.ylabel("how much cat")
plt.legend()
plt.show()

# %% [markdown] lang="en"
# [CLS] is not the only way. The patches also attend to each other in twelve blocks before the mean is taken. The paper
# found the mean equally good with the right learning rate (its Fig. 9: 8e-4 with [CLS], 3e-4 with the mean). The authors
# kept [CLS] to stay close to the Transformer for text, such as BERT.

# %% [markdown] lang="ko"
# [CLS]가 유일한 방법은 아닙니다. 평균을 내기 전에 패치들도 블록 열두 개에서 서로 정보를 주고받습니다. 논문에 따르면 학습률만
# 맞추면 평균도 똑같이 좋습니다(논문 Fig. 9: [CLS]는 8e-4, 평균은 3e-4). 그래도 클래스 토큰을 쓴 것은 BERT 같은 텍스트용
# Transformer와 구조를 되도록 같게 두기 위해서였습니다.

# %% [markdown] lang="en"
# ## 토큰과 같은 차원(D)을 가진다 · the same width as the tokens
# We use the size of the slide and two images. The new token is *one* vector of 768 learned values. It does not come from
# an image.

# %% [markdown] lang="ko"
# ## 3단계: 토큰과 같은 차원(D)을 가진다
# 슬라이드의 크기를 쓰고 이미지는 2장입니다. 새 토큰은 학습되는 값 768개로 된 벡터 *하나*입니다. 이미지에서 계산한 값이
# 아닙니다.

# %%
rng = np.random.default_rng(0)
x = rng.standard_normal((2, 196, 768))  # what step 2 gives
cls = rng.standard_normal(768)

# %% [markdown] lang="en" tags=["answer"]
# Every image gets the same vector. A broadcast copies nothing: the stride from one image to the next is 0 bytes.

# %% [markdown] lang="ko" tags=["answer"]
# 모든 이미지가 같은 벡터를 받습니다. 브로드캐스트는 값을 복사하지 않습니다. 한 이미지에서 다음 이미지로 가는 메모리
# 간격(strides)이 0바이트입니다.

# %% tags=["answer"]
cls_of_each = np.broadcast_to(cls, (2, 1, 768))
cls_of_each.shape, cls_of_each.strides

# %% [markdown] lang="en"
# ## [CLS] 토큰 추가 · prepend it
# Axis 1 counts the tokens. (Axis 0 would add an image; axis 2 would widen the tokens.)

# %% [markdown] lang="ko"
# ## 3단계: [CLS] 토큰 추가
# 축 1이 토큰의 축입니다. (축 0이면 이미지가 늘어나고, 축 2면 토큰의 차원이 늘어납니다.)

# %% tags=["answer"]
tokens = np.concatenate([cls_of_each, x], axis=1)
tokens.shape

# %% [markdown] lang="en" tags=["try"]
# You write this below. Until then the library's step gives the tokens.

# %% [markdown] lang="ko" tags=["try"]
# 이 연산은 아래에서 직접 씁니다. 그때까지는 라이브러리의 3단계로 토큰을 만듭니다.

# %% tags=["try"]
tokens, _ = s3_class_token.forward(x, {"cls": cls})
tokens.shape

# %% [markdown] lang="en"
# In both images row 0 is [CLS], and the patches follow. Patch 0 is now token 1.

# %% [markdown] lang="ko"
# 두 이미지 모두 0번 행이 [CLS]이고 그 뒤에 패치가 이어집니다. 이제 0번 패치는 1번 토큰입니다.

# %%
assert (tokens[0, 0] == cls).all() and (tokens[1, 0] == cls).all()
assert (tokens[:, 1:] == x).all()

# %% [markdown] lang="en"
# ## [CLS] before and after attention
# At the input [CLS] is the same for both images. After one attention layer it depends on the image.

# %% [markdown] lang="ko"
# ## 어텐션 전과 후의 [CLS]
# 입력에서는 [CLS]가 두 이미지에서 똑같습니다. 어텐션을 한 번 지나면 이미지마다 달라집니다.

# %%
p_attention = s5_attention.init(rng, hidden_size=768, dtype=np.float64)
y, _ = s5_attention.forward(tokens, p_attention, num_heads=12)

# %%
before, after = np.abs(tokens[0, 0] - tokens[1, 0]).max(), np.abs(y[0, 0] - y[1, 0]).max()
before, after

# %%
assert before == 0 < after

# %% [markdown] lang="en"
# ## The shape on the slide

# %% [markdown] lang="ko"
# ## 슬라이드의 shape와 비교

# %%
shapes = {"tokens": tokens[:1].shape}
checked = [c for c in slides.check(shapes, vitnp.preset("B/16")) if c.row.step == 3]
for c in checked:
    print(f"{c.tensor.slide_name:18} {c.printed!s:21} {c.got!s:21} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)
assert tokens.shape == (2, 197, 768)

# %% [markdown] lang="en"
# ## Backward as a small matrix
# Take two images, two patches and width 1. Five values go in: [CLS] and four patches. Six come out, because both images
# contain [CLS]. A 1 in $J$ says which input goes to which output.

# %% [markdown] lang="ko"
# ## 역전파를 작은 행렬로
# 이미지 2장, 패치 2개, 임베딩 차원 1입니다. [CLS]와 패치 넷, 모두 값 다섯 개가 들어갑니다. [CLS]가 두 이미지에 모두 들어가므로
# 여섯 개가 나옵니다. $J$의 1은 어느 입력이 어느 출력으로 가는지를 나타냅니다.

# %%
J = np.zeros((6, 5))
J[[0, 3], 0] = 1  # [CLS] to row 0 of each image
J[[1, 2, 4, 5], [1, 2, 3, 4]] = 1  # the patches

# %%
plt.matshow(J, cmap="Blues")
plt.xticks(range(5), ["[CLS]", "x¹", "x²", "x¹", "x²"])
plt.yticks(range(6), ["[CLS]", "x¹", "x²"] * 2)
plt.ylabel("image 1      image 0")
plt.show()

# %% [markdown] lang="en"
# Backward multiplies by $J^\top$. The column of [CLS] has two ones, so its gradient is the **sum** of two values. A patch
# receives only its own.

# %% [markdown] lang="ko"
# 역전파는 $J^\top$을 곱하는 일입니다. [CLS]의 열에는 1이 두 개이므로 그래디언트는 둘의 **합**입니다. 패치는 자기 것만 받습니다.

# %%
dz = np.array([1.0, 2.0, 3.0, 10.0, 20.0, 30.0])
J.T @ dz

# %% [markdown] lang="en" tags=["answer"]
# Without the matrix: split at the place of the concatenation, and sum row 0 over the batch.

# %% [markdown] lang="ko" tags=["answer"]
# 행렬 없이 쓰면 이렇습니다. 이어 붙인 곳에서 자르고, 0번 행을 배치에 대해 더합니다.

# %% tags=["answer"]
dz = dz.reshape(2, 3, 1)
dz[:, 1:].reshape(-1), dz[:, 0].sum(axis=0)

# %% tags=["answer"]
assert (J.T @ dz.reshape(-1) == [*dz[:, 0].sum(axis=0), *dz[:, 1:].reshape(-1)]).all()

# %% [markdown] lang="en"
# ## Step 3: forward and backward
# Forward multiplies nothing, so it saves nothing.

# %% [markdown] lang="ko"
# ## 3단계의 순전파와 역전파
# 순전파에 곱셈이 없으므로 저장할 값도 없습니다.


# %% tags=["student"]
def forward(x, p):
    cls = np.broadcast_to(p["cls"], (len(x), 1, x.shape[2]))
    z = np.concatenate([cls, x], axis=1)
    return z, ()


# %% tags=["student"]
def backward(dz, saved):
    dx = dz[:, 1:]
    dcls = dz[:, 0].sum(axis=0)
    return dx, {"cls": dcls}


# %% [markdown] lang="en"
# ## Check the gradient
# We use three images, four patches and width 5.

# %% [markdown] lang="ko"
# ## 그래디언트 검증
# 이미지 3장, 패치 4개, 임베딩 차원 5입니다.

# %%
small_x = rng.standard_normal((3, 4, 5))
small_p = {"cls": rng.standard_normal(5)}
report = gradcheck.check(forward, backward, small_x, small_p)
print(report)

# %%
assert report.ok

# %% [markdown] lang="en"
# ## A common mistake: no sum over the batch
# This mistake is from public code: it returns row 0 without the sum, `dz[:, :1]`. The array has one axis too many, but
# NumPy raises no error.

# %% [markdown] lang="ko"
# ## 흔한 실수: 배치에 대한 합을 빠뜨림
# 공개된 코드에서 실제로 발견되는 실수입니다. 0번 행을 더하지 않고 `dz[:, :1]`을 그대로 돌려줍니다. 축이 하나 많은데도 NumPy는
# 오류를 내지 않습니다.

# %%
dz = rng.standard_normal((3, 5, 5))
wrong = dz[:, :1]
(small_p["cls"] - 0.1 * wrong).shape

# %% [markdown] lang="en"
# After one training step there is a separate [CLS] for each *place in the batch*, and a batch must have 3 images. A
# gradient always has the shape of its parameter. One assert finds the mistake.

# %% [markdown] lang="ko"
# 학습 한 스텝 만에 *배치의 자리마다* [CLS]가 하나씩 생겼습니다. 이제 배치에는 이미지가 꼭 3장이어야 합니다. 그래디언트의
# shape는 언제나 파라미터의 shape와 같아야 합니다. assert 한 줄이면 이 실수를 찾아냅니다.

# %%
_, dp = backward(dz, ())
assert dp["cls"].shape == small_p["cls"].shape != wrong.shape

# %% [markdown] lang="en"
# ## Compare with the library
# Run `vitnp/steps/s3_class_token.py` at the full size.

# %% [markdown] lang="ko"
# ## 라이브러리와 비교
# `vitnp/steps/s3_class_token.py`를 원래 크기로 실행합니다.

# %%
library, library_saved = s3_class_token.forward(x, {"cls": cls})
assert (library == tokens).all()

# %%
dz = rng.standard_normal(tokens.shape)
library_dx, library_dp = s3_class_token.backward(dz, library_saved)
dx, dp = backward(dz, ())
assert (library_dx == dx).all()
assert np.allclose(library_dp["cls"], dp["cls"])

# %% [markdown] lang="en"
# As in the released code, [CLS] starts at 0. This does no harm: step 4 adds a position to it, and its gradient is not 0.

# %% [markdown] lang="ko"
# 공개된 코드와 같이 [CLS]는 0에서 시작합니다. 그래도 괜찮습니다. 4단계에서 위치가 더해지고, 그래디언트도 0이 아니기 때문입니다.

# %%
start = s3_class_token.init(hidden_size=768, dtype=np.float64)["cls"]
np.abs(start).max(), np.abs(dp["cls"]).max()

# %% [markdown] lang="en"
# ## Global average pooling (gap) instead of [CLS]
# Global average pooling has no step 3. The model keeps 196 tokens, and step 8 takes their mean.

# %% [markdown] lang="ko"
# ## [CLS] 대신 모든 토큰의 평균(gap)
# 전역 평균 풀링(global average pooling)에는 3단계가 없습니다. 끝까지 토큰이 196개이고 8단계에서 평균을 냅니다.

# %%
vitnp.preset("B/16").num_tokens, vitnp.preset("B/16", classifier="gap").num_tokens

# %% [markdown] lang="en"
# The forward passes differ little. Compare the gradient at the output of the last block. With [CLS] only one token
# receives a gradient. With gap every token receives the same 1/196.

# %% [markdown] lang="ko"
# 순전파는 별 차이가 없습니다. 마지막 블록의 출력에서 그래디언트를 비교해 봅시다. [CLS]를 쓰면 토큰 하나만 그래디언트를 받고,
# gap을 쓰면 모든 토큰이 똑같이 1/196씩 받습니다.

# %%
dy = np.ones((1, 768))
_, saved_token = s8_classify.forward(x[:1], {}, classifier="token")
_, saved_gap = s8_classify.forward(x[:1], {}, classifier="gap")
d_token, _ = s8_classify.backward(dy, saved_token)
d_gap, _ = s8_classify.backward(dy, saved_gap)

# %%
d_token[0, :3, 0], d_gap[0, :3, 0], 1 / 196

# %%
assert d_token[0, 0, 0] == 1 and not d_token[0, 1:].any()
assert np.allclose(d_gap, 1 / 196)

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ How many tokens does the encoder of ViT-B/16 get at 384×384, including [CLS]?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 384×384 이미지를 넣으면 ViT-B/16의 인코더에 [CLS]를 포함해 토큰이 몇 개 들어갑니까?

# %% tags=["exercise"]
num_tokens = ...

# %% tags=["solution"]
num_tokens = (384 // 16) ** 2 + 1

# %% tags=["check"]
check("03.1", num_tokens)

# %% [markdown] lang="en"
# **2.** ★★ Some ViTs prepend several learned tokens (DeiT has two, others add "registers"). Prepend `extra`, k tokens of
# shape (k, D), to every image of `x` (B, N, D).

# %% [markdown] lang="ko"
# **2.** ★★ 학습되는 토큰을 여러 개 앞에 두는 ViT도 있습니다(DeiT는 두 개, "레지스터"를 더하는 모델도 있습니다). shape가 (k, D)인
# 토큰 k개 `extra`를 `x` (B, N, D)의 모든 이미지 앞에 붙여 보세요.


# %% tags=["exercise"]
def prepend(x, extra):
    return ...


# %% tags=["solution"]
def prepend(x, extra):
    return np.concatenate([np.broadcast_to(extra, (len(x), *extra.shape)), x], axis=1)


# %% tags=["check"]
check("03.2", prepend)

# %% [markdown] lang="en"
# **3.** ★★★ Write its backward pass: from `dz` (B, k+N, D) and `k`, return the pair `dx` (B, N, D), `dextra` (k, D).

# %% [markdown] lang="ko"
# **3.** ★★★ 이제 그 역전파입니다. `dz` (B, k+N, D)와 `k`를 받아 `dx` (B, N, D), `dextra` (k, D) 둘을 돌려주면 됩니다.


# %% tags=["exercise"]
def prepend_backward(dz, k):
    return ...


# %% tags=["solution"]
def prepend_backward(dz, k):
    return dz[:, k:], dz[:, :k].sum(axis=0)


# %% tags=["check"]
check("03.3", prepend_backward)

# %% [markdown] lang="en"
# **Explain.** [CLS] starts as the same vector for every image. How can its output be different for each image?

# %% [markdown] lang="ko"
# **설명해 보세요.** [CLS]는 모든 이미지에서 같은 벡터로 시작합니다. 그런데 어떻게 출력은 이미지마다 다릅니까?

# %% [markdown] lang="en" tags=["solution"]
# In every block [CLS] compares its query with the keys of all patches. The attention weights then give a weighted sum of
# their values, which is added to [CLS]. Keys and values depend on the image, so this sum does too. Without attention the
# output would be the same for every image. All images share the initial vector, so its gradient is a sum over the batch.

# %% [markdown] lang="ko" tags=["solution"]
# 블록마다 [CLS]는 자신의 쿼리를 모든 패치의 키와 비교하고, 그 어텐션 가중치로 패치들의 값(V)을 가중합합니다. 키와 값이 이미지에
# 따라 달라지므로 [CLS]에 더해지는 벡터도 달라집니다. 어텐션이 없다면 출력은 모든 이미지에서 같을 것입니다. 초기 벡터는 모든
# 이미지가 함께 쓰므로 그 그래디언트는 배치 전체의 합입니다.
