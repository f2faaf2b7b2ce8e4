# %% [markdown] lang="en"
# # 3 · One token more: [CLS]
# **3단계: [CLS] 토큰 추가** · *Step 3: add the [CLS] token*
#
# Deck 003, step 3 · file `vitnp/steps/s3_class_token.py` · **10 minutes** · [solutions](solutions/03_class_token.ipynb)
#
# After this notebook you can
# - say why a token is added that shows no part of the image,
# - write the step with a broadcast and a concatenation, and its backward,
# - say why the gradient of one shared vector is a sum over the batch, and what happens if it is not,
# - compare with the mean of all tokens (gap), which does without.

# %% [markdown] lang="ko"
# # 3 · 토큰 하나 더: [CLS]
# **3단계: [CLS] 토큰 추가** · *Step 3: add the [CLS] token*
#
# 강의자료 003, 3단계 · 파일 `vitnp/steps/s3_class_token.py` · **10분** · [풀이](../solutions/ko/03_class_token.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 이미지의 어느 부분도 아닌 토큰을 왜 추가하는지 설명한다.
# - 브로드캐스트와 이어 붙이기로 순전파를 쓰고, 그 역전파를 쓴다.
# - 함께 쓰는 벡터 하나의 기울기가 왜 배치에 대한 합인지, 더하지 않으면 어떻게 되는지 설명한다.
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
# ## Who speaks for the image?
# 196 tokens go in, 196 come out, and the question is one: what is in the picture? Say one patch in eight shows the cat
# (1), the others do not (0). The simplest answer is the mean, in which the cat almost disappears.

# %% [markdown] lang="ko"
# ## 누가 이미지를 대표할까?
# 토큰 196개가 들어가서 196개가 나옵니다. 그런데 질문은 하나, 무엇이 찍혀 있느냐입니다. 패치 여덟 개 가운데 하나에만 고양이가
# 있다고 합시다(1, 나머지는 0). 가장 쉬운 답은 평균인데, 고양이가 거의 사라집니다.

# %%
cat = np.array([0.0, 0, 0, 1, 0, 0, 0, 0])
cat.mean()

# %% [markdown] lang="en"
# Give the question a token of its own. It belongs to no patch, and in every attention it may *choose* where to look.
# Here it gives a cat a score of 5, the rest 0.

# %% [markdown] lang="ko"
# 이 질문만 맡는 토큰을 하나 둡시다. 어느 패치에도 속하지 않고, 어텐션을 할 때마다 어디를 볼지 *고를* 수 있습니다. 여기서는
# 고양이에 스코어 5를, 나머지에 0을 줍니다.


# %%
def softmax(s):
    e = np.exp(s - s.max())
    return e / e.sum()


# %%
softmax(5 * cat) @ cat

# %% [markdown] lang="en"
# The more patches, the smaller the cat's part in the mean. With attention it stays large much longer.

# %% [markdown] lang="ko"
# 패치가 많을수록 평균에서 고양이의 몫은 작아집니다. 어텐션으로 고르면 훨씬 천천히 줄어듭니다.

# %%
N = np.arange(1, 197)
plt.plot(N, np.exp(5) / (np.exp(5) + N - 1), linewidth=3, label="chosen (score 5)")
plt.plot(N, 1 / N, "--", linewidth=3, label="mean")
plt.xlabel("patches, one of them a cat")
plt.ylabel("how much cat")
plt.legend()
plt.show()

# %% [markdown] lang="en"
# It is not the only way. The patches, too, attend to each other in twelve blocks before a mean is taken, and the paper
# found the mean as good once its learning rate was right (its Fig. 9: 8e-4 with [CLS], 3e-4 with the mean). The token was
# kept to stay close to the Transformer for text, where BERT has it.

# %% [markdown] lang="ko"
# 유일한 방법은 아닙니다. 평균을 내기 전에 패치들도 블록 열두 개에서 서로를 봅니다. 논문에 따르면 학습률만 맞추면 평균도 똑같이
# 좋습니다(논문 Fig. 9: [CLS]는 8e-4, 평균은 3e-4). 그래도 클래스 토큰을 쓴 것은 BERT 같은 텍스트용 Transformer와 구조를
# 되도록 같게 두기 위해서였습니다.

# %% [markdown] lang="en"
# ## 토큰과 같은 차원(D)을 가진다 · the same width as the tokens
# At the size of the slide, two images. The new token is *one* vector of 768 learned values, no part of any image.

# %% [markdown] lang="ko"
# ## 3단계: 토큰과 같은 차원(D)을 가진다
# 슬라이드의 크기로, 이미지는 2장입니다. 새 토큰은 학습되는 값 768개로 된 벡터 *하나*입니다. 이미지에서 오지 않습니다.

