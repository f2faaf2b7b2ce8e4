# %% [markdown] lang="en"
# # 5 · Attention
# **5단계: Q, K, V 생성 → 헤드 분할 → Attention Score 계산 → Softmax 후 V 곱 → 헤드 결합 → 최종 선형 투영** ·
# *Step 5: make Q, K, V; split the heads; the attention scores; softmax, then times V; concatenate; the final projection*
#
# Deck 003, step 5 · file `vitnp/steps/s5_attention.py` · **30 minutes to show, 45 with the exercises** · [solutions](solutions/05_attention.ipynb)
#
# After this notebook you can
# - write multi-head self-attention, forward and backward, and follow all of its shapes,
# - say which axis the softmax runs over, and why the scores are divided by √d_k,
# - write the Jacobian of the softmax, and the one line of code that replaces it,
# - write attention in its general form, and show that the slide's is a special case,
# - find the most common mistake.

# %% [markdown] lang="ko"
# # 5 · 어텐션
# **5단계: Q, K, V 생성 → 헤드 분할 → Attention Score 계산 → Softmax 후 V 곱 → 헤드 결합 → 최종 선형 투영** ·
# *Step 5: make Q, K, V; split the heads; the attention scores; softmax, then times V; concatenate; the final projection*
#
# 강의자료 003, 5단계 · 파일 `vitnp/steps/s5_attention.py` · **시연 30분, 실습 포함 45분** · [풀이](../solutions/ko/05_attention.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 멀티헤드 셀프 어텐션의 순전파와 역전파를 쓰고 모든 shape를 따라간다.
# - softmax를 어느 축으로 취하는지, 스코어를 왜 √d_k로 나누는지 설명한다.
# - softmax의 야코비안과, 그것을 대신하는 코드 한 줄을 쓴다.
# - 어텐션을 일반식으로 쓰고, 슬라이드의 어텐션이 그 특수한 경우임을 보인다.
# - 여기서 가장 흔한 실수를 찾아낸다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck, show
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.data import photo
from vitnp.steps import s1_patchify, s5_attention

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## Which patches are similar?
# We start without any learning: how similar are two patches? Multiply them value by value and take the mean.

# %% [markdown] lang="ko"
# ## 어느 패치끼리 비슷할까?
# 학습하기 전에, 두 패치가 얼마나 비슷한지부터 봅시다. 값끼리 곱해서 평균을 냅니다.

# %%
image = photo.sample((224, 224))
patches = s1_patchify.forward(image[None], patch_size=16)[0][0]
x = (patches - patches.mean()) / patches.std()
similarity = x @ x.T / 768
similarity.shape

# %% [markdown] lang="en"
# One row of this table compares one patch with all patches. Patch 20 is sky; patch 101 is part of the pagoda.

# %% [markdown] lang="ko"
# 이 표의 행 하나는 패치 하나를 모든 패치와 비교한 것입니다. 20번 패치는 하늘, 101번 패치는 누각입니다.

