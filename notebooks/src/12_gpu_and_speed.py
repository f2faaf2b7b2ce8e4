# %% [markdown] lang="en"
# # 12 · NumPy and CuPy: speed and memory
# **하이퍼파라미터: ViT-Base, Large, Huge** · *Hyperparameters: ViT-Base, Large, Huge*: the same eight steps, at a size
# where time and memory count
#
# Deck 003, all steps · files `vitnp/backend/`, `vitnp/engine/batch.py`, `vitnp/ops/sums.py` · **30 minutes to show, 50 with the exercises** ·
# [solutions](solutions/12_gpu_and_speed.ipynb)
#
# After this notebook you can
# - write a formula once for NumPy and for a GPU,
# - explain why a formula with little arithmetic can be slow, and make it faster without changing it,
# - split a batch over threads, and get the gradient of the whole batch,
# - save memory at the cost of time, and know how much.

# %% [markdown] lang="ko"
# # 12 · NumPy와 CuPy: 속도와 메모리
# **하이퍼파라미터: ViT-Base, Large, Huge** · *Hyperparameters: ViT-Base, Large, Huge*: 같은 여덟 단계를, 시간과 메모리가
# 문제가 되는 크기에서
#
# 강의자료 003, 전체 단계 · 파일 `vitnp/backend/`, `vitnp/engine/batch.py`, `vitnp/ops/sums.py` · **시연 30분, 실습 포함 50분** ·
# [풀이](../solutions/ko/12_gpu_and_speed.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 식을 한 번만 써서 NumPy와 GPU에서 모두 실행한다.
# - 계산량이 적은데도 느린 식이 왜 느린지 설명하고, 식을 바꾸지 않고 빠르게 만든다.
# - 배치를 스레드에 나누고도 전체의 그래디언트를 얻는다.
# - 시간을 더 들여 메모리를 아끼고, 얼마나 아끼는지 안다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import collections
import dataclasses
import os
import subprocess
import sys
import time
import tracemalloc
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck, tree, vit
from vitnp.analysis import cost
from vitnp.backend import arrays, tiles
from vitnp.backend.arrays import array_module
from vitnp.course.exercises import check
from vitnp.ops import gelu, softmax, sums
from vitnp.steps import s5_attention, s6_layer_norm
from vitnp.system import blas

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
rng = np.random.default_rng(0)

# %% [markdown] lang="en"
# ## Is there a GPU?
# `arrays.get` finds out. Everything below also runs without a GPU.

# %% [markdown] lang="ko"
# ## GPU가 있을까?
# `arrays.get`으로 확인합니다. GPU가 없어도 아래의 모든 셀은 실행됩니다.

# %%
try:
    xp = arrays.get("cupy")
except vitnp.InputError as error:
    xp = np
    print(error)

# %%
xp.__name__, os.cpu_count()

# %% [markdown] lang="en"
# ## One code for NumPy and CuPy
# CuPy has NumPy's functions under the same names, for arrays in GPU memory. So a formula needs to know only one
# thing: which library does this array belong to?

# %% [markdown] lang="ko"
# ## NumPy와 CuPy에서 같은 코드 쓰기
# CuPy는 GPU 메모리에 있는 배열을 위해 NumPy와 같은 함수를 같은 이름으로 제공합니다. 그래서 식은 한 가지만 알면 됩니다. 이 배열이 어느
# 라이브러리의 것인지입니다.


# %%
def exp(x):
    return array_module(x).exp(x)


# %%
exp(np.array([0.0, 1.0]))

# %% [markdown] lang="en"
# An array of a different library comes with its own functions. Here is a very small library.

# %% [markdown] lang="ko"
# 다른 라이브러리의 배열은 자기 함수를 제공합니다. 아주 작은 라이브러리를 하나 만들어 봅시다.


# %%
class Elsewhere:
    def __array_namespace__(self):
        return SimpleNamespace(exp=lambda x: "exp, done elsewhere")


# %%
exp(Elsewhere())

# %% [markdown] lang="en"
# No step of the library contains `np.` or `cupy.`, so none needs a second version. The same function takes NumPy
# arrays and GPU arrays:

# %% [markdown] lang="ko"
# 라이브러리의 어느 단계에도 `np.`나 `cupy.`가 없습니다. 그래서 두 번째 버전이 필요 없습니다. 같은 함수에 NumPy의 배열도, GPU의
# 배열도 넣을 수 있습니다.