# %%
rng = np.random.default_rng(0)
x = rng.standard_normal((2, 196, 768))  # what step 2 gives
cls = rng.standard_normal(768)

# %% [markdown] lang="en" tags=["answer"]
# Every image gets the same one. A broadcast copies nothing: moving on to the next image moves 0 bytes in memory.

# %% [markdown] lang="ko" tags=["answer"]
# 모든 이미지가 같은 벡터를 받습니다. 브로드캐스트는 복사하지 않습니다. 다음 이미지로 넘어가도 메모리에서는 0바이트를 움직입니다.

# %% tags=["answer"]
cls_of_each = np.broadcast_to(cls, (2, 1, 768))
cls_of_each.shape, cls_of_each.strides

# %% [markdown] lang="en"
# ## [CLS] 토큰 추가 · prepend it
# Axis 1 is the tokens. (Axis 0 would add an image, axis 2 would widen the tokens.)

# %% [markdown] lang="ko"
# ## 3단계: [CLS] 토큰 추가
# 축 1이 토큰입니다. (축 0이면 이미지가 늘어나고, 축 2면 토큰의 차원이 늘어납니다.)

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
# Row 0 is [CLS] in both images, the patches follow. Patch 0 is now token 1.

# %% [markdown] lang="ko"
# 두 이미지 모두 0번 행이 [CLS]이고 그 뒤에 패치가 이어집니다. 이제 0번 패치는 1번 토큰입니다.

# %%
assert (tokens[0, 0] == cls).all() and (tokens[1, 0] == cls).all()
assert (tokens[:, 1:] == x).all()

# %% [markdown] lang="en"
# ## Equal at the start, different after one attention
# As it goes in, [CLS] knows nothing of the image: it is the same for both. One attention later it is not.

# %% [markdown] lang="ko"
# ## 처음에는 같고, 어텐션 한 번이면 달라집니다
# 들어갈 때의 [CLS]는 이미지를 전혀 모릅니다. 두 이미지에서 똑같습니다. 어텐션을 한 번 지나면 달라집니다.

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
# ## Backward, so small that it is a matrix
# Two images, two patches, width 1. Five numbers go in: [CLS] and four patches. Six come out, as [CLS] stands in both
# images. A 1 in $J$ says which goes where.

# %% [markdown] lang="ko"
# ## 역전파: 행렬로 쓸 만큼 작게
# 이미지 2장, 패치 2개, 임베딩 차원 1입니다. [CLS]와 패치 넷, 값 다섯 개가 들어갑니다. [CLS]가 두 이미지에 모두 들어가므로 여섯 개가
# 나옵니다. $J$의 1은 무엇이 어디로 가는지를 나타냅니다.

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
# Backward is $J^\top$. The column of [CLS] has two ones, so its gradient is the **sum** of two; a patch gets its own.

# %% [markdown] lang="ko"
# 역전파는 $J^\top$을 곱하는 일입니다. [CLS]의 열에는 1이 두 개이므로 기울기는 둘의 **합**입니다. 패치는 자기 것만 받습니다.

# %%
dz = np.array([1.0, 2.0, 3.0, 10.0, 20.0, 30.0])
J.T @ dz

# %% [markdown] lang="en" tags=["answer"]
# Without the matrix: cut where we joined, and add row 0 over the batch.

# %% [markdown] lang="ko" tags=["answer"]
# 행렬 없이 쓰면 이렇습니다. 이어 붙인 곳에서 자르고, 0번 행을 배치에 대해 더합니다.

# %% tags=["answer"]
dz = dz.reshape(2, 3, 1)
dz[:, 1:].reshape(-1), dz[:, 0].sum(axis=0)

# %% tags=["answer"]
assert (J.T @ dz.reshape(-1) == [*dz[:, 0].sum(axis=0), *dz[:, 1:].reshape(-1)]).all()

# %% [markdown] lang="en"
# ## All of step 3
# Forward remembers nothing: nothing was multiplied.

# %% [markdown] lang="ko"
# ## 3단계 전체
# 곱한 것이 없으므로 순전파는 아무것도 기억하지 않습니다.


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
# Three images, four patches, width 5.

# %% [markdown] lang="ko"
# ## 기울기 검증
# 이미지 3장, 패치 4개, 임베딩 차원 5입니다.

# %%
small_x = rng.standard_normal((3, 4, 5))
small_p = {"cls": rng.standard_normal(5)}
report = gradcheck.check(forward, backward, small_x, small_p)
print(report)

# %%
assert report.ok