# %%
figure, axes = plt.subplots(1, 3, layout="constrained")
axes[0].imshow(image)
for ax, query in zip(axes[1:], (20, 101)):
    ax.imshow(similarity[query].reshape(14, 14))
    ax.plot(query % 14, query // 14, "*w", markeredgecolor="black", markersize=18)
    ax.set_title(f"patch {query}")
for ax in axes:
    ax.axis("off")

# %% [markdown] lang="en"
# The sky patch is similar to sky, the pagoda patch to the pagoda, at any distance. Attention is based on this product of
# all pairs. The model only learns *what* to compare: the **query** q of one token with the **key** k of another.

# %% [markdown] lang="ko"
# 하늘 패치는 하늘과, 누각 패치는 누각과 비슷합니다. 거리는 상관없습니다. 이렇게 모든 쌍을 곱하는 것이 어텐션의 핵심입니다.
# 학습은 *무엇을* 비교할지만 정합니다. 각 토큰은 **쿼리** q로 질문하고, 자신을 찾는 질문에는 **키** k로 응답합니다.

# %% [markdown] lang="en"
# ## Attention with three tokens
# Attention is three lines: the scores, a softmax over each row, and a weighted mean of the values.

# %% [markdown] lang="ko"
# ## 토큰 세 개로 보는 어텐션
# 어텐션은 세 줄이면 됩니다. 스코어를 구하고, 행마다 softmax를 취하고, 값(V)을 가중 평균합니다.


# %% tags=["student"]
def softmax(S):
    e = np.exp(S - S.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# %%
q = np.array([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
k = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
v = np.array([[1.0], [10.0], [100.0]])

# %%
q @ k.T

# %%
A = softmax(q @ k.T)
A

# %% [markdown] lang="en"
# The query of token 0 matches key 0, so token 0 mostly gets value 0. The query of token 2 is 0, so token 2 gets the mean
# of all values.

# %% [markdown] lang="ko"
# 0번 토큰의 쿼리는 0번 키와 가장 잘 맞으므로, 0번 토큰은 주로 0번 값을 얻습니다. 2번 토큰은 쿼리가 0이므로 모든 값의 평균을
# 얻습니다.

# %%
A @ v

# %% [markdown] lang="en"
# ## 5단계: Q, K, V 생성 · make Q, K, V
# Now use the size of the slide: 197 tokens of width 768. Three dense layers read the same tokens.

# %% [markdown] lang="ko"
# ## 5단계: Transformer Encoder Layer - Q, K, V 생성
# 이제 슬라이드의 크기를 씁니다. 768차원 토큰 197개입니다. 선형 변환 세 개가 같은 토큰을 입력으로 받습니다.

# %%
rng = np.random.default_rng(0)
x = rng.standard_normal((1, 197, 768))
p = s5_attention.init(rng, hidden_size=768, dtype=np.float64)
p["W_Q"].shape, p["b_Q"].shape

# %% tags=["answer"]
Q = x @ p["W_Q"] + p["b_Q"]
K = x @ p["W_K"] + p["b_K"]
V = x @ p["W_V"] + p["b_V"]
Q.shape, K.shape, V.shape

# %% [markdown] lang="en" tags=["try"]
# You write these three lines in `forward` below. Until then, step 2 of the library serves as the dense layer.

# %% [markdown] lang="ko" tags=["try"]
# 이 세 줄은 아래의 `forward`에서 직접 씁니다. 그때까지는 라이브러리의 2단계를 선형 변환으로 씁니다.

# %% tags=["try"]
from vitnp.steps import s2_project

dense = lambda x, n: s2_project.forward(x, {"W": p[f"W_{n}"], "b": p[f"b_{n}"]})[0]
Q, K, V = (dense(x, n) for n in "QKV")
Q.shape, K.shape, V.shape

# %% [markdown] lang="en"
# ## 헤드 분할 - 헤드가 12개이기 때문에 768차원을 64차원으로 분할 · 12 heads of width 64
# Twelve heads work at once, each with 64 of the 768 columns. The heads become a separate axis, before the tokens.

# %% [markdown] lang="ko"
# ## 5단계: 헤드 분할 - 헤드가 12개이기 때문에 768차원을 64차원으로 분할
# 헤드 열두 개가 동시에 계산하고, 헤드마다 768열 가운데 64열을 씁니다. 헤드는 토큰 축 앞의 별도 축이 됩니다.


# %% tags=["student"]
def split(x, num_heads):
    B, N, D = x.shape
    heads = x.reshape(B, N, num_heads, D // num_heads)
    return heads.swapaxes(1, 2)


# %%
Q_heads, K_heads, V_heads = split(Q, 12), split(K, 12), split(V, 12)
Q_heads.shape

# %% [markdown] lang="en"
# The split computes nothing: head 3 is columns 192 to 255.

# %% [markdown] lang="ko"
# 분할에는 계산이 없습니다. 3번 헤드는 192열부터 255열까지입니다.

# %%
assert (Q_heads[0, 3] == Q[0, :, 192:256]).all()

# %% [markdown] lang="en"
# ## Attention Score 계산 - 각 헤드별로 계산 · attention scores per head
# $$S^{(i)} = \frac{Q^{(i)} (K^{(i)})^\top}{\sqrt{d_k}} \in \mathbb{R}^{197\times197}$$
# Each row is a query, each column a key. The slide calls the root "√모델 차원(64)", but 64 is $d_k$, the width of one
# head. The model's width is 768.

# %% [markdown] lang="ko"
# ## 5단계: Attention Score 계산 - 각 헤드별로 계산
# $$S^{(i)} = \frac{Q^{(i)} (K^{(i)})^\top}{\sqrt{d_k}} \in \mathbb{R}^{197\times197}$$
# 행은 쿼리(질문하는 토큰), 열은 키(참조되는 토큰)입니다. 슬라이드에는 "√모델 차원(64)"이라고 되어 있지만, 64는 헤드 하나의 차원
# $d_k$이고, 모델 차원은 768입니다.

# %% tags=["answer"]
S = Q_heads @ K_heads.swapaxes(-1, -2) / np.sqrt(64)
S.shape

# %% [markdown] lang="en" tags=["try"]
# You also write this line in `forward`. Here S comes from the library's A: the logarithm inverts the softmax up to one
# constant per row. This constant does not change the softmax.

# %% [markdown] lang="ko" tags=["try"]
# 이 줄도 `forward`에서 직접 씁니다. 여기서는 라이브러리의 A로 S를 구합니다. 로그를 취하면 softmax를 되돌릴 수 있습니다. 행마다
# 상수 하나만큼 다를 수 있지만 softmax의 결과는 같습니다.

# %% tags=["try"]
_, library_saved = s5_attention.forward(x, p, num_heads=12)
S = np.log(library_saved.A)
S.shape

# %% [markdown] lang="en"
# ## Why divide by √d_k?
# A score is a sum of $d_k$ products. If queries and keys have variance 1, each product has variance 1, and the sum has
# variance $d_k$. We measure it:

# %% [markdown] lang="ko"
# ## 왜 √d_k로 나눌까?
# 스코어는 곱 $d_k$개의 합입니다. 쿼리와 키의 분산이 1이면 곱 하나의 분산이 1이고, 합의 분산은 $d_k$입니다. 직접 재 봅시다.

# %%
for d in (4, 16, 64, 256):
    queries, keys = rng.standard_normal((2, 10_000, d))
    scores = (queries * keys).sum(axis=1)
    print(f"d_k {d:3}   spread of q·k {scores.std():5.2f}   √d_k {np.sqrt(d):5.2f}")

# %% [markdown] lang="en"
# With large scores the softmax puts almost all weight on one key. After the division this does not depend on the width.

# %% [markdown] lang="ko"
# 스코어가 크면 softmax가 거의 모든 가중치를 키 하나에 줍니다. √d_k로 나누면 차원이 커져도 그렇게 되지 않습니다.

# %%
widths = 4 ** np.arange(1, 6)
rows = [rng.standard_normal((500, 197)) * np.sqrt(d) for d in widths]
peak = lambda scores: softmax(scores).max(axis=1).mean()
scaled = [peak(row / np.sqrt(d)) for row, d in zip(rows, widths)]

# %%
plt.semilogx(widths, [peak(row) for row in rows], "o-", label="q·k")
plt.semilogx(widths, scaled, "s--", label="q·k / √d_k")
plt.xlabel("d_k")
plt.ylabel("largest weight")
plt.legend()
plt.show()

# %% [markdown] lang="en"
# Such a softmax hardly learns. Its derivative at a weight $a$ is $a(1-a)$, which is close to 0 when $a$ is close to 0 or 1.

# %% [markdown] lang="ko"
# 이런 softmax는 거의 학습되지 않습니다. 가중치가 $a$일 때 softmax의 미분값은 $a(1-a)$인데, $a$가 0이나 1에 가까우면 거의 0이
# 됩니다.

# %%
slope = lambda A: (A * (1 - A)).mean()
slope(softmax(rows[2])), slope(softmax(rows[2] / 8))

# %% [markdown] lang="en"
# ## Softmax(Attention Score) 계산 후 V 곱 · softmax, then times V
# The softmax runs over the last axis, the keys, so the weights of each query sum to 1. (The slide's formula omits the
# softmax; its caption has it.)

# %% [markdown] lang="ko"
# ## 5단계: Softmax(Attention Score) 계산 후 V 곱 - 각 헤드별로 계산
# softmax는 마지막 축, 곧 키 방향으로 취합니다. 그래서 쿼리마다 가중치의 합이 1입니다. (슬라이드의 식에는 softmax가 빠져 있지만
# 제목에는 있습니다.)

# %%
A = softmax(S)
A.sum(axis=-1)

# %% [markdown] lang="en"
# The columns need not sum to 1: some tokens receive more attention than others.

# %% [markdown] lang="ko"
# 열의 합은 1이 아니어도 됩니다. 어텐션을 더 많이 받는 토큰이 있기 때문입니다.

# %%
A.sum(axis=-2)[0, 0, :6]

# %% tags=["answer"]
O = A @ V_heads
O.shape

# %% [markdown] lang="en"
# So far the weights are random. This picture shows a row of $S$ and of $A$ of a **trained** model, DINOv2's ViT-S/14. The
# query is a patch on one eye of a cat. Head 1 gives 46% and 48% of its weight to the two eyes, which are nine columns
# apart. (We chose block 7 of 12 and the heads by looking at the pictures. The weights are under Apache-2.0;
# docs/pictures/README.md has the command.)

# %% [markdown] lang="ko"
# 여기까지는 가중치가 난수였습니다. 이번에는 **학습된** 모델인 DINOv2의 ViT-S/14에서 $S$와 $A$의 한 행을 봅니다. 쿼리는 고양이의
# 한쪽 눈에 있는 패치입니다. 1번 헤드는 아홉 열 떨어진 두 눈에 가중치의 46%와 48%를 줍니다. (블록 12개 가운데 7번째 블록과
# 헤드는 그림을 보고 골랐습니다. 가중치의 라이선스는 Apache-2.0이고, 명령은 docs/pictures/README.md에 있습니다.)

# %%
show.trained("query")

# %% [markdown] lang="en"
# ## 헤드 결합, 최종 선형 투영 · concatenate, and project
# The heads are concatenated, and one more dense layer follows. Only $W_O$ mixes the heads; without it they would stay
# separate.

# %% [markdown] lang="ko"
# ## 5단계: 헤드 결합, 최종 선형 투영
# 헤드를 다시 옆으로 이어 붙이고 선형 변환을 한 번 더 합니다. 헤드끼리 섞이는 곳은 여기뿐입니다. $W_O$가 없으면 헤드는 서로
# 섞이지 않습니다.


# %% tags=["student"]
def merge(x):
    B, H, N, K = x.shape
    tokens = x.swapaxes(1, 2)
    return tokens.reshape(B, N, H * K)


# %% tags=["answer"]
concat = merge(O)
y = concat @ p["W_O"] + p["b_O"]
concat.shape, y.shape

# %% tags=["try"]
O = split(library_saved.concat, 12)  # the library's
concat, y = merge(O), dense(merge(O), "O")
O.shape, concat.shape, y.shape

# %% [markdown] lang="en"
# ## The shapes on the slides
# The slide is on the left; our arrays, with an axis for the heads, are on the right. The slide has one misprint: 97x64
# should be 197x64.

# %% [markdown] lang="ko"
# ## 슬라이드의 shape와 비교
# 왼쪽이 슬라이드, 오른쪽이 우리 배열입니다. 우리 배열에는 헤드 축이 있습니다. 슬라이드의 97x64는 197x64의 오타입니다.

# %%
ours = {"Q": Q, "K": K, "V": V, "Q_heads": Q_heads, "K_heads": K_heads, "V_heads": V_heads}
ours |= {"S": S, "A": A, "O": O, "concat": concat, "output": y}
shapes = {f"blocks.0.attention.{name}": tensor.shape for name, tensor in ours.items()}

# %%
config = vitnp.preset("B/16", num_layers=1)
checked = [c for c in slides.check(shapes, config) if c.row.step == 5]
for c in checked:
    print(f"{c.tensor.slide_name:18} {c.printed!s:21} {c.got!s:21} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)
assert y.shape == x.shape == (1, 197, 768)

# %% [markdown] lang="en"
# ## Backward: the softmax of one row
# We start with the hardest part. In $a = \mathrm{softmax}(s)$ every $a_i$ depends on every $s_j$, because of the sum in
# the denominator.
# $$J_{ij} = \frac{\partial a_i}{\partial s_j} = a_i(\delta_{ij} - a_j), \qquad J = \mathrm{diag}(a) - a\,a^\top$$

# %% [markdown] lang="ko"
# ## 역전파: softmax 한 행
# 가장 어려운 부분부터 합니다. $a = \mathrm{softmax}(s)$에서는 분모의 합 때문에 모든 $a_i$가 모든 $s_j$에 의존합니다.
# $$J_{ij} = \frac{\partial a_i}{\partial s_j} = a_i(\delta_{ij} - a_j), \qquad J = \mathrm{diag}(a) - a\,a^\top$$

# %%
a = softmax(np.array([2.0, 1.0, 0.0]))
J = np.diag(a) - np.outer(a, a)
J

# %% [markdown] lang="en"
# Every row of $J$ sums to 0: adding the same number to all scores changes nothing. Now compute the gradient of the scores
# with the whole matrix.

# %% [markdown] lang="ko"
# $J$의 각 행은 합이 0입니다. 모든 스코어에 같은 값을 더해도 결과가 변하지 않기 때문입니다. 이제 행렬 전체를 써서 스코어의
# 그래디언트를 구합니다.

# %%
da = np.array([1.0, -2.0, 0.5])
J.T @ da

# %% [markdown] lang="en"
# Multiplying out removes the matrix: $ds_j = a_j\,\bigl(da_j - \sum_i da_i\,a_i\bigr)$. For 197 keys this needs 197 values
# instead of 38,809.

# %% [markdown] lang="ko"
# 곱을 전개하면 행렬이 필요 없어집니다. $ds_j = a_j\,\bigl(da_j - \sum_i da_i\,a_i\bigr)$입니다. 키가 197개이면 값 38,809개 대신
# 197개만 있으면 됩니다.


# %% tags=["student"]
def softmax_backward(dA, A):
    common = (dA * A).sum(axis=-1, keepdims=True)
    return A * (dA - common)


# %%
assert np.allclose(softmax_backward(da, a), J.T @ da)

# %% [markdown] lang="en"
# The most common mistake keeps only the diagonal, $a(1-a)$, as if each weight depended only on its own score. The shape is
# right and the loss may even fall. The gradient check finds the mistake.

# %% [markdown] lang="ko"
# 가장 흔한 실수는 대각 성분 $a(1-a)$만 남기는 것입니다. 각 가중치가 자기 스코어에만 의존한다고 착각한 것입니다. shape도 맞고
# 손실이 줄기도 합니다. 하지만 그래디언트 검증은 이 실수를 찾아냅니다.

# %%
forward_row = lambda s: (softmax(s), softmax(s))
only_diagonal = lambda da, a: a * (1 - a) * da
scores = rng.standard_normal((2, 3))

# %%
print(gradcheck.check(forward_row, only_diagonal, scores))
assert not gradcheck.check(forward_row, only_diagonal, scores).ok

# %%
print(gradcheck.check(forward_row, softmax_backward, scores))
assert gradcheck.check(forward_row, softmax_backward, scores).ok

# %% [markdown] lang="en"
# ## Backward: the matrix products
# There are two matrix products, and each needs the gradients of both factors. From $O = AV$: $\;dA = dO\,V^\top$ and $dV =
# A^\top dO$.
#
# The shapes determine the formulas: multiply by the other factor, transposed so that the shapes match.

# %% [markdown] lang="ko"
# ## 역전파: 행렬 곱
# 행렬 곱이 두 번 있고, 각각 두 인수의 그래디언트를 구합니다. $O = AV$에서 $dA = dO\,V^\top$, $dV = A^\top dO$입니다.
#
# 식은 shape만으로 정해집니다. 다른 인수를 곱하되 shape가 맞도록 전치하면 됩니다.

# %% tags=["answer"]
dO = rng.standard_normal(O.shape)
dA = dO @ V_heads.swapaxes(-1, -2)
dV = A.swapaxes(-1, -2) @ dO
assert dA.shape == A.shape and dV.shape == V_heads.shape

# %% [markdown] lang="en"
# From $S = QK^\top/\sqrt{d_k}$: $\;dQ = dS\,K/\sqrt{d_k}$ and $dK = dS^\top Q/\sqrt{d_k}$. Both keep the factor
# $1/\sqrt{d_k}$.

# %% [markdown] lang="ko"
# $S = QK^\top/\sqrt{d_k}$에서 $dQ = dS\,K/\sqrt{d_k}$, $dK = dS^\top Q/\sqrt{d_k}$입니다. 양쪽 모두에 $1/\sqrt{d_k}$이
# 남습니다.

# %% tags=["answer"]
dS = softmax_backward(dA, A)
dQ = dS @ K_heads / np.sqrt(64)
dK = dS.swapaxes(-1, -2) @ Q_heads / np.sqrt(64)
assert dQ.shape == dK.shape == (1, 12, 197, 64)

# %% [markdown] lang="en"
# ## Step 5: forward and backward
# One function collects the lines above.

# %% [markdown] lang="ko"
# ## 5단계의 순전파와 역전파
# 위의 계산을 함수 하나로 모읍니다.


# %% tags=["student"]
def forward(x, p, *, num_heads):
    Q = split(x @ p["W_Q"] + p["b_Q"], num_heads)
    K = split(x @ p["W_K"] + p["b_K"], num_heads)
    V = split(x @ p["W_V"] + p["b_V"], num_heads)
    S = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
    A = softmax(S)
    concat = merge(A @ V)
    y = concat @ p["W_O"] + p["b_O"]
    return y, (x, p, Q, K, V, A, concat)


# %% [markdown] lang="en"
# We need the backward pass of a dense layer four times. It returns the gradients of the input, the weights and the bias.
# The last two are sums over the batch and the tokens.

# %% [markdown] lang="ko"
# 선형 변환의 역전파는 네 번 필요합니다. 입력, 가중치, 편향의 그래디언트를 구합니다. 뒤의 둘은 배치와 토큰에 대한 합입니다.


# %% tags=["student"]
def dense_backward(dy, x, W):
    dW = x.reshape(-1, x.shape[-1]).T @ dy.reshape(-1, dy.shape[-1])
    db = dy.sum(axis=(0, 1))
    return dy @ W.T, dW, db


# %% [markdown] lang="en"
# Backward starts with the last line. Forward used `x` three times, for Q, K and V, so `x` receives three gradients, and
# they **add up**.

# %% [markdown] lang="ko"
# 역전파는 마지막 줄부터 거꾸로 갑니다. 순전파에서 `x`를 Q, K, V에 세 번 썼으므로 `x`는 그래디언트 세 개를 받고, 이들은
# **더해집니다**.


# %% tags=["student"]
def backward(dy, saved):
    x, p, Q, K, V, A, concat = saved
    num_heads, d_k = Q.shape[1], Q.shape[3]
    dconcat, dW_O, db_O = dense_backward(dy, concat, p["W_O"])
    dO = split(dconcat, num_heads)
    dA = dO @ V.swapaxes(-1, -2)
    dV = A.swapaxes(-1, -2) @ dO
    dS = softmax_backward(dA, A) / np.sqrt(d_k)
    dQ = dS @ K
    dK = dS.swapaxes(-1, -2) @ Q
    dx_Q, dW_Q, db_Q = dense_backward(merge(dQ), x, p["W_Q"])
    dx_K, dW_K, db_K = dense_backward(merge(dK), x, p["W_K"])
    dx_V, dW_V, db_V = dense_backward(merge(dV), x, p["W_V"])
    dx = dx_Q + dx_K + dx_V
    dp = {"W_Q": dW_Q, "b_Q": db_Q, "W_K": dW_K, "b_K": db_K}
    return dx, dp | {"W_V": dW_V, "b_V": db_V, "W_O": dW_O, "b_O": db_O}


# %% [markdown] lang="en"
# ## Check the gradient
# We use two images, five tokens, width 12 and three heads. All weights and biases are random.

# %% [markdown] lang="ko"
# ## 그래디언트 검증
# 이미지 2장, 토큰 5개, 임베딩 차원 12, 헤드 3개입니다. 가중치도 편향도 모두 난수입니다.

# %%
small_x = rng.standard_normal((2, 5, 12))
small_p = s5_attention.init(rng, hidden_size=12, dtype=np.float64)
small_p = gradcheck.random_like(small_p, rng)
three_heads = lambda x, p: forward(x, p, num_heads=3)
report = gradcheck.check(three_heads, backward, small_x, small_p)
print(report)

# %%
assert report.ok

# %% [markdown] lang="en"
# One line is special: the gradient of `b_K` is 0. The key bias adds the same number to a whole row of scores, and the
# softmax cancels it.

# %% [markdown] lang="ko"
# 특별한 줄이 하나 있습니다. `b_K`의 그래디언트가 0입니다. 키의 편향은 스코어의 한 행 전체에 같은 값을 더하고, softmax가 이를
# 상쇄합니다.

# %%
_, dp = backward(rng.standard_normal(small_x.shape), three_heads(small_x, small_p)[1])
assert np.abs(dp["b_K"]).max() < 1e-12 < np.abs(dp["b_Q"]).max()

# %% [markdown] lang="en"
# ## Compare with the library
# Run `vitnp/steps/s5_attention.py` at the full size. It also has dropout, and computes a few heads at a time so that they
# fit the cache. The result is the same.

# %% [markdown] lang="ko"
# ## 라이브러리와 비교
# `vitnp/steps/s5_attention.py`를 원래 크기로 실행합니다. 라이브러리에는 드롭아웃이 있고, 데이터가 캐시에 들어가도록 헤드를 몇
# 개씩 나누어 계산합니다. 결과는 같습니다.

# %%
library_y, library_saved = s5_attention.forward(x, p, num_heads=12)
assert np.allclose(library_y, y)
assert np.allclose(library_saved.A, A)

# %%
dy = rng.standard_normal(y.shape)
library_dx, library_dp = s5_attention.backward(dy, library_saved)
dx, dp = backward(dy, forward(x, p, num_heads=12)[1])
assert np.allclose(dx, library_dx)
assert all(np.allclose(dp[name], library_dp[name]) for name in p)

# %% [markdown] lang="en"
# ## General attention: two sequences and a mask
# In the library, `forward(x, p)` is one line: `attention(x, x, p)`. In general, tokens x attend to tokens m: the queries
# come from x, the keys and values from m. A mask may say which query attends to which key: where it is False, the score is
# −∞ and the weight 0. On the slide m = x, and there is no mask. In this example only [CLS] attends to all tokens:

# %% [markdown] lang="ko"
# ## 어텐션의 일반식: 두 시퀀스와 마스크
# 라이브러리의 `forward(x, p)`는 `attention(x, x, p)` 한 줄입니다. 일반적으로는 토큰 x가 토큰 m을 봅니다. 쿼리는 x로, 키와 값은
# m으로 만듭니다. 마스크는 어느 쿼리가 어느 키를 볼 수 있는지 정합니다. False인 곳은 스코어가 −∞, 가중치가 0이 됩니다.
# 슬라이드의 어텐션은 m = x이고 마스크가 없는 경우입니다. 이 예에서는 [CLS]만 모든 토큰을 봅니다.

# %%
alone, saved = s5_attention.attention(x[:, :1], x, p, num_heads=12)
assert np.allclose(alone, y[:, :1])
alone.shape, saved.Q.shape, saved.K.shape, saved.A.shape

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ Backward needs A of every head and every block. How many bytes is that for one image in ViT-B/16 (12 blocks,
# float32, 4 bytes per value)?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 역전파에는 모든 블록, 모든 헤드의 A가 필요합니다. ViT-B/16(블록 12개, float32, 값 하나에 4바이트)에서 이미지 한 장당
# 몇 바이트입니까?

# %% tags=["exercise"]
bytes_of_A = ...

# %% tags=["solution"]
bytes_of_A = 12 * 12 * 197 * 197 * 4

# %% tags=["check"]
check("05.1", bytes_of_A)

# %% [markdown] lang="en"
# **2.** ★★ Attention does not depend on the order of its tokens. `order` shuffles the tokens. Give the output for the
# shuffled tokens `x[:, order]` from `y` alone, **without** calling `forward`. (This is why step 4 adds positions.)

# %% [markdown] lang="ko"
# **2.** ★★ 어텐션은 토큰의 순서를 모릅니다. `order`로 토큰을 섞은 `x[:, order]`의 출력을 `forward`를 부르지 **않고** `y`만으로
# 구해 보세요. (4단계에서 위치를 더하는 이유가 이것입니다.)

# %%
order = rng.permutation(197)

# %% tags=["exercise"]
shuffled_y = ...

# %% tags=["solution"]
shuffled_y = y[:, order]

# %% tags=["check"]
check("05.2", shuffled_y, y, order)

# %% [markdown] lang="en"
# **3.** ★★★ A softmax with temperature τ is $A = \mathrm{softmax}(S/\tau)$. Write its backward pass: from `dA`, `A` and
# `tau`, return `dS`.

# %% [markdown] lang="ko"
# **3.** ★★★ 온도 τ를 넣은 softmax $A = \mathrm{softmax}(S/\tau)$의 역전파를 쓰세요. `dA`, `A`, `tau`를 받아 `dS`를 돌려주면 됩니다.


# %% tags=["exercise"]
def tempered_backward(dA, A, tau):
    return ...


# %% tags=["solution"]
def tempered_backward(dA, A, tau):
    return softmax_backward(dA, A) / tau


# %% tags=["check"]
check("05.3", tempered_backward)

# %% [markdown] lang="en"
# **Explain.** Why are the scores divided by √d_k, and what would happen to the gradients without it?

# %% [markdown] lang="ko"
# **설명해 보세요.** 스코어를 왜 √d_k로 나눕니까? 나누지 않으면 그래디언트는 어떻게 됩니까?

# %% [markdown] lang="en" tags=["solution"]
# A score is a sum of d_k products. If q and k have variance 1, its variance is d_k: at d_k = 64 scores of ±8 are common.
# For such scores the softmax gives a weight near 1 for the largest score and near 0 for the others. Its derivative a(1 −
# a) is then near 0 everywhere, so W_Q and W_K hardly learn. After the division by √d_k the scores have variance 1 for any
# d_k.

# %% [markdown] lang="ko" tags=["solution"]
# 스코어 하나는 곱 d_k개의 합입니다. q와 k의 분산이 1이면 스코어의 분산은 d_k이고, d_k = 64에서는 ±8 정도의 스코어가 흔합니다.
# 이런 스코어에 softmax를 하면 가장 큰 것은 거의 1, 나머지는 거의 0이 됩니다. 그러면 미분값 a(1 − a)가 모두 0에 가까워 W_Q와
# W_K가 거의 학습되지 않습니다. √d_k로 나누면 d_k가 얼마이든 스코어의 분산이 1입니다.
