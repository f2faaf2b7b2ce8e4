# %% [markdown] lang="en"
# # 19 · Convolution, BiT ResNets and the hybrid
# **Deck 001, Hybrid Architecture** · *ResNet → feature map → ViT; BiT, the baseline of all decks*
#
# Files `vitnp/ops/conv.py`, `standardize.py`, `group_norm.py`, `relu.py`, `pool.py`, `vitnp/blocks/bottleneck.py`,
# `vitnp/models/bit.py`, `hybrid.py` · **40 minutes to show, 70 with the exercises** · [solutions](solutions/19_convolution.ipynb)
#
# After this notebook you can
# - write a convolution as windows times a matrix, forward and backward, and say when it *is* step 2,
# - compute the output size from stride and padding, and explain the error if the zeros are on the wrong side,
# - explain what GroupNorm and standardized kernels do, with a measured value for each,
# - follow a photo through R50 and hand its feature map, 14×14×1024, to a ViT as 196 tokens.

# %% [markdown] lang="ko"
# # 19 · 합성곱, BiT ResNet, 하이브리드
# **강의자료 001, Hybrid Architecture** · *ResNet → feature map → ViT; BiT, the baseline of all decks*
#
# 파일 `vitnp/ops/conv.py`, `standardize.py`, `group_norm.py`, `relu.py`, `pool.py`, `vitnp/blocks/bottleneck.py`,
# `vitnp/models/bit.py`, `hybrid.py` · **시연 40분, 실습 포함 70분** · [풀이](../solutions/ko/19_convolution.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 합성곱의 순전파와 역전파를 창(window)과 행렬의 곱으로 쓰고, 어떤 경우에 2단계와 *똑같은지* 말한다.
# - 스트라이드와 패딩으로 출력 크기를 구하고, 0을 반대쪽에 붙이면 무엇이 잘못되는지 말한다.
# - GroupNorm과 커널 표준화가 하는 일을 각각 측정한 값으로 설명한다.
# - 사진 한 장을 R50에 통과시키고, 14×14×1024 특징 맵을 토큰 196개로 만들어 ViT에 넘긴다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck, tree
from vitnp.blocks import bottleneck, resnet
from vitnp.blocks.convolution import How
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.data import photo
from vitnp.models import bit, hybrid
from vitnp.ops import conv, group_norm, pool, relu, standardize
from vitnp.steps import s1_patchify, s2_project, s6_layer_norm

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## Convolution: a window is a patch
# We take a 5×5 image with one edge, and a 3×3 kernel that detects the edge: right column minus left column.

# %% [markdown] lang="ko"
# ## 합성곱: 창은 패치입니다
# 경계가 하나 있는 5×5 이미지와, 그 경계를 찾는 3×3 커널을 씁니다. 커널은 오른쪽 열에서 왼쪽 열을 뺍니다.

# %%
image = np.repeat([[0.0, 0.0, 0.0, 8.0, 8.0]], 5, axis=0)
kernel = np.array([[-1.0, 0.0, 1.0]] * 3)
image, kernel

# %% [markdown] lang="en"
# Flatten the top left window like a patch in step 1, and multiply it with the flattened kernel. This gives one value
# of the output.

# %% [markdown] lang="ko"
# 왼쪽 위의 창을 1단계의 패치처럼 펴고, 똑같이 편 커널과 내적합니다. 그러면 출력 값 하나가 나옵니다.

# %%
image[0:3, 0:3].ravel() @ kernel.ravel(), image[0:3, 1:4].ravel() @ kernel.ravel()

# %% [markdown] lang="en"
# The first window contains no edge; the second, one pixel to the right, does. All nine windows, one per row, are a
# 9×9 matrix:

# %% [markdown] lang="ko"
# 첫 창에는 경계가 없고, 한 픽셀 오른쪽의 창에는 있습니다. 창 아홉 개를 한 행에 하나씩 놓으면 9×9 행렬이 됩니다.

# %%
corners = [(r, c) for r in range(3) for c in range(3)]
columns = np.stack([image[r : r + 3, c : c + 3].ravel() for r, c in corners])
(columns @ kernel.ravel()).reshape(3, 3)

# %% [markdown] lang="en"
# ## im2col: convolution as one matrix product
# With channels: $y_{rco} = \sum_{u,v,i} x_{r+u,\,c+v,\,i}\,W_{uvio}$. Written directly, this needs a loop for each
# sum and each position:

# %% [markdown] lang="ko"
# ## im2col: 합성곱을 행렬곱 한 번으로
# 채널까지 쓰면 $y_{rco} = \sum_{u,v,i} x_{r+u,\,c+v,\,i}\,W_{uvio}$입니다. 식 그대로 반복문으로 씁니다.


# %%
def conv_loops(x, W):
    k = len(W)
    y = np.zeros((x.shape[0] - k + 1, x.shape[1] - k + 1, W.shape[3]))
    for r in range(y.shape[0]):
        for c in range(y.shape[1]):
            for u in range(k):
                for v in range(k):
                    y[r, c] += x[r + u, c + v] @ W[u, v]
    return y


# %% [markdown] lang="en"
# Now as one matrix product. Every window is copied into a row of `columns` (libraries call this *im2col*). W is
# flattened as in step 2.

# %% [markdown] lang="ko"
# 이번에는 행렬곱 한 번으로 씁니다. 창을 하나씩 `columns`의 행에 복사하고(라이브러리에서는 *im2col*이라고 합니다), W는 2단계처럼 폅니다.


# %%
def windows(x, k, stride=1):
    """(B, H, W, C) → (B, rows, columns, k·k·C)."""
    view = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))
    view = view[:, ::stride, ::stride].transpose(0, 1, 2, 4, 5, 3)  # (…, k, k, C)
    return view.reshape(*view.shape[:3], -1)


# %%
def conv_product(x, W, stride=1):
    return windows(x, len(W), stride) @ W.reshape(-1, W.shape[-1])


# %%
rng = np.random.default_rng(0)
x, W = rng.standard_normal((1, 9, 7, 4)), rng.standard_normal((3, 3, 4, 5))
y = conv_product(x, W)
assert np.allclose(y[0], conv_loops(x[0], W)) and np.allclose(y, conv.forward(x, W)[0])
y.shape, windows(x, 3).size / x.size

# %% [markdown] lang="en"
# The windows overlap, so the matrix has five times as many values as this image (nine times for a large image). So
# `vitnp/ops/conv.py` makes it in parts, about 800 rows at a time.

# %% [markdown] lang="ko"
# 창끼리 겹치므로 행렬에 든 값의 개수는 이 이미지의 다섯 배입니다(이미지가 크면 아홉 배에 가깝습니다). 그래서 `vitnp/ops/conv.py`는
# 행렬을 한 번에 800행 정도씩 나누어 만듭니다.