# %% [markdown] lang="en"
# ## Forget the sum, and there are three tokens
# A mistake from public code: pass row 0 on as it is, `dz[:, :1]`. It has an axis too many, and NumPy does not object.

# %% [markdown] lang="ko"
# ## 더하지 않으면 토큰이 세 개가 됩니다
# 공개된 코드에서 실제로 발견되는 실수입니다. 0번 행을 더하지 않고 `dz[:, :1]` 그대로 넘깁니다. 축이 하나 많은데도 NumPy는
# 아무 말이 없습니다.

# %%
dz = rng.standard_normal((3, 5, 5))
wrong = dz[:, :1]
(small_p["cls"] - 0.1 * wrong).shape

# %% [markdown] lang="en"
# After one step of training there is a [CLS] for each *place in the batch*: 3 images at a time is now a must. A gradient
# has the shape of its parameter, always: that one assert finds it.

# %% [markdown] lang="ko"
# 학습 한 스텝 만에 *배치의 자리마다* [CLS]가 하나씩 생겼습니다. 이제 이미지를 꼭 3장씩 넣어야 합니다. 기울기의 shape는 언제나
# 파라미터의 shape와 같아야 합니다. 이 assert 한 줄이면 잡아냅니다.

# %%
_, dp = backward(dz, ())
assert dp["cls"].shape == small_p["cls"].shape != wrong.shape

# %% [markdown] lang="en"
# ## The library's file
# `vitnp/steps/s3_class_token.py`, at the full size.

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
# As in the released code it starts at 0. That is no harm: step 4 adds a position to it, and its gradient is not 0.

# %% [markdown] lang="ko"
# 공개된 코드와 같이 0에서 시작합니다. 그래도 괜찮습니다. 4단계에서 위치가 더해지고, 기울기도 0이 아니기 때문입니다.

# %%
start = s3_class_token.init(hidden_size=768, dtype=np.float64)["cls"]
np.abs(start).max(), np.abs(dp["cls"]).max()

# %% [markdown] lang="en"
# ## The other way: the mean of all tokens (gap)
# Global average pooling has no step 3: 196 tokens all the way, and step 8 takes their mean.

# %% [markdown] lang="ko"
# ## 다른 방법: 모든 토큰의 평균(gap)
# 전역 평균 풀링(global average pooling)에는 3단계가 없습니다. 끝까지 토큰이 196개이고 8단계에서 평균을 냅니다.

# %%
vitnp.preset("B/16").num_tokens, vitnp.preset("B/16", classifier="gap").num_tokens

# %% [markdown] lang="en"
# Forward they differ little. Look at the gradient that enters the last block from above: with [CLS] all of it comes
# through one token, with gap every token gets the same 1/196.

# %% [markdown] lang="ko"
# 순전파는 별 차이가 없습니다. 위에서 마지막 블록으로 들어오는 기울기를 봅시다. [CLS]를 쓰면 전부 토큰 하나로 들어오고, gap을
# 쓰면 모든 토큰이 똑같이 1/196씩 받습니다.

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
# **1.** ★ How many tokens does the encoder of ViT-B/16 see at 384×384, with [CLS]?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 384×384 이미지를 넣으면 ViT-B/16의 인코더는 [CLS]를 포함해 토큰 몇 개를 봅니까?

# %% tags=["exercise"]
num_tokens = ...

# %% tags=["solution"]
num_tokens = (384 // 16) ** 2 + 1

# %% tags=["check"]
check("03.1", num_tokens)

# %% [markdown] lang="en"
# **2.** ★★ Some ViTs put several learned tokens in front (DeiT has two, others add "registers"). Prepend `extra`, k tokens of
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
# **3.** ★★★ And its backward: from `dz` (B, k+N, D) and `k` to the pair `dx` (B, N, D), `dextra` (k, D).

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
# In every block [CLS] compares its query with the keys of all patches, and adds up their values by these attention weights.
# Keys and values depend on the image, so what is added to [CLS] does too. Without attention its output would be the same for
# every image. Its own vector was used in every image, so its gradient is a sum over the batch.

# %% [markdown] lang="ko" tags=["solution"]
# 블록마다 [CLS]는 자신의 쿼리를 모든 패치의 키와 비교하고, 그 어텐션 가중치로 패치의 값을 더합니다. 키와 값이 이미지에 따라
# 달라지므로 [CLS]에 더해지는 벡터도 달라집니다. 어텐션이 없다면 출력은 모든 이미지에서 같을 것입니다. 시작 벡터는 모든 이미지에서
# 쓰였으므로 그 기울기는 배치 전체의 합입니다.