# %%
scores = rng.standard_normal((2, 12, 197, 197)).astype("float32")
there = arrays.to_device(scores, xp)  # sent, if there is a GPU
A, _ = softmax.forward(there)
type(A).__module__, A.shape

# %%
back = arrays.to_host(A)
assert np.allclose(back, softmax.forward(scores)[0], atol=1e-6)
assert isinstance(back, np.ndarray) and back.shape == (2, 12, 197, 197)

# %% [markdown] lang="en"
# Transfers to the GPU are slow. So the parameters are sent once and the images once per batch. Inside a step nothing
# is sent.

# %% [markdown] lang="ko"
# GPU로 보내는 데는 시간이 걸립니다. 그래서 파라미터는 한 번, 이미지는 배치마다 한 번 보내고, 한 스텝 안에서는 아무것도 보내지 않습니다.

# %% [markdown] lang="en"
# ## Measuring time
# We take the fastest of repeated runs within 0.3 seconds. A GPU call returns before the work is done, so the
# measurement must wait for it. Forgetting this is the most common mistake in timing. **All times here are of the
# machine that ran this notebook.** Run it to see your own.

# %% [markdown] lang="ko"
# ## 시간 재기
# 0.3초 동안 거듭 재서 가장 빠른 값을 씁니다. GPU 호출은 계산이 끝나기 전에 반환되므로 시간을 잴 때는 끝나기를 기다려야 합니다. 이것을
# 잊는 것이 시간을 잴 때 가장 흔한 실수입니다. **여기 나오는 시간은 모두 이 노트북을 실행한 컴퓨터의 것입니다.** 직접 실행해서 여러분의
# 값을 보세요.


# %%
def once(f):
    began = time.perf_counter()
    f()
    if xp is not np:
        xp.cuda.Device().synchronize()
    return time.perf_counter() - began


# %%
def seconds(f, trying=0.3):
    began, times = time.perf_counter(), []
    while not times or time.perf_counter() < began + trying:
        times.append(once(f))
    return min(times)


# %% [markdown] lang="en"
# NumPy calls the library BLAS for matrix products. BLAS has its own threads. For now we limit it to one; threads come
# later.

# %% [markdown] lang="ko"
# NumPy가 부르는 행렬 곱 라이브러리 BLAS는 자체 스레드를 씁니다. 스레드는 나중에 다루므로 지금은 하나로 제한합니다.

# %%
one_thread = blas.controller().limit(limits=1, user_api="blas")


# %% [markdown] lang="en"
# ## How slow is GELU?
# In ViT-B/16 its input is the widest tensor: 8 images, 197 tokens, 3,072 values per token.

# %% [markdown] lang="ko"
# ## GELU는 얼마나 느릴까?
# ViT-B/16에서 GELU의 입력은 가장 넓은 텐서입니다. 이미지 8장, 토큰 197개, 토큰마다 값 3,072개입니다.

# %%
u = rng.standard_normal((8, 197, 3072)).astype("float32")
u.size, u.nbytes / 2**20

# %% [markdown] lang="en"
# 18 MiB do not fit into a core's cache. To see the operations on this array, we write an array class that counts
# them.

# %% [markdown] lang="ko"
# 18 MiB이므로 코어의 캐시에 들어가지 않습니다. 이 배열에 어떤 연산이 적용되는지 보기 위해, 연산을 세는 배열 클래스를 만듭니다.