# %% [markdown] lang="en"
# ## Step 2 is a convolution
# With kernel 16 and stride 16 the windows do not overlap. They are the patches of step 1. We use the same W,
# reshaped, on a real photo. Guess: how different are the two results?

# %% [markdown] lang="ko"
# ## 2단계는 합성곱입니다
# 커널 16, 스트라이드 16이면 창이 겹치지 않고, 창이 곧 1단계의 패치입니다. 실제 사진에 같은 W를 모양만 바꾸어 씁니다. 두 결과는
# 얼마나 다를까요? 예상해 보세요.

# %%
photo_x = photo.sample((224, 224))[None] / 127.5 - 1
E = rng.standard_normal((768, 768)) / 28
tokens = s2_project.forward(s1_patchify.forward(photo_x, patch_size=16)[0], {"W": E, "b": 0})[0]

# %%
feature_map = conv.forward(photo_x, E.reshape(16, 16, 3, 768), stride=16)[0]
feature_map.shape, tokens.shape, abs(feature_map.reshape(tokens.shape) - tokens).max()

# %%
assert np.allclose(feature_map.reshape(tokens.shape), tokens, rtol=1e-12)
as_patches = windows(photo_x, 16, stride=16).reshape(1, 196, 768)
assert (as_patches == s1_patchify.forward(photo_x, patch_size=16)[0]).all()

# %% [markdown] lang="en"
# The difference is zero, or the last bit: both multiply the same rows with the same matrix. So step 2 differs from a
# CNN's first layer only in k and s.

# %% [markdown] lang="ko"
# 0이거나, 달라도 마지막 비트입니다. 같은 행에 같은 행렬을 곱했기 때문입니다. 2단계와 CNN 첫 층의 차이는 k와 s의 값뿐입니다.

# %% [markdown] lang="en"
# ## Three kernels on a photo: edges and blur
# The kernels are the difference of columns, the difference of rows, and a 7×7 mean. A CNN learns its kernels; we
# wrote these three by hand.

# %% [markdown] lang="ko"
# ## 사진에 커널 세 가지 쓰기: 경계와 흐림
# 열의 차이, 행의 차이, 그리고 7×7 평균입니다. CNN은 커널을 학습하지만 여기서는 손으로 적었습니다.

# %%
gray = photo_x.mean(axis=-1, keepdims=True)
kernels = {"columns": kernel, "rows": kernel.T, "mean": np.full((7, 7), 1 / 49)}
found = {}
for name, k in kernels.items():
    found[name] = conv_product(gray, k[:, :, None, None])[0, :, :, 0]


# %%
def pictures(images, figsize=(9.6, 2.8), **how):
    _, axes = plt.subplots(1, len(images), figsize=figsize, layout="constrained")
    for ax, (title, values) in zip(axes, images.items()):
        ax.imshow(values, cmap="gray", **how)
        ax.set_title(title)
        ax.axis("off")


# %%
pictures({"photo": gray[0, :, :, 0]} | found)

# %% [markdown] lang="en"
# ## Stride and padding
# $$\text{rows} = \left\lfloor \frac{n + \text{before} + \text{after} - k}{s} \right\rfloor + 1$$
# Without padding a 3×3 kernel loses 2 rows. A stride of 2 keeps every second window. With stride 1, (k − 1)/2 zeros
# on each side preserve n.

# %% [markdown] lang="ko"
# ## 스트라이드와 패딩
# $$\text{rows} = \left\lfloor \frac{n + \text{before} + \text{after} - k}{s} \right\rfloor + 1$$
# 패딩이 없으면 3×3 커널은 두 행을 잃습니다. 스트라이드 2는 창을 하나 걸러 하나만 씁니다. 스트라이드 1에서 양쪽에 0을 (k − 1)/2개씩
# 붙이면 n이 유지됩니다.

# %%
for k, stride, padding in (3, 1, 0), (3, 1, 1), (3, 2, 1), (7, 2, 3), (16, 16, 0):
    rows, _ = conv.output_size((224, 224), kernel=k, stride=stride, padding=padding)
    print(f"kernel {k:2}  stride {stride:2}  padding {padding}   224 → {rows}")

# %% [markdown] lang="en"
# With 3×3, a stride of 2 and an even n, one row of zeros is enough. **On which side?** PyTorch's networks pad (k − 1)/2 on both.
# TensorFlow and JAX (`"SAME"`) pad as little as needed, and put the larger half **below and to the right**.

# %% [markdown] lang="ko"
# 3×3에 스트라이드가 2이고 n이 짝수이면 0은 한 줄로 충분합니다. **어느 쪽에 붙일까요?** PyTorch의 신경망은 양쪽에 (k − 1)/2개씩 붙입니다.
# TensorFlow와 JAX의 `"SAME"`은 필요한 만큼만 붙이고, 홀수여서 하나가 남으면 **아래와 오른쪽**에 붙입니다.

# %%
print("3x3/2 on 8:  ", conv.padding_of((8, 8), kernel=3, stride=2, padding="same")[0])
print("7x7/2 on 224:", conv.padding_of((224, 224), kernel=7, stride=2, padding="same")[0])

# %% [markdown] lang="en"
# How large is the difference? We apply a kernel that picks the middle of its window to an image whose values are the
# row numbers:

# %% [markdown] lang="ko"
# 이 차이가 얼마나 클까요? 창의 가운데 값만 고르는 커널을, 값이 행 번호인 이미지에 씁니다.

# %%
pick = np.zeros((3, 3, 1, 1))
pick[1, 1] = 1
numbers = np.repeat(np.arange(8.0)[:, None], 8, axis=1)[None, :, :, None]

# %%
for padding in 1, "same":
    picked, _ = conv.forward(numbers, pick, stride=2, padding=padding)
    print(f"{padding!s:5}", picked[0, :, 0, 0])

# %% [markdown] lang="en"
# The size is the same, but the pixels are one row further down. We apply four such layers to the photo, 224 → 14:

# %% [markdown] lang="ko"
# 크기는 같지만 고른 픽셀이 다릅니다. 한 행 아래입니다. 이런 층 네 개를 사진에 쓰면 224가 14가 됩니다.


# %%
def four_times(x, padding):
    for _ in range(4):
        x = conv.forward(x, pick, stride=2, padding=padding)[0]
    return x[0, :, :, 0]


# %%
both = {"PyTorch: 1": four_times(gray, 1), "SAME": four_times(gray, "same")}
both["difference"] = abs(both["SAME"] - both["PyTorch: 1"])
pictures(both, figsize=(8.4, 3))

# %% [markdown] lang="en"
# The shift has grown to 1 + 2 + 4 + 8 = 15 pixels, almost one position of 16 pixels. There is no error and every
# shape is right. But weights trained with one rule see a shifted picture under the other rule. BiT uses PyTorch's
# rule, Google's hybrids use SAME.