# %%
class Counted(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        seen[ufunc.__name__] += 1
        if out is not None:
            options["out"] = tuple(np.asarray(a) for a in out)
        result = getattr(ufunc, method)(*(np.asarray(a) for a in inputs), **options)
        return np.asarray(result).view(Counted)


# %%
seen = collections.Counter()
gelu.gelu_tanh(u[0, :5].view(Counted))
dict(seen)

# %%
sum(seen.values())

# %% [markdown] lang="en"
# One formula is many operations. Each reads its arrays from memory and writes a new one. On a GPU each operation is a
# separate kernel that does the same. There is little arithmetic: **memory access takes the time**.

# %% [markdown] lang="ko"
# 식은 하나인데 연산은 여럿입니다. 연산마다 메모리에서 배열을 읽어 새 배열을 씁니다. GPU에서는 연산 하나가 커널 하나이고, 하는 일은
# 같습니다. 계산은 얼마 되지 않습니다. **시간은 메모리 접근에 듭니다.**

# %% [markdown] lang="en"
# ## Cache blocking: tiles that stay in the cache
# So do all operations on a block of values, then on the next block. The result is the same.

# %% [markdown] lang="ko"
# ## 캐시 블로킹: 캐시에 들어가는 블록
# 그러니 값을 블록으로 나누어, 한 블록의 연산을 모두 마치고 다음 블록으로 넘어갑시다. 결과는 같습니다.


# %%
def in_blocks(f, x, size):
    flat = x.reshape(-1)
    y = np.empty_like(flat)
    for start in range(0, flat.size, size):
        y[start : start + size] = f(flat[start : start + size])
    return y.reshape(x.shape)


# %%
whole = gelu.gelu_tanh.__wrapped__  # the formula as it is written
assert np.allclose(in_blocks(whole, u, 4096), whole(u))

# %%
sizes = 2 ** np.arange(10, 24)
times = [seconds(lambda: in_blocks(whole, u, size)) for size in sizes]

# %%
plt.semilogx(sizes, 1e3 * np.array(times), "o-", base=2, linewidth=3)
plt.axvline(tiles.BLOCK, color="black", linestyle="--")
plt.ylim(bottom=0)
plt.xlabel("values in a block")
plt.ylabel("ms")
plt.show()

# %% [markdown] lang="en"
# Left: there are so many small calls that Python takes longer than the arithmetic. Right: the blocks are larger than
# the cache. The dashed line is the library's choice: 131,072 values, or 512 KiB in float32. Is it near the minimum on
# your machine?

# %% [markdown] lang="ko"
# 왼쪽은 작은 호출이 너무 많아서 계산보다 파이썬이 더 오래 걸립니다. 오른쪽은 블록이 캐시보다 큽니다. 점선은 라이브러리가 고른 크기로, 값
# 131,072개, float32로 512 KiB입니다. 여러분의 컴퓨터에서도 최솟값 근처입니까?

# %%
tiles.BLOCK, tiles.BLOCK * 4 / 1024

# %% [markdown] lang="en"
# `tiles.tiled` is this loop. It calls a block a tile. With `elementwise=True` it takes any formula that treats each
# value independently. On a GPU it compiles all operations into **one kernel**.

# %% [markdown] lang="ko"
# `tiles.tiled`가 바로 이 반복문입니다. 거기서는 블록을 타일이라고 부릅니다. `elementwise=True`를 주면 값을 하나씩 따로 다루는 모든 식에
# 쓸 수 있습니다. GPU에서는 모든 연산을 **커널 하나**로 만듭니다.


# %%
@tiles.tiled(elementwise=True)
def swish(x):
    return x / (1 + array_module(x).exp(-x))


# %%
plain = swish.__wrapped__
assert np.allclose(swish(u), plain(u))
print(f"as written {1e3 * seconds(lambda: plain(u)):.1f} ms")
print(f"in tiles   {1e3 * seconds(lambda: swish(u)):.1f} ms")

# %% [markdown] lang="en"
# The library's GELU and its backward pass work this way. The backward pass also recomputes the output. With or
# without tiles the values are the same, and we check the gradient.

# %% [markdown] lang="ko"
# 라이브러리의 GELU와 그 역전파가 이렇게 되어 있습니다. 역전파는 출력도 함께 다시 계산합니다. 타일로 나누든 아니든 값은 같습니다.
# 그래디언트도 검증합니다.

# %%
y, du = gelu.both_tanh(u, u)
assert all(np.allclose(*pair) for pair in zip((y, du), gelu.both_tanh.__wrapped__(u, u)))

# %%
report = gradcheck.check(gelu.forward, gelu.backward, rng.standard_normal((3, 5, 8)))
print(report)
assert report.ok

# %% [markdown] lang="en"
# ## Rows: softmax, LayerNorm, attention
# These treat each **row** independently, not each value. So without `elementwise`, `tiles.tiled` takes a few rows at
# a time. We count the operations.

# %% [markdown] lang="ko"
# ## 행 단위: softmax, LayerNorm, 어텐션
# 이들은 값이 아니라 **행**을 하나씩 따로 다룹니다. 그래서 `elementwise`가 없으면 `tiles.tiled`는 한 번에 몇 행씩 처리합니다. 연산의
# 수를 셉니다.

# %%
seen = collections.Counter()
softmax.forward(scores[0, 0].view(Counted))
dict(seen)

# %% [markdown] lang="en"
# `minimum` and `maximum` test whether exp can take the scores directly. If so, the row's maximum need not be
# subtracted. On a GPU this test would have to wait, so there the maximum is always subtracted. Next, LayerNorm:

# %% [markdown] lang="ko"
# `minimum`과 `maximum`은 스코어를 그대로 exp에 넣어도 되는지 확인합니다. 괜찮다면 행의 최댓값을 빼지 않습니다. GPU에서는 확인하려면
# 계산이 끝나기를 기다려야 하므로 항상 뺍니다. 다음은 LayerNorm입니다.

# %%
seen = collections.Counter()
ones, zeros = np.ones(64), np.zeros(64)
tokens = rng.standard_normal((1, 5, 64)).view(Counted)
s6_layer_norm.normalize(tokens, gamma=ones, beta=zeros, eps=1e-6)
dict(seen)

# %% [markdown] lang="en"
# In attention the intermediate results are the scores, 197×197 per image and head. The heads are independent. So we
# compute scores, softmax and the product with V for a few heads at a time, while they are in the cache.

# %% [markdown] lang="ko"
# 어텐션의 중간 결과는 이미지와 헤드마다 197×197인 스코어입니다. 헤드끼리는 독립이므로, 헤드 몇 개의 스코어, softmax, V 곱을 캐시에
# 있는 동안 한꺼번에 마칩니다.

# %%
Q, K, V = rng.standard_normal((3, 8, 12, 197, 64)).astype("float32")
attend = lambda f, **rows: f(Q, K, V, None, rate=0.0, **rows)
blocks, whole_A = s5_attention.attend, s5_attention.attend.__wrapped__

# %%
O, A = attend(blocks, row_size=197 * 197)
assert np.allclose(O, attend(whole_A)[0], atol=1e-5)
print(f"all heads at once {1e3 * seconds(lambda: attend(whole_A)):.1f} ms")
print(f"a few at a time   {1e3 * seconds(lambda: attend(blocks, row_size=197 * 197)):.1f} ms")

# %% [markdown] lang="en"
# ## Row sums as a matrix product with ones
# The counts above show one `matmul` in softmax and two in LayerNorm. These are the sums. NumPy sums short rows
# slowly, and BLAS multiplies matrices fast.
# $$\sum_j A_{ij} = (A \cdot \mathbf{1})_i$$

# %% [markdown] lang="ko"
# ## 행의 합을 행렬 곱으로 구하기
# 위의 결과를 보면 softmax에 `matmul`이 하나, LayerNorm에 둘 있습니다. 이것이 합입니다. NumPy는 짧은 행의 합이 느리고, BLAS는 행렬
# 곱이 빠릅니다.
# $$\sum_j A_{ij} = (A \cdot \mathbf{1})_i$$

# %%
assert np.allclose(sums.row_sums(A), A.sum(axis=-1, keepdims=True))
print(f"A.sum(axis=-1)  {1e3 * seconds(lambda: A.sum(axis=-1)):.2f} ms")
print(f"sums.row_sums   {1e3 * seconds(lambda: sums.row_sums(A)):.2f} ms")

# %% [markdown] lang="en"
# The ones must have A's dtype. By default they are float64, and then everything after them is float64 too, with twice
# the bytes.

# %% [markdown] lang="ko"
# 1로 된 벡터는 A와 같은 dtype이어야 합니다. 기본값은 float64이고, 그러면 그 뒤의 모든 것이 float64가 되어 메모리를 두 배로 씁니다.

# %%
A.dtype, (A @ np.ones(197)).dtype, sums.row_sums(A).dtype

# %%
assert sums.row_sums(A).dtype == np.float32

# %% [markdown] lang="en"
# ## Split the batch over threads
# The loss is a mean over the images, so the gradient is too. The gradients of 5 and of 3 images have weights 5/8 and
# 3/8. For the rest of this notebook we use a small model: ViT-Ti/16 with four blocks. (Its head starts at 0 and would
# pass no gradient on, so we fill it.)

# %% [markdown] lang="ko"
# ## 배치를 스레드에 나누기
# 손실은 이미지에 대한 평균이므로 그래디언트도 평균입니다. 5장과 3장의 그래디언트를 5/8, 3/8로 섞으면 됩니다. 여기부터는 블록이 4개인 작은
# ViT-Ti/16을 씁니다. (헤드가 0에서 시작하면 그래디언트가 통과하지 못하므로 값을 채웁니다.)

# %%
config = vitnp.preset("Ti/16", num_layers=4, num_classes=10)
p = vit.init(rng, config)
p["classify"]["head"]["W"] += 0.05 * rng.standard_normal((192, 10), "float32")
images, labels = rng.standard_normal((8, 224, 224, 3), "float32"), np.arange(8)

# %%
loss, dp = vitnp.loss_and_grads(images, labels, p, config, workers=1)
assert dp["project"]["W"].shape == p["project"]["W"].shape == (768, 192)

# %%
_, dp_5 = vitnp.loss_and_grads(images[:5], labels[:5], p, config)
_, dp_3 = vitnp.loss_and_grads(images[5:], labels[5:], p, config)
mean = tree.map(lambda a, b: 5 / 8 * a + 3 / 8 * b, dp_5, dp_3)


# %%
def agree(dp, other):
    pairs = zip(tree.leaves(dp), tree.leaves(other), strict=True)
    return all(np.abs(a - b).max() <= 1e-4 * np.abs(a).max() + 1e-6 for (_, a), (_, b) in pairs)


# %%
assert agree(dp, mean)
assert not agree(dp, dp_5)

# %% [markdown] lang="en"
# `vitnp.loss_and_grads` gives each thread a slice of the batch. Threads help because NumPy releases Python's lock
# (the GIL) while it computes. BLAS has its own threads, but only for matrix products. So we limit BLAS to one thread
# in each of our threads, and **all operations** run on all cores.

# %% [markdown] lang="ko"
# `vitnp.loss_and_grads`는 배치를 잘라 스레드에 하나씩 맡깁니다. NumPy는 계산하는 동안 파이썬의 잠금(GIL)을 놓으므로 스레드가 도움이
# 됩니다. BLAS에도 스레드가 있지만 행렬 곱에만 쓰입니다. 그래서 우리 스레드마다 BLAS는 스레드 하나로 제한하고, **모든 계산**을 모든
# 코어에서 실행합니다.

# %%
step = lambda **options: vitnp.loss_and_grads(images, labels, p, config, **options)
cores = min(os.cpu_count(), len(images))

# %%
print(f"one thread                   {1e3 * seconds(lambda: step(workers=1)):.0f} ms")
one_thread.restore_original_limits()
print(f"BLAS's own threads           {1e3 * seconds(lambda: step(workers=1)):.0f} ms")
one_thread = blas.controller().limit(limits=1, user_api="blas")
over_threads = seconds(lambda: step(workers=cores))
print(f"the batch over {cores:2} threads    {1e3 * over_threads:.0f} ms")

# %% [markdown] lang="en"
# (BLAS's threads wait for each other at every product. On a machine that is busy with other work this can cost more
# than it gains.)
#
# Does the number of threads change the training? Even dropout stays the same: each slice draws its own part of one
# stream of random numbers.

# %% [markdown] lang="ko"
# (BLAS의 스레드는 곱셈마다 서로를 기다립니다. 다른 일로 바쁜 컴퓨터에서는 얻는 것보다 잃는 것이 많을 수 있습니다.)
#
# 스레드 수가 학습 결과를 바꿀까요? 드롭아웃조차 바뀌지 않습니다. 나눈 배치는 저마다 난수열 하나에서 자기 부분만 뽑습니다.

# %%
dropout = dataclasses.replace(config, dropout_rate=0.1)
drawn = [
    vitnp.loss_and_grads(images, labels, p, dropout, workers=n, rng=np.random.default_rng(1))[1]
    for n in (1, 2, 4)
]
assert agree(drawn[0], drawn[1]) and agree(drawn[0], drawn[2])

# %% [markdown] lang="en"
# ## Compute only the rows that are used
# After the last block the logits depend on one token: [CLS]. Nothing uses the other rows of this block. [CLS] attends
# to all tokens, so we need the keys and values of all tokens. But its query, and everything after the attention, is
# one row. `whole=False` computes only the rows that are used.

# %% [markdown] lang="ko"
# ## 쓰이는 행만 계산하기
# 로짓은 마지막 블록을 지난 [CLS] 토큰 하나로 만듭니다. 그 블록의 나머지 행은 쓰이지 않습니다. [CLS]는 모든 토큰을 보므로 키와 값은 모든
# 토큰의 것이 필요합니다. 하지만 쿼리와 어텐션 다음의 모든 계산은 한 행이면 됩니다. `whole=False`는 쓰이는 행만 계산합니다.

# %%
all_rows, _ = vit.forward(images, p, config)
logits, saved = vit.forward(images, p, config, whole=False)
assert np.allclose(logits, all_rows, atol=1e-4)

# %%
a, f = saved.blocks[-1].attention, saved.blocks[-1].feed_forward
computed = {"LN": a.m, "K": a.K, "V": a.V, "Q": a.Q, "A": a.A, "concat": a.concat}
computed |= {"LN 2": f[0], "u": f[2][0]}
rows = {name: array.shape[-2] for name, array in computed.items()}
rows

# %%
assert rows["K"] == rows["V"] == 197 and rows["Q"] == rows["A"] == rows["u"] == 1
names = list(rows)
plt.bar(names, 197, color="white", edgecolor="gray", hatch="//", label="left out")
bars = plt.bar(names, rows.values(), label="computed")
plt.bar_label(bars, padding=3, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
plt.ylabel("rows of the last block")
plt.ylim(0, 280)
plt.legend(loc="upper right", ncols=2)
plt.show()

# %% [markdown] lang="en"
# How much of the model's work is left out? The fewer layers, the larger the fraction. The gradients stay the same,
# because an unused row has gradient 0. `loss_and_grads` and `predict` work this way, so the steps above did too.
# `trace` computes every row.

# %% [markdown] lang="ko"
# 전체 계산에서 얼마나 빠질까요? 층이 적을수록 비율이 큽니다. 쓰이지 않는 행의 그래디언트는 0이므로 다른 그래디언트는
# 그대로입니다. `loss_and_grads`와 `predict`가 이렇게 계산하므로, 위의 스텝도 그랬습니다. `trace`는 모든 행을 계산합니다.

# %%
for name in ("digits", "B/16", "L/16"):
    model = vitnp.preset(name)
    whole, less = (sum(cost.multiply_adds(model, whole=w).values()) for w in (True, False))
    print(f"{name:8} {100 * (1 - less / whole):4.1f}% of {whole:.4g} multiply–adds left out")

# %% [markdown] lang="en"
# ## Keep freed memory
# On Linux the memory of a large freed array goes back to the system. The next array gets new pages, and the system
# must clear each of them: a **page fault**. We count the page faults in a new Python process, for steps of the digits
# model.

# %% [markdown] lang="ko"
# ## 해제한 메모리를 OS에 반납하지 않기
# 리눅스에서는 큰 배열을 지우면 메모리가 시스템으로 돌아갑니다. 다음 배열은 새 페이지를 받고, 시스템은 그것을 하나씩 0으로 지워야 합니다.
# 이것이 **페이지 폴트**입니다. 새 파이썬 프로세스에서 digits 모델의 스텝을 실행하며 세어 봅시다.

# %%
program = """
import resource, numpy as np, vitnp
from vitnp.system import memory
config = vitnp.preset("digits")
p = vitnp.vit.init(np.random.default_rng(0), config)
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def step():
    logits, saved = vitnp.vit.forward(np.ones((32, 8, 8, 1), "float32"), p, config)
    vitnp.vit.backward(logits, saved)
{first}
for i in range(20):
    before = before if i > 10 else faults()
    step()
print((faults() - before) // 10, "page faults per step")
"""


# %%
def count(first):
    command = [sys.executable, "-c", program.format(first=first)]
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    on_windows = os.name == "nt"  # which does not count them
    run = subprocess.run(command, capture_output=True, text=True, env=env, check=not on_windows)
    return "not counted here" if on_windows else run.stdout.strip()


# %%
print("as it comes: ", count(""))
print("keep freed:  ", count("memory.keep_freed()"))

# %% [markdown] lang="en"
# Three calls of the C library's `mallopt` make it keep freed memory. `loss_and_grads` does this automatically. CuPy
# has a memory pool for the same reason.

# %% [markdown] lang="ko"
# C 라이브러리의 `mallopt`를 세 번 부르면 됩니다. 그 뒤로는 해제한 메모리를 OS에 반납하지 않습니다. `loss_and_grads`가 자동으로
# 합니다. CuPy에도 같은 이유로 메모리 풀이 있습니다.

# %% [markdown] lang="en"
# ## Save memory: micro-batches and recomputing
# The backward pass needs what forward saved. There are two ways to save less, with the same gradients:
# - `micro_batch=2`: compute two images at a time, and add the gradients.
# - `recompute=True`: keep only the input of each block, and run the block again in the backward pass. Forward runs
#   twice, and backward costs two forward passes, so there are a third more multiplications.

# %% [markdown] lang="ko"
# ## 메모리 줄이기: 마이크로 배치와 재계산
# 역전파에는 순전파가 저장한 것이 필요합니다. 덜 저장하고도 같은 그래디언트를 얻는 방법이 둘 있습니다.
# - `micro_batch=2`: 한 번에 두 장씩 계산해서 그래디언트를 더한다.
# - `recompute=True`: 블록마다 입력만 남기고, 역전파에서 블록을 다시 계산한다. 순전파를 두 번 하게 되고
#   역전파는 순전파 두 번만큼이므로, 곱셈이 3분의 1 늘어난다.

# %%
ways = {
    "all": {},
    "micro-batch 2": {"micro_batch": 2},
    "recompute": {"recompute": True},
    "both": {"micro_batch": 2, "recompute": True},
}


# %%
def peak(**options):
    tracemalloc.start()
    _, other = step(workers=1, **options)
    assert agree(dp, other)
    bytes_ = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return bytes_ / 2**20


# %%
measured = {name: peak(**options) for name, options in ways.items()}
assert measured["both"] < measured["recompute"] < measured["all"]
measured

# %% [markdown] lang="en"
# `cost.step_bytes` computes the memory from the configuration, for a model of any size, without running it.

# %% [markdown] lang="ko"
# 실행해 보지 않아도 됩니다. `cost.step_bytes`가 설정만으로 계산하며, 모델이 아무리 커도 됩니다.

# %%
counted = {
    name: sum(cost.step_bytes(config, batch_size=8, **options).values()) / 2**20
    for name, options in ways.items()
}
assert all(abs(counted[name] - measured[name]) < 0.15 * measured[name] for name in ways)

# %%
places = np.arange(4)
plt.bar(places - 0.2, measured.values(), 0.4, label="measured")
plt.bar(places + 0.2, counted.values(), 0.4, hatch="//", edgecolor="white", label="counted")
plt.xticks(places, ways)
plt.ylabel("MiB")
plt.legend()
plt.show()

# %% [markdown] lang="en"
# The cost is time:

# %% [markdown] lang="ko"
# 그 대가는 시간입니다.

# %%
for name, options in ways.items():
    print(f"{name:14} {1e3 * seconds(lambda: step(workers=1, **options)):.0f} ms")

# %% [markdown] lang="en"
# ## On the GPU
# Send the parameters to the GPU. Everything is computed where the parameters are. Without a GPU these cells do the
# same on the CPU.

# %% [markdown] lang="ko"
# ## GPU에서
# 파라미터를 GPU로 보냅니다. 모든 계산은 파라미터가 있는 곳에서 합니다. GPU가 없으면 아래 셀은 CPU에서 같은 일을 합니다.

# %%
p_there = arrays.to_device(p, xp)
loss_there, dp_there = vitnp.loss_and_grads(images, labels, p_there, config)
assert agree(dp, arrays.to_host(dp_there))
float(loss), float(loss_there)

# %%
there = lambda: vitnp.loss_and_grads(images, labels, p_there, config)
print(f"{xp.__name__}: {1e3 * seconds(there):.0f} ms")
if xp is np:
    print("no GPU here, so this was the CPU once more")

# %% [markdown] lang="en"
# On a GPU three things are different. The batch is not split, because one GPU already has thousands of threads.
# `tiled` does not cut the arrays; it compiles an element-wise formula into one kernel. And execution is asynchronous.
# `loss_there` is an array on the GPU, and `float(loss_there)` makes Python wait. In a training loop, call it only
# when you show the loss. `docs/gpu.md` says what has been run on a real GPU, and what has not.

# %% [markdown] lang="ko"
# GPU에서는 세 가지가 다릅니다. GPU 하나에 이미 스레드가 수천 개 있으므로 배치를 나누지 않습니다. `tiled`는 아무것도 자르지 않고,
# 값마다 따로 계산하는 식은 커널 하나로 만듭니다. 그리고 비동기로 실행됩니다. `loss_there`는 GPU에 있는 배열이고,
# `float(loss_there)`를 쓰는 순간 파이썬이 기다립니다. 학습 반복문에서는 매 스텝이 아니라 손실을 보여 줄 때만 쓰세요. 이 가운데 실제
# GPU에서 무엇을 실행해 보았고 무엇을 아직 못 했는지는 `docs/gpu.md`에 적혀 있습니다.

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ Into how many tiles does `tiles.tiled(elementwise=True)` cut `u` (8×197×3072 values)? Each tile has
# `tiles.BLOCK` values; the last may have fewer.

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ `tiles.tiled(elementwise=True)`는 `u`(값 8×197×3072개)를 타일 몇 개로 나눕니까? 타일 하나는 값 `tiles.BLOCK`개이고, 마지막은 더 적을 수
# 있습니다.

# %% tags=["exercise"]
num_tiles = ...

# %% tags=["solution"]
num_tiles = -(-8 * 197 * 3072 // tiles.BLOCK)  # rounded up

# %% tags=["check"]
check("12.1", num_tiles)

# %% [markdown] lang="en"
# **2.** ★★ Write `column_sums(x)`: the sums of the columns of a matrix x (I, J). Use a product with ones, keep x's
# dtype, and support NumPy and CuPy.

# %% [markdown] lang="ko"
# **2.** ★★ 행렬 x (I, J)의 열마다 합을 구하는 `column_sums(x)`를 쓰세요. 1로 된 벡터와의 곱으로, x의 dtype을 지키며, NumPy와 CuPy에서
# 모두 되어야 합니다.


# %% tags=["exercise"]
def column_sums(x):
    return ...


# %% tags=["solution"]
def column_sums(x):
    return array_module(x).ones(len(x), x.dtype) @ x


# %% tags=["check"]
check("12.2", column_sums)

# %% [markdown] lang="en"
# **3.** ★★★ Swish is $y = x\,\sigma(x)$ with $\sigma(x) = 1/(1 + e^{-x})$. Write its backward pass, from dy and x to
# dx, so that it can be tiled.

# %% [markdown] lang="ko"
# **3.** ★★★ Swish는 $y = x\,\sigma(x)$, $\sigma(x) = 1/(1 + e^{-x})$입니다. dy와 x를 받아 dx를 돌려주는 역전파를 `tiled`를 붙일 수 있게 쓰세요.


# %% tags=["exercise"]
@tiles.tiled(elementwise=True)
def swish_backward(dy, x):
    return ...


# %% tags=["solution"]
@tiles.tiled(elementwise=True)
def swish_backward(dy, x):
    sigma = 1 / (1 + array_module(x).exp(-x))
    return dy * sigma * (1 + x * (1 - sigma))


# %% tags=["check"]
check("12.3", swish_backward)

# %% [markdown] lang="en"
# **Explain.** Tiles make GELU faster. Why do they not help the matrix product `x @ W` of the same array?

# %% [markdown] lang="ko"
# **설명해 보세요.** 타일로 나누면 GELU가 빨라집니다. 같은 배열의 행렬 곱 `x @ W`에는 왜 도움이 되지 않을까요?

# %% [markdown] lang="en" tags=["solution"]
# GELU does a few operations per value, and each operation writes a whole array to memory and reads it again. Most of
# the time is memory access, and a tile keeps the intermediate arrays in the cache. A matrix product uses every value
# of x thousands of times, and BLAS already works on blocks that fit into the cache. Most of its time is arithmetic.

# %% [markdown] lang="ko" tags=["solution"]
# GELU는 값 하나에 연산을 몇 번만 하고, 연산마다 배열 전체를 메모리에 썼다가 다시 읽습니다. 시간은 대부분 메모리 접근에 들고, 타일로
# 나누면 중간 배열이 캐시에 남습니다. 행렬 곱은 x의 값 하나를 수천 번 쓰고, BLAS가 이미 캐시에 맞는 블록으로 나눠 계산합니다. 시간은
# 대부분 연산에 듭니다.