# %% [markdown] lang="ko"
# 어긋난 거리가 1 + 2 + 4 + 8 = 15픽셀로 늘어났습니다. 한 칸이 16픽셀이니 거의 한 칸입니다. 오류도 없고 shape도 모두 맞습니다. 하지만 한
# 규칙으로 학습한 가중치를 다른 규칙으로 쓰면 밀린 그림을 보게 됩니다. BiT는 PyTorch 방식, Google의 하이브리드는 SAME입니다.

# %%
shifted = np.roll(photo_x[0].mean(axis=-1), -15, axis=(0, 1))
assert np.allclose(both["SAME"], shifted[::16, ::16])

# %% [markdown] lang="en"
# ## Backward: two matrix products
# Forward is one product, `columns @ matrix`. So backward is that of step 2: columnsᵀ·dy for W, and dy·Wᵀ for the
# columns.

# %% [markdown] lang="ko"
# ## 역전파: 행렬곱 두 번
# 순전파가 `columns @ matrix` 하나였으니 역전파도 2단계와 같습니다. W에는 columnsᵀ·dy, columns에는 dy·Wᵀ입니다.

# %%
dy = rng.standard_normal(y.shape)
flat_dy, flat_columns = dy.reshape(-1, 5), windows(x, 3).reshape(-1, 36)
dW = (flat_columns.T @ flat_dy).reshape(W.shape)
dcolumns = (flat_dy @ W.reshape(36, 5).T).reshape(1, 7, 5, 3, 3, 4)

# %% [markdown] lang="en"
# A pixel is in up to nine windows. It is used up to nine times, so its gradient is a **sum**. Each window adds its
# gradient to the pixels it was copied from, with `+=`. How many windows contain each pixel of the 9×7 image?

# %% [markdown] lang="ko"
# 픽셀 하나는 창 아홉 개까지 들어갑니다. 아홉 번까지 쓰였으니 그래디언트는 그 **합**입니다. 창마다 그래디언트를 값을 복사해 온 자리에
# `+=`로 더합니다. 9×7 이미지의 픽셀은 각각 창 몇 개에 들어갈까요?


# %%
def scatter(dcolumns, shape, stride=1):
    _, rows, columns, k, _, _ = dcolumns.shape
    dx = np.zeros(shape)
    for u in range(k):
        for v in range(k):
            down = slice(u, u + (rows - 1) * stride + 1, stride)
            right = slice(v, v + (columns - 1) * stride + 1, stride)
            dx[:, down, right] += dcolumns[:, :, :, u, v]
    return dx


# %%
scatter(np.ones_like(dcolumns), x.shape)[0, :, :, 0].astype(int)

# %% [markdown] lang="en"
# A corner pixel is in one window, a middle pixel in nine. Both gradients agree with the library's:

# %% [markdown] lang="ko"
# 모서리는 하나, 가운데는 아홉 개입니다. 두 그래디언트 모두 라이브러리와 같습니다.

# %%
library_dx, library_dW = conv.backward(dy, conv.forward(x, W)[1])
assert np.allclose(scatter(dcolumns, x.shape), library_dx) and np.allclose(dW, library_dW)

# %% [markdown] lang="en"
# We combine this for any stride and check it. (Exercise 3 computes dx in a second way, as a convolution.)

# %% [markdown] lang="ko"
# 스트라이드까지 넣어 하나로 쓰고 검증합니다. (3번 연습 문제에서는 dx를 다른 방법, 곧 합성곱으로 씁니다.)


# %%
def forward(x, p, stride):
    return conv_product(x, p["W"], stride), (x, p["W"], stride)


# %%
def backward(dy, saved):
    x, W, stride = saved
    k, columns = len(W), windows(x, len(W), stride)
    flat_dy = dy.reshape(-1, W.shape[-1])
    dW = (columns.reshape(len(flat_dy), -1).T @ flat_dy).reshape(W.shape)
    dcolumns = dy @ W.reshape(-1, W.shape[-1]).T
    dx = scatter(dcolumns.reshape(*dcolumns.shape[:3], k, k, -1), x.shape, stride)
    return dx, {"W": dW}


# %%
report = gradcheck.check(lambda x, p: forward(x, p, 2), backward, x, {"W": W})
print(report)
assert report.ok

# %% [markdown] lang="en"
# ## Backward of ReLU and max-pooling
# ReLU passes the gradient where x > 0. Max-pooling gives the whole gradient to the position of the maximum. What if
# two values are equal?

# %% [markdown] lang="ko"
# ## ReLU와 최대 풀링의 역전파
# ReLU는 x > 0인 자리에만 그래디언트를 통과시킵니다. 최대 풀링은 가장 컸던 자리에 그래디언트를 모두 줍니다. 두 값이 같으면 어떻게 될까요?

# %%
a = np.array([[5.0, 5.0, 1.0], [2.0, 5.0, 3.0], [0.0, 1.0, 2.0]])[None, :, :, None]
largest, saved = pool.max_forward(a, kernel=3, stride=1)
pool.max_backward(np.ones_like(largest), saved)[0, :, :, 0]

# %% [markdown] lang="en"
# The **first** one, row by row, gets the gradient, as in PyTorch and JAX. If all three got it, the gradient would be
# three times too large. Ties are common: after ReLU many windows are all zeros.

# %% [markdown] lang="ko"
# PyTorch나 JAX처럼 행 순서로 **첫 번째**에 줍니다. 셋 모두에 주면 그래디언트가 세 배가 됩니다. 같은 값은 흔합니다. ReLU를 지나면 창 전체가 0인
# 경우가 많습니다.

# %%
b = relu.forward(rng.standard_normal((1, 56, 56, 64)) - 1)[0]
b_windows = windows(b, 3).reshape(-1, 9, 64)
(np.sort(b_windows, axis=1)[:, -2] == b_windows.max(axis=1)).mean()

# %% [markdown] lang="en"
# If 16% of the values are above zero, one window in five is all zeros: a tie. This has no effect here, because the
# derivative of ReLU at 0 is 0.

# %% [markdown] lang="ko"
# 0보다 큰 값이 16%이면 창 다섯 중 하나는 모두 0이라 최댓값이 겹칩니다. 여기서는 문제가 없습니다. 0에서 ReLU의 미분값이 0이기 때문입니다.

# %% [markdown] lang="en"
# ## GroupNorm
# GroupNorm is a LayerNorm (notebook 06) for images. Mean and variance are over all positions and over the C/G
# channels of one group of **one** image. Which values share a mean? Rows are images, columns are channels. Cells with
# the same number share a mean.

# %% [markdown] lang="ko"
# ## GroupNorm
# 이미지에 쓰는 LayerNorm(6번 노트북)입니다. 이미지 **하나**에서 모든 자리와 한 그룹의 채널 C/G개를 함께 정규화합니다. 어떤 값들이 평균을
# 함께 쓸까요? 행은 이미지, 열은 채널이고, 칸의 숫자는 평균의 번호입니다. 번호가 같으면 평균을 함께 씁니다.

# %%
n, ch = np.mgrid[0:4, 0:8]
means = {"BatchNorm": ch, "G = 1": n, "G = 4": 4 * n + ch // 2, "G = C": 8 * n + ch}

# %%
figure, axes = plt.subplots(1, 4, figsize=(9.6, 2.2), layout="constrained")
for ax, (title, mean) in zip(axes, means.items()):
    ax.imshow(mean * 7 % (mean.max() + 1), cmap="rainbow", alpha=0.5)
    ax.set(title=title, xticks=[], yticks=[])
    for row, column in np.ndindex(4, 8):
        ax.text(column, row, mean[row, column], ha="center", va="center", fontsize=10)

# %% [markdown] lang="en"
# G = 1 is LayerNorm over a whole image; G = C is called instance norm. BiT has G = 32. The root has 64 channels, so
# two channels per group.

# %% [markdown] lang="ko"
# G = 1은 이미지 전체의 LayerNorm이고, G = C는 인스턴스 정규화라고 합니다. BiT는 G = 32입니다. 루트의 채널 64개라면 그룹 하나에 채널이 둘입니다.


# %%
def group_norm_by_hand(x, groups, eps=1e-5):
    B, rows, columns, C = x.shape
    g = x.reshape(B, rows, columns, groups, C // groups)
    mean, var = (f(g, axis=(1, 2, 4), keepdims=True) for f in (np.mean, np.var))
    return ((g - mean) / np.sqrt(var + eps)).reshape(x.shape)


# %%
x = 3 + 2 * rng.standard_normal((4, 5, 5, 8))
ones = group_norm.init(channels=8, dtype="float64")
for groups in 1, 4, 8:
    y, _ = group_norm.forward(x, ones, groups=groups, eps=1e-5)
    assert np.allclose(y, group_norm_by_hand(x, groups))

# %% [markdown] lang="en"
# With G = 1 and one position (1×1) it is exactly the LayerNorm of a ViT (step 6):

# %% [markdown] lang="ko"
# G = 1이고 자리가 하나(1×1)뿐이면 ViT의 LayerNorm(6단계)과 똑같습니다.

# %%
one_place = x[:, :1, :1]
layer_norm, _ = s6_layer_norm.forward(one_place[:, 0], ones, eps=1e-5)
assert np.allclose(group_norm_by_hand(one_place, 1)[:, 0], layer_norm)

# %% [markdown] lang="en"
# What does the result for an image depend on? We make the *other* images of the batch brighter. BatchNorm takes its
# mean over the batch.

# %% [markdown] lang="ko"
# 이미지 하나의 결과는 무엇에 달려 있을까요? 배치의 *다른* 이미지를 밝게 해 봅니다. BatchNorm은 배치 전체에서 평균을 냅니다.


# %%
def batch_norm(x, eps=1e-5):
    return (x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + eps)


# %%
brighter = x.copy()
brighter[1:] += 10
norms = {"BatchNorm": batch_norm, "GroupNorm": lambda x: group_norm_by_hand(x, groups=4)}
for name, norm in norms.items():
    print(f"{name}: image 0 changes by {abs(norm(brighter)[0] - norm(x)[0]).max():.3f}")

# %% [markdown] lang="en"
# BiT is pre-trained with 4096 images per step, but only a few per chip, and fine-tuned with other batch sizes.
# GroupNorm gives the same result for one image or a thousand, in training and in testing. Its backward pass is
# LayerNorm's formula with means over the group:

# %% [markdown] lang="ko"
# BiT는 한 번에 4096장으로 사전 학습하지만 칩 하나에는 몇 장뿐이고, 미세 조정할 때는 배치가 또 다릅니다. GroupNorm은 한 장이든 천
# 장이든, 학습할 때든 테스트할 때든 결과가 같습니다. 역전파는 LayerNorm의 식에서 평균을 그룹 안에서 내는 것뿐입니다.

# %%
norm = lambda x, p: group_norm.forward(x, p, groups=4, eps=1e-5)
p_norm = gradcheck.random_like(ones, rng)
assert gradcheck.check(norm, group_norm.backward, x, p_norm).ok

# %% [markdown] lang="en"
# ## Why standardize the kernel?
# $$\hat W = \frac{W - \mathrm{mean}(W)}{\sqrt{\mathrm{var}(W) + \varepsilon}} \qquad \text{over } k \cdot k \cdot I, \text{ for each output channel}$$
# Before its use every kernel is shifted to mean 0 and scaled to variance 1. So a scaled or shifted kernel gives the
# same output:

# %% [markdown] lang="ko"
# ## 커널은 왜 표준화할까?
# $$\hat W = \frac{W - \mathrm{mean}(W)}{\sqrt{\mathrm{var}(W) + \varepsilon}} \qquad (k \cdot k \cdot I,\ \text{채널별})$$
# 커널을 쓰기 전에 출력 채널마다 평균을 0, 분산을 1로 만듭니다. 커널에 상수를 곱하거나 더해도 출력은 그대로입니다.

# %%
plain = lambda W: conv.forward(x, W)[0]
standard = lambda W: conv.forward(x, standardize.forward(W, eps=1e-10)[0])[0]
W = rng.standard_normal((3, 3, 8, 8)) / np.sqrt(72)

# %%
for name, f in {"plain": plain, "standardized": standard}.items():
    scaled, moved = (abs(f(other) - f(W)).max() for other in (10 * W, W + 0.1))
    print(f"{name:13} scaled by 10: {scaled:6.2f}   shifted by 0.1: {moved:6.2f}")

# %% [markdown] lang="en"
# A GroupNorm after the convolution would undo the scale too, but not the shift. We stack 30 layers of convolution,
# (norm,) ReLU with 64 channels. The kernels have standard deviation 0.042 and a mean of 0.02 instead of 0.

# %% [markdown] lang="ko"
# 곱한 상수는 뒤에 오는 GroupNorm도 없애 줍니다. 하지만 더한 상수는 없애지 못합니다. 합성곱, (정규화,) ReLU를 30층 쌓습니다. 채널은 64개, 커널의
# 표준편차는 0.042이고, 평균이 0.02만큼 치우쳐 있습니다.

# %%
ones_64 = group_norm.init(channels=64, dtype="float64")
upper = np.triu_indices(64, 1)  # every pair of channels once


# %%
def stack(*, norm, standardized, layers=30):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((2, 8, 8, 64))
    for _ in range(layers):
        W = rng.standard_normal((3, 3, 64, 64)) / 24 + 0.02
        W = standardize.forward(W, eps=1e-10)[0] if standardized else W
        x = conv.forward(x, W, padding=1)[0]
        x = group_norm.forward(x, ones_64, groups=8, eps=1e-5)[0] if norm else x
        yield x.std(), np.corrcoef(x.reshape(-1, 64).T)[upper].mean()
        x = relu.forward(x)[0]


# %%
cases = {"no norm": (False, False), "GN": (True, False), "GN, Ŵ": (True, True)}
grown = {c: np.array(list(stack(norm=n, standardized=s))) for c, (n, s) in cases.items()}

# %%
figure, axes = plt.subplots(1, 2, layout="constrained")
for name, style in zip(grown, ("-", "--", ":")):
    for ax, values in zip(axes, grown[name].T):
        ax.plot(range(1, 31), values, style, linewidth=3, label=name)
axes[0].set(yscale="log", title="σ of the output", xlabel="layer")
axes[1].set(title="correlation of 2 channels", xlabel="layer")
axes[1].legend()
plt.show()

# %% [markdown] lang="en"
# Without a norm σ explodes. With GroupNorm σ is 1 in every layer. But from layer 4 on all 64 channels compute **the
# same** (correlation above 0.99). The inputs come from ReLU and are never negative, so the kernels' common mean
# dominates their differences. With standardized kernels the correlation stays near 0.

# %% [markdown] lang="ko"
# 정규화가 없으면 σ가 폭발합니다. GroupNorm이 있으면 층마다 σ가 1이지만, 4층부터는 채널 64개가 모두 **같은 것**을 계산합니다(상관계수
# 0.99 이상). 입력이 ReLU를 지나 음수가 없으므로, 커널의 공통된 평균이 커널끼리의 차이보다 훨씬 크게 작용합니다. 커널을 표준화하면
# 상관계수가 0 근처에 머뭅니다.

# %%
assert grown["no norm"][-1, 0] > 1e20 and np.allclose(grown["GN"][:, 0], 1, atol=0.01)
assert grown["GN"][3:, 1].min() > 0.99 and abs(grown["GN, Ŵ"][:, 1]).max() < 0.05

# %% [markdown] lang="en"
# (Nothing in a plain convolution keeps the means of the kernels at 0. We chose this shift by hand. It was not
# measured in a training.)
#
# The position of ε differs: BiT has √(var + 1e-10), Google's hybrid σ + 1e-5. For ordinary kernels the results differ
# in the fourth digit.

# %% [markdown] lang="ko"
# (보통의 합성곱에는 커널의 평균을 0으로 유지하는 장치가 없습니다. 여기서 쓴 0.02는 우리가 정한 값이고, 학습에서 측정한 값은 아닙니다.)
#
# ε의 자리는 서로 다릅니다. BiT는 √(var + 1e-10), Google의 하이브리드는 σ + 1e-5입니다. 보통 커널이라면
# 넷째 자리쯤에서 다릅니다.

# %%
by_variance, _ = standardize.forward(W, eps=1e-10, form="variance")
by_std, _ = standardize.forward(W, eps=1e-5, form="std")
f"{abs(by_std / by_variance - 1).max():.0e}"

# %% [markdown] lang="en"
# ## The residual unit: pre-activation and post-activation
# A *bottleneck* is a 1×1 convolution to fewer channels, a 3×3 convolution, a 1×1 convolution back, and the shortcut.
# There are two orders.
#
# - **post-activation** (2015; the hybrid's stem): ReLU(x + branch). ReLU is *on* the residual path.
# - **pre-activation** (2016; BiT): x + branch, and the branch begins with GroupNorm and ReLU. Nothing is on the
#   residual path, as in a pre-norm Transformer block (notebook 09).

# %% [markdown] lang="ko"
# ## 잔차 유닛: pre-activation과 post-activation
# 1×1로 채널을 줄이고, 거기서 3×3, 다시 1×1로 늘린 다음 지름길(shortcut)을 더합니다. *보틀넥*이라고 합니다.
#
# - **post-activation** (2015, 하이브리드의 앞부분): ReLU(x + 가지(branch)). ReLU가 경로 *위*에 있습니다.
# - **pre-activation** (2016, BiT): x + 가지이고, 가지가 GroupNorm과 ReLU로 시작합니다. pre-norm Transformer 블록(9번 노트북)처럼
#   경로에는 아무것도 없습니다.

# %%
how = How(groups=8, norm_eps=1e-5, kernel_eps=1e-10, kernel_eps_at="variance", same=False)
x = rng.standard_normal((1, 8, 8, 32))


# %%
def unit(rng, *, pre):
    """Forward, backward, and random parameters of one unit."""
    p = bottleneck.init(rng, inputs=32, width=8, stride=1, pre=pre, dtype="float64")
    if pre:
        return bottleneck.pre_forward, bottleneck.pre_backward, p
    p["norm_3"]["gamma"][:] = 1  # it starts at 0; here the branch shall do something
    return bottleneck.post_forward, bottleneck.post_backward, p


# %% [markdown] lang="en"
# First we set the branch to 0 with its last layer. What is the output, and how much of dy arrives at x? Guess.

# %% [markdown] lang="ko"
# 먼저 가지의 마지막 층을 0으로 하여 가지의 출력을 0으로 만듭니다. 출력은 무엇이 되고, dy는 x까지 얼마나 도착할까요? 예상해 보세요.

# %%
dy = rng.standard_normal(x.shape)
for pre, last in (True, "conv_3"), (False, "norm_3"):
    f, f_backward, p = unit(rng, pre=pre)
    p[last] = {name: np.zeros_like(leaf) for name, leaf in p[last].items()}
    y, saved = f(x, p, how, stride=1)
    arrived = (f_backward(dy, saved)[0] == dy).mean()
    print(f"pre={pre}:  y = x: {(y == x).all()}   share of dy that arrives: {arrived:.2f}")

# %% [markdown] lang="en"
# Pre-activation is the identity, and all of dy arrives. Post-activation sets the negative half of x to 0, and half of dy is lost.

# %% [markdown] lang="ko"
# pre-activation은 항등 함수가 되고 dy가 모두 도착합니다. post-activation은 x의 음수 절반을 0으로 만들고, dy도 절반을 잃습니다.

# %% [markdown] lang="en"
# Now we take 16 units with active branches. We compute the gradient norm from unit 16 backward, with and without the
# shortcut.

# %% [markdown] lang="ko"
# 이제 가지가 0이 아닌 유닛 16개를 씁니다. 16번째 유닛부터 거꾸로 가며 그래디언트의 크기를 봅니다. 지름길을 뺀 경우도 함께 봅니다.


# %%
def norms(*, pre, shortcut=True):
    rng, z, after = np.random.default_rng(0), x, []
    for _ in range(16):
        f, f_backward, p = unit(rng, pre=pre)
        y, saved = f(z, p, how, stride=1)
        z = y if shortcut else y - z
        after.append(saved)
    dz = dy
    for saved in reversed(after):
        dx, _ = f_backward(dz, saved)
        dz = dx if shortcut else dx - dz
        yield np.linalg.norm(dz) / np.linalg.norm(dy)


# %%
gradient = {"pre": list(norms(pre=True)), "post": list(norms(pre=False))}
gradient["no shortcut"] = list(norms(pre=True, shortcut=False))
for (name, values), style in zip(gradient.items(), ("o-", "s--", "^:")):
    plt.semilogy(range(16, 0, -1), values, style, label=name)
plt.xlabel("unit")
plt.ylabel("|dx| ÷ |dy|")
plt.gca().invert_xaxis()
plt.legend()
plt.show()

# %% [markdown] lang="en"
# Without the shortcut the gradient grows in every unit, by a factor of 12,000 in all. With it the factor is about 50.
# Why does it grow? ReLU halves the square of a gradient. It also reduces the variance from 1 to 1/2 − 1/2π = 0.34,
# and the next norm scales it back to 1. In the backward pass this norm multiplies the gradient by the same factor.
# This gives √(0.5 ÷ 0.34) = 1.21 for each of a unit's three convolutions, and 1.21⁴⁸ is about 10,000. With the
# shortcut σ of the sum grows from unit to unit, and the next norm divides the branch's gradient by it.

# %% [markdown] lang="ko"
# 지름길이 없으면 그래디언트가 유닛마다 커져 끝에는 1만 2천 배가 됩니다. 지름길이 있으면 50배쯤입니다. 왜 커질까요? ReLU는 그래디언트의 제곱을
# 절반으로 줄입니다. 그런데 들어온 분산 1은 1/2 − 1/2π = 0.34만 남고, 다음 정규화가 이를 다시 1로 만듭니다. 역전파에서는 같은 배율이 그래디언트에
# 곱해집니다. 유닛의 합성곱 셋 각각에서 √(0.5 ÷ 0.34) = 1.21배이고, 1.21⁴⁸은 1만쯤입니다. 지름길이 있으면 합의 σ가 유닛마다 커지고,
# 다음 정규화가 가지의 그래디언트를 그만큼 나눕니다.

# %%
gain = float(np.sqrt(0.5 / (0.5 - 0.5 / np.pi)))
gain, gain**48

# %%
assert gradient["no shortcut"][-1] > 1e4 > 100 > max(gradient["pre"] + gradient["post"])

# %% [markdown] lang="en"
# ## The receptive field of one position
# A position of y depends on a window of the image: its *receptive field*. We send a gradient of 1 back from the
# middle position through 3×3 layers with all weights 1/9, and see where it arrives.

# %% [markdown] lang="ko"
# ## 특징 맵 한 자리의 수용 영역
# y의 한 자리가 의존하는 이미지의 창을 *수용 영역*이라고 합니다. 가운데 자리에서 1을 역전파로 보내 어디에 도착하는지 봅니다. 커널은 3×3이고
# 값이 모두 1/9입니다.


# %%
def reached(layers):
    x, third = np.zeros((1, 41, 41, 1)), np.full((3, 3, 1, 1), 1 / 9)
    saved = [conv.forward(x, third, padding=1)[1]] * layers  # linear: x does not matter
    dx = x.copy()
    dx[0, 20, 20] = 1
    for each in saved:
        dx = conv.backward(dx, each)[0]
    return dx[0, :, :, 0]


# %%
for layers in (1, 3, 10):
    print(f"L = {layers:2}: {(reached(layers)[20] > 0).sum():2} pixels wide")
pictures({f"L = {layers}": reached(layers) / reached(layers).max() for layers in (1, 3, 10)})

# %% [markdown] lang="en"
# The receptive field has 2L + 1 pixels, and the middle counts most. Strides make it grow faster. For the stem of
# R50+B/16 we use the rule of notebook 18: each layer adds (k − 1) positions of its input, and a position is j pixels.

# %% [markdown] lang="ko"
# 수용 영역은 2L + 1픽셀이고, 가운데의 비중이 가장 큽니다. 스트라이드가 있으면 더 빨리 넓어집니다. R50+B/16의 앞부분을 18번 노트북의
# 규칙으로 계산합니다. 층마다 입력의 (k − 1)칸만큼 넓어지고, 한 칸은 j픽셀입니다.

# %%
r, j = 1, 1
layers = [(7, 2), (3, 2)] + [(3, stride) for _, _, stride in resnet.units((3, 4, 9))]
for k, stride in layers:
    r, j = r + (k - 1) * j, j * stride
r, j

# %% [markdown] lang="en"
# Neighboring positions of the hybrid's feature map are 16 pixels apart, like the patches of B/16. But a patch sees 16
# pixels, and the position sees 363, more than the photo's 224. (GroupNorm's means are over all positions anyway.)

# %% [markdown] lang="ko"
# 하이브리드의 특징 맵에서 이웃한 두 자리는 16픽셀 떨어져 있습니다. B/16의 패치와 같습니다. 하지만 패치가 본 것은 16픽셀이고, 특징 맵의 한 자리는
# 363픽셀, 224픽셀인 사진보다 넓은 영역을 봅니다. (GroupNorm의 평균은 어차피 모든 자리에 걸쳐 있습니다.)

# %%
assert (r, j) == (363, 16)

# %% [markdown] lang="en"
# ## BiT: R50x1 at 224
# After the root (7×7/2, max-pool/2) come four stages of 3, 4, 6 and 3 units. The first stage keeps the rows and
# expands 64 channels to 256. Each later stage halves the rows and doubles the channels. We run the photo through it
# with random weights.

# %% [markdown] lang="ko"
# ## BiT: 224픽셀의 R50x1
# 루트(7×7/2, 최대 풀링/2) 다음에 유닛 3, 4, 6, 3개짜리 스테이지 넷이 옵니다. 첫 스테이지는 행을 그대로 두고 채널 64개를 256개로 늘립니다.
# 나머지는 스테이지마다 행이 절반, 채널이 두 배가 됩니다. 사진을 통과시켜 봅시다. 가중치는 난수입니다.

# %%
config = vitnp.preset("R50x1")
p = bit.init(rng, config)
photo_32 = photo_x.astype(np.float32)
x, _ = resnet.root_forward(photo_32, p["root"], config.how)
maps = {"root": x}

# %%
for stage in p["stages"]:
    for number, p_unit in p["stages"][stage].items():
        stride = 2 if stage > 0 and number == 0 else 1
        x, _ = bottleneck.pre_forward(x, p_unit, config.how, stride=stride)
    maps[f"stage {stage + 1}"] = x
{name: x.shape[1:] for name, x in maps.items()}

# %% [markdown] lang="en"
# From root to end the number of positions shrinks by 64, and the number of channels grows by 32. The pictures show
# channel 1 of each map. Up to stage 2 the pagoda is visible; after that a position is 16 and 32 pixels wide. The
# border effect comes from the zeros of the padding.

# %% [markdown] lang="ko"
# 루트에서 끝까지 자리는 64분의 1로 줄고 채널은 32배로 늘어납니다. 각 특징 맵의 1번 채널입니다. 스테이지
# 2까지는 탑의 모양이 보이고, 그다음부터는 한 칸이 16픽셀, 32픽셀입니다. 둘레의 테두리는 패딩의 0 때문에 생깁니다.

# %%
channel_1 = {f"{name}: {x.shape[1]}²": x[0, :, :, 1] for name, x in maps.items()}
pictures(channel_1, figsize=(9.6, 2.3))

# %% [markdown] lang="en"
# At the end come GroupNorm, ReLU, the mean over the 49 positions, and the head. So step 8 with `classifier="gap"`
# reads the last map as 49 tokens of 2048 values.

# %% [markdown] lang="ko"
# 끝은 GroupNorm, ReLU, 49개 자리의 평균, 그리고 헤드입니다. 마지막 특징 맵을 2048차원 토큰 49개로 보고, `classifier="gap"`인 8단계에 넘기는
# 것입니다.

# %%
multiply_adds = sum(bit.multiply_adds(config).values())
f"{tree.count(p):,} parameters, {multiply_adds / 1e9:.1f} G multiply–adds"

# %%
assert [x.shape[1:] for x in maps.values()][1:] == [
    (56, 56, 256),
    (28, 28, 512),
    (14, 14, 1024),
    (7, 7, 2048),
]
assert tree.count(p) == 25_549_352

# %% [markdown] lang="en"
# ## The hybrid: a feature map instead of the image
# The ResNet of R50+B/16 stops after three stages (3, 4, 9 units) with 14×14×1024. Step 1 with **1×1** patches gives
# 196 patches of 1024 values. Step 2 maps 1024 → 768. The rest is B/16. (We use one of its twelve blocks here.)

# %% [markdown] lang="ko"
# ## 하이브리드: 이미지 대신 특징 맵
# R50+B/16은 스테이지 셋(유닛 3, 4, 9개)에서 멈춥니다. 14×14×1024입니다. 거기에 **1×1** 패치로 1단계를 적용하면 값이 1024개인 패치가 196개
# 나옵니다. 2단계는 1024 → 768입니다. 그다음은 B/16과 같습니다. (여기서는 블록 12개 중 하나만 씁니다.)

# %%
config = vitnp.preset("R50+B/16", num_layers=1)
p = hybrid.init(rng, config)
x, _ = resnet.root_forward(photo_32, p["stem"]["root"], config.how)
feature_map, _ = resnet.stages_forward(x, p["stem"]["stages"], config.how, pre=False)
feature_map.shape

# %%
patches, _ = s1_patchify.forward(feature_map, patch_size=1)
tokens, _ = s2_project.forward(patches, p["project"])
patches.shape, tokens.shape

# %% [markdown] lang="en"
# So the hybrid is a ViT whose image has 14×14 pixels and 1024 channels. We test this: an ordinary ViT of this size
# gets the hybrid's parameters and the feature map.

# %% [markdown] lang="ko"
# 곧 하이브리드는 14×14픽셀에 채널이 1024개인 이미지를 받는 ViT입니다. 이 말을 그대로 코드로 옮겨 봅니다. 그런 크기의 보통 ViT에 하이브리드의
# 파라미터를 넣고 특징 맵을 줍니다.

# %%
image = {"image_size": 14, "in_channels": 1024, "patch_size": 1}
vit_config = vitnp.preset("B/16", num_layers=1, **image)
vit_p = {name: part for name, part in p.items() if name != "stem"}
vit_p["classify"]["head"]["W"][:] = rng.standard_normal((768, 1000)) / 28  # it starts at 0
t = vitnp.trace(feature_map, vit_p, vit_config)

# %%
by_hybrid, _ = hybrid.forward(photo_32, p, config)
abs(by_hybrid - t["logits"]).max()

# %%
assert np.allclose(by_hybrid, t["logits"], rtol=1e-4, atol=1e-5) and abs(by_hybrid).max() > 0.1

# %% [markdown] lang="en"
# On the slide's rows "feature map" replaces the image. Only the first three rows change:

# %% [markdown] lang="ko"
# 슬라이드의 행을 보면, 이미지 자리에 특징 맵이 들어갑니다. 달라지는 것은 처음 세 줄뿐입니다.

# %%
checked = [c for c in slides.check(t.shapes, vit_config) if c.row.step in (1, 2, 3, 4, 8)]
for c in checked:
    name = {"image": "feature map"}.get(c.tensor.name, c.tensor.name)
    beside = f"{c.got!s:20} slide: {c.tensor.printed!s:20}"
    print(f"{c.row.step}  {name:14} {beside} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)
assert tokens.shape == (1, 196, 768) and (tokens == t["patch_tokens"]).all()

# %% [markdown] lang="en"
# (224x244 and 768 are the slide's; the first is a misprint, see notebook 01.) `vitnp walk --model R50+B/16` prints
# all rows, the ResNet's too. What share of all multiply–adds belongs to the stem?

# %% [markdown] lang="ko"
# (224x244와 768은 슬라이드의 값이고, 앞의 것은 오타입니다. 1번 노트북을 보세요.) ResNet의 행까지 모두 보려면
# `vitnp walk --model R50+B/16`을 실행합니다. 전체 곱셈-덧셈 가운데 앞부분(stem)의 비율은 얼마일까요?

# %%
for name in "R+Ti/16 R26+S/32 R50+B/16 R50+B/32 R50+L/16 R50+L/32".split():
    c = vitnp.preset(name)
    costs = hybrid.multiply_adds(c)
    stem = sum(costs[part] for part in costs if part.startswith("stem")) / sum(costs.values())
    feature_map = f"map {c.map_size!s:8} x {c.map_channels:4}"
    print(f"{name:9} {feature_map}  {c.num_patches:3} patches  stem {stem:.0%}")

# %% [markdown] lang="en"
# R+Ti/16 has only the root, and patches of 8×8 positions of its 56×56 map. A patch is 32 pixels, so it is really a
# "/32". What is the benefit of a stem? In the paper's Figure 5 hybrids are better than ViTs at low cost, and the lead
# vanishes for large models (notebook 17).

# %% [markdown] lang="ko"
# R+Ti/16은 루트뿐이고, 56×56 특징 맵을 8×8칸짜리 패치로 자릅니다. 패치가 32픽셀이니 사실은 "/32"입니다. 앞부분(stem)의 장점은
# 무엇일까요? 논문 그림 5를 보면 비용이 작을 때는 하이브리드가 ViT보다 앞서고, 모델이 커지면 그 차이가 사라집니다(17번 노트북).

# %% [markdown] lang="en"
# ## Questions
# - A convolution uses the same kernel everywhere. In which step of a ViT does the same happen? (Steps 2 and 7, and W_Q, W_K, W_V.)
# - Which step of a ViT has weights that depend on the content, unlike a convolution? (Step 5.)
# - Why do the convolutions here have no bias? (The norm after them subtracts the mean and adds β. With several
#   channels per group a bias would not vanish completely, but β is enough.)
# - Which of the two networks can take an image of a different size without change? (BiT: none of its parameters
#   depends on the image size. The hybrid's position embedding does, as in a ViT.)

# %% [markdown] lang="ko"
# ## 생각해 볼 질문
# - 합성곱은 어디서나 같은 커널을 씁니다. ViT에서는 어느 단계가 그렇습니까? (2단계와 7단계, 그리고 W_Q, W_K, W_V.)
# - 합성곱에 없는 것, 곧 내용에 따라 달라지는 가중치는 ViT의 어느 층에 있습니까? (5단계.)
# - 여기서 합성곱에 편향이 없는 이유는 무엇입니까? (뒤의 정규화가 평균을 빼고 β를 더합니다. 그룹에 채널이 여럿이면 편향이 완전히
#   사라지지는 않지만 β로 충분합니다.)
# - 두 모델 가운데 다른 크기의 이미지를 그대로 받을 수 있는 것은 무엇입니까? (BiT입니다. 이미지 크기에 달린 파라미터가 없습니다.
#   하이브리드는 ViT처럼 포지셔널 임베딩이 크기에 달려 있습니다.)

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ R50x1 gets a photo of 384×384. How many rows does the map have after the root, and after each of the four
# stages? Five numbers.

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ R50x1에 384×384 사진을 넣습니다. 루트 뒤와 스테이지 네 개 뒤의 특징 맵은 각각 몇 행입니까? 숫자 다섯 개로 답하세요.

# %% tags=["exercise"]
rows = ...

# %% tags=["solution"]
rows = [96, 96, 48, 24, 12]

# %% tags=["check"]
check("19.1", rows)

# %% [markdown] lang="en"
# **2.** ★★ Write TensorFlow's SAME: (before, after) for n rows, a kernel k and a stride s, so that there are ⌈n/s⌉
# rows. Zeros on the wrong side shift the picture.

# %% [markdown] lang="ko"
# **2.** ★★ TensorFlow의 SAME을 쓰세요. n행, 커널 k, 스트라이드 s일 때 출력이 ⌈n/s⌉행이 되도록 앞과 뒤에 붙일 0의 개수 (앞, 뒤)입니다. 0을 반대쪽에 붙이면 그림이
# 밀립니다.


# %% tags=["exercise"]
def same(n, k, s):
    return ...


# %% tags=["solution"]
def same(n, k, s):
    rows = -(-n // s)
    total = max((rows - 1) * s + k - n, 0)
    return total // 2, total - total // 2


# %% tags=["check"]
check("19.2", same)

# %% [markdown] lang="en"
# **3.** ★★★ With stride 1, dx is also a convolution. It takes dy with k − 1 zeros on each side, and the kernel
# **rotated by 180°** with its two channel axes swapped. Write it with `conv.forward`. It must pass the gradient
# check.

# %% [markdown] lang="ko"
# **3.** ★★★ 스트라이드가 1이면 dx도 합성곱입니다. dy의 둘레에 0을 k − 1줄 붙이고, 커널은 **180도 돌리고** 두 채널 축을 맞바꿉니다.
# `conv.forward`로 쓰세요. 그래디언트 검증을 통과해야 합니다.


# %% tags=["exercise"]
def dx_by_convolution(dy, W):
    return ...


# %% tags=["solution"]
def dx_by_convolution(dy, W):
    return conv.forward(dy, W[::-1, ::-1].swapaxes(2, 3), padding=len(W) - 1)[0]


# %% tags=["check"]
check("19.3", dx_by_convolution)

# %% [markdown] lang="en"
# **4.** ★★★ Write the backward pass of the standardized kernel from `dŴ` and `saved = (Ŵ, 1/√(v + ε))`. It is
# LayerNorm's one-line formula with means over the first three axes.

# %% [markdown] lang="ko"
# **4.** ★★★ 커널 표준화의 역전파를 `dŴ`와 `saved = (Ŵ, 1/√(v + ε))`로 쓰세요. LayerNorm의 한 줄에서 평균을 앞의 세 축으로 내면 됩니다.


# %%
def standardize_forward(W, eps=1e-10):
    c = W - W.mean(axis=(0, 1, 2))
    scale = ((c * c).mean(axis=(0, 1, 2)) + eps) ** -0.5
    return c * scale, (c * scale, scale)


# %% tags=["exercise"]
def standardize_backward(dy, saved):
    return ...


# %% tags=["solution"]
def standardize_backward(dy, saved):
    y, scale = saved
    along_mean = dy.mean(axis=(0, 1, 2))
    along_y = (dy * y).mean(axis=(0, 1, 2))
    return (dy - along_mean - y * along_y) * scale


# %% tags=["check"]
check("19.4", standardize_backward)

# %% [markdown] lang="en"
# **5.** ★ How many tokens, including [CLS], do R50+B/16, R50+B/32 and R+Ti/16 have at 384×384? Three numbers.

# %% [markdown] lang="ko"
# **5.** ★ 384×384에서 R50+B/16, R50+B/32, R+Ti/16의 토큰은 [CLS]까지 각각 몇 개입니까? 숫자 세 개로 답하세요.

# %% tags=["exercise"]
counts = ...

# %% tags=["solution"]
counts = [24 * 24 + 1, 12 * 12 + 1, 12 * 12 + 1]

# %% tags=["check"]
check("19.5", counts)

# %% [markdown] lang="en"
# **Explain.** BiT is trained with few images per device. Why does it use GroupNorm with standardized kernels and not BatchNorm?

# %% [markdown] lang="ko"
# **설명해 보세요.** BiT는 장치마다 이미지를 조금씩만 두고 학습합니다. 왜 BatchNorm이 아니라 GroupNorm과 커널 표준화를 쓸까요?

# %% [markdown] lang="en" tags=["solution"]
# BatchNorm takes mean and variance over the batch. With few images they are noisy, and the output for one image
# depends on the others, in training but not in testing. GroupNorm takes them over groups of channels of one image, so
# the batch does not matter. With GroupNorm alone the channels become more and more similar. Standardized kernels have
# mean 0, which prevents this.

# %% [markdown] lang="ko" tags=["solution"]
# BatchNorm은 배치 전체에서 평균과 분산을 구합니다. 이미지가 적으면 값이 흔들리고, 한 이미지의 출력이 다른 이미지에 따라 달라집니다. 학습할 때는 그렇고
# 테스트할 때는 아닙니다. GroupNorm은 이미지 한 장의 채널 그룹 안에서 구하므로 배치와 상관이 없습니다. 그것만 쓰면 채널들이 점점 비슷해지는데, 표준화한
# 커널은 평균이 0이라서 이를 막아 줍니다.
