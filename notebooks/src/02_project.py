# %% [markdown] lang="en"
# # 2 · From patches to tokens: the linear projection
# **2단계: 패치 임베딩(Linear Projection)** · *Step 2: patch embedding (linear projection)*
#
# Deck 003, step 2 · file `vitnp/steps/s2_project.py` · **20 minutes to show, 40 with the exercises** · [solutions](solutions/02_project.ipynb)
#
# After this notebook you can
# - turn 196 patches into 196 tokens of the model's width, and explain what one column of W does,
# - show that this is a convolution of stride 16,
# - derive the three gradients of x·W + b from single products, and write them in three lines of code.

# %% [markdown] lang="ko"
# # 2 · 패치에서 토큰으로: 선형 투영
# **2단계: 패치 임베딩(Linear Projection)** · *Step 2: patch embedding (linear projection)*
#
# 강의자료 003, 2단계 · 파일 `vitnp/steps/s2_project.py` · **시연 20분, 실습 포함 40분** · [풀이](../solutions/ko/02_project.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 패치 196개를 모델 차원의 토큰 196개로 바꾸고, W의 열 하나가 하는 일을 설명한다.
# - 이 연산이 스트라이드 16인 합성곱과 같음을 보인다.
# - x·W + b의 세 그래디언트를 곱 하나에서부터 유도하고 세 줄의 코드로 쓴다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import matplotlib.pyplot as plt
import numpy as np
import scipy.signal

import vitnp
from vitnp import gradcheck
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.data import photo
from vitnp.steps import s1_patchify, s2_project

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## 패치 임베딩 - 전체 패치 · all patches
# Step 1 gave us 196 patches of 768 values. The model reads values from −1 to 1, not from 0 to 255.

# %% [markdown] lang="ko"
# ## 2단계: 패치 임베딩 - 전체 패치
# 1단계에서 값 768개짜리 패치 196개를 얻었습니다. 모델은 0…255가 아니라 −1…1 범위의 값을 읽습니다.

# %%
image = photo.sample((224, 224))
scaled = image / 127.5 - 1
patches, _ = s1_patchify.forward(scaled[None], patch_size=16)
patches.shape, patches.min(), patches.max()

# %% [markdown] lang="en"
# ## 왜 Linear Projection을 진행할까? · why a linear projection?
# The slide's answer: to match the model's width D. The patch size P determines the length of a patch; we choose the width
# of the model.

# %% [markdown] lang="ko"
# ## 왜 Linear Projection을 진행할까?
# 슬라이드의 답은 "모델 차원 D에 맞춰주기 위해서"입니다. 패치의 차원은 패치 크기 P에 따라 정해지고, 모델 차원 D는 우리가
# 정합니다.

# %%
for name in ("S/16", "B/16", "B/32", "L/16", "H/14"):
    c = vitnp.preset(name)
    print(f"ViT-{name}   patch {c.patch_dim:5}   →   token {c.hidden_size:5}")

# %% [markdown] lang="en"
# In ViT-B/16 both happen to be 768. The projection is still needed: it turns *pixels* into *features*, and it is learned.
# A small example shows what a feature is.

# %% [markdown] lang="ko"
# ViT-B/16에서 둘 다 768인 것은 우연입니다. 그래도 투영은 필요합니다. 투영은 *픽셀*을 *특징*으로 바꾸고, 그 방법을 학습합니다.
# 특징이 무엇인지는 작은 예로 봅시다.

# %% [markdown] lang="en"
# ## Three filters, four pixels
# A patch has 2×2 gray values here. Each column of $W$ is a filter: brightness, left minus right, top minus bottom.

# %% [markdown] lang="ko"
# ## 픽셀 네 개, 필터 세 개
# 2×2 흑백 패치입니다. $W$의 열 하나가 필터 하나입니다. 차례로 밝기, 왼쪽과 오른쪽의 차이, 위와 아래의 차이를 구합니다.

# %%
W = np.array([[1, 1, 1], [1, -1, 1], [1, 1, -1], [1, -1, -1]]) / 4

# %%
figure, axes = plt.subplots(1, 3, layout="constrained")
for ax, name, column in zip(axes, ("brightness", "left − right", "top − bottom"), W.T):
    ax.imshow(column.reshape(2, 2), cmap="gray", vmin=-0.25, vmax=0.25)
    ax.set(title=name, xticks=[], yticks=[])

# %% [markdown] lang="en"
# Take three patches: all white, white on the left, white on top (1 is white, −1 black). The values of a token say how well
# its patch matches each filter.

# %% [markdown] lang="ko"
# 패치 세 개를 넣습니다. 전부 흰색, 왼쪽만 흰색, 위쪽만 흰색입니다(1이 흰색, −1이 검은색). 토큰의 값은 패치가 각 필터와 얼마나
# 비슷한지를 나타냅니다.

# %%
x = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1]])
x @ W

# %% [markdown] lang="en"
# Now apply the same three filters, at 16×16, to the photo. There is one value per patch and filter, so 14×14 values per
# filter.

# %% [markdown] lang="ko"
# 같은 필터 세 개를 16×16 크기로 만들어 사진에 적용합니다. 패치와 필터마다 값이 하나이므로, 필터마다 14×14개가 나옵니다.

# %%
half = np.repeat([1, -1], 8)  # eight times 1, then eight times −1
filters = [np.ones((16, 16)), np.ones((16, 1)) * half, half[:, None] * np.ones(16)]
W3 = np.stack([np.repeat(f.reshape(-1), 3) for f in filters], axis=1) / 768
tokens3 = patches[0] @ W3
W3.shape, tokens3.shape

# %%
names = ("brightness", "left − right", "top − bottom")
figure, axes = plt.subplots(1, 4, layout="constrained")
axes[0].imshow(image)
for ax, name, feature in zip(axes[1:], names, tokens3.T):
    ax.imshow(feature.reshape(14, 14), cmap="gray")
    ax.set_title(name)
for ax in axes:
    ax.axis("off")

# %% [markdown] lang="en"
# A ViT is not given such filters. It has D filters and learns all of them.

# %% [markdown] lang="ko"
# ViT에게는 이런 필터를 알려 주지 않습니다. D개의 필터를 전부 스스로 학습합니다.

# %% [markdown] lang="en"
# ## 196개의 패치 토큰(임베딩 벡터) · 196 patch tokens
# $$x = x_p \cdot W + b, \qquad W \in \mathbb{R}^{768\times D},\; b \in \mathbb{R}^{D}$$
# Now use the size of the slide, D = 768. The initial values are random, as in the released code.

# %% [markdown] lang="ko"
# ## 2단계: 196개의 패치 토큰(임베딩 벡터)
# $$x = x_p \cdot W + b, \qquad W \in \mathbb{R}^{768\times D},\; b \in \mathbb{R}^{D}$$
# 이제 슬라이드의 크기인 D = 768을 씁니다. 공개된 코드와 같은 방식의 난수로 초기화합니다.

# %%
rng = np.random.default_rng(0)
p = s2_project.init(rng, patch_dim=768, hidden_size=768, dtype=np.float64)
W, b = p["W"], p["b"]
W.shape, b.shape, W.size + b.size

# %% [markdown] lang="en"
# The function takes a batch: B images of N patches. `saved` holds both factors of the product, because the gradient of
# each needs the other.

# %% [markdown] lang="ko"
# 함수는 배치를 받습니다. 이미지 B장에 패치가 N개씩입니다. 한 인수의 그래디언트에는 다른 인수가 필요하므로 두 인수를 모두
# `saved`에 남깁니다.


# %% tags=["student"]
def forward(x_p, p):
    x = x_p @ p["W"] + p["b"]
    return x, (x_p, p["W"])


# %%
tokens, saved = forward(patches, p)
tokens.shape

# %% [markdown] lang="en"
# All patches share one $W$, but each patch is projected by itself. If we change patch 20, only token 20 changes. Patches
# exchange information in step 5.

# %% [markdown] lang="ko"
# 모든 패치에 같은 $W$를 쓰고, 패치는 서로 섞이지 않습니다. 20번 패치를 바꾸면 20번 토큰만 변합니다. 패치끼리 정보를 주고받는
# 것은 5단계입니다.

# %%
other = patches.copy()
other[0, 20] = 0
changed = (forward(other, p)[0] != tokens).any(axis=-1)[0]
np.flatnonzero(changed)

# %%
assert list(np.flatnonzero(changed)) == [20]

# %% [markdown] lang="en"
# ## Is it a convolution?
# Yes. Reshape every column of $W$ into a square: this gives 768 kernels of 16×16×3.

# %% [markdown] lang="ko"
# ## 선형 투영은 합성곱일까?
# 그렇습니다. $W$의 열을 정사각형으로 reshape하면 16×16×3 커널 768개가 됩니다.

# %%
kernel = W.reshape(16, 16, 3, 768)
kernel.shape

# %% [markdown] lang="en"
# Place a kernel on the image, multiply, sum, and move on by 16 pixels: this distance is the **stride**. The stride equals
# the kernel size, so the windows do not overlap.

# %% [markdown] lang="ko"
# 커널을 이미지 위에 놓고 곱해서 더한 뒤 16픽셀씩 옮깁니다. 이 간격이 **스트라이드**입니다. 커널의 크기와 스트라이드가 같아서
# 창이 겹치지 않습니다.

# %%
starts = range(0, 224, 16)
windows = [scaled[r : r + 16, c : c + 16] for r in starts for c in starts]
by_convolution = np.stack([np.tensordot(window, kernel, axes=3) + b for window in windows])
assert np.allclose(by_convolution, tokens[0])

# %% [markdown] lang="en"
# Compare with SciPy, for filter 5. Its stride is 1, so it gives 209×209 results; we keep every 16th. (A convolution in
# deep learning does not flip the kernel. Mathematics calls this a *correlation*.)

# %% [markdown] lang="ko"
# 5번 필터의 결과를 SciPy와도 비교해 봅시다. SciPy는 1픽셀씩 옮기므로 결과가 209×209개이고, 그중 16칸마다 하나씩 골라냅니다.
# (딥러닝의 합성곱은 커널을 뒤집지 않습니다. 수학에서는 이것을 *상관*(correlation)이라고 부릅니다.)

# %%
dense = scipy.signal.correlate(scaled, kernel[..., 5], mode="valid")[..., 0]
dense.shape, dense[::16, ::16].shape

# %%
assert np.allclose(dense[::16, ::16].reshape(196) + b[5], tokens[0, :, 5])

# %% [markdown] lang="en"
# That is why many implementations use `Conv2d(3, 768, kernel_size=16, stride=16)` here. The two operations are the same.

# %% [markdown] lang="ko"
# 그래서 이 자리에 `Conv2d(3, 768, kernel_size=16, stride=16)`을 쓰는 코드가 많습니다. 둘은 완전히 같은 연산입니다.

# %% [markdown] lang="en"
# ## The shape on the slide

# %% [markdown] lang="ko"
# ## 슬라이드의 shape와 비교

# %%
shapes = {"patch_tokens": tokens.shape}
checked = [c for c in slides.check(shapes, vitnp.preset("B/16")) if c.row.step == 2]
for c in checked:
    print(f"{c.tensor.slide_name:18} {c.printed!s:21} {c.got!s:21} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)
assert tokens.shape == (1, 196, 768)

# %% [markdown] lang="en"
# ## Backward: one product
# Write one token value by value:
# $$y_o = \sum_i x_i\, W_{io} + b_o$$
# A product has two factors. The gradient of each factor is the *other* factor times the upstream gradient.

# %% [markdown] lang="ko"
# ## 역전파: 곱 하나부터
# 토큰 하나를 값 하나하나로 풀어 씁니다.
# $$y_o = \sum_i x_i\, W_{io} + b_o$$
# 곱에는 인수가 둘 있습니다. 한 인수의 그래디언트는 *다른* 인수에 상류에서 온 그래디언트를 곱한 값입니다.

# %%
x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])  # two patches of three values
W_tiny = np.array([[1.0, 0.0], [2.0, 1.0], [0.0, -1.0]])  # two filters
dy = np.array([[1.0, 10.0], [0.0, 1.0]])

# %% [markdown] lang="en"
# **Weights.** $W_{io}$ is multiplied by $x_i$ and contributes to $y_o$. So patch 0 alone gives $dW_{io} = x_i\,dy_o$, an
# outer product.

# %% [markdown] lang="ko"
# **가중치.** $W_{io}$는 $x_i$와 곱해져 $y_o$에 더해집니다. 따라서 0번 패치만 보면 $dW_{io} = x_i\,dy_o$, 곧 외적입니다.

# %%
np.outer(x[0], dy[0])

# %% [markdown] lang="en"
# Patch 1 used the same $W$, so its gradient is **added**. The sum of outer products is one matrix product, $x^\top dy$.

# %% [markdown] lang="ko"
# 1번 패치도 같은 $W$를 썼으므로 그 그래디언트를 **더합니다**. 외적의 합은 행렬 곱 하나, $x^\top dy$입니다.

# %%
dW = np.outer(x[0], dy[0]) + np.outer(x[1], dy[1])
dW

# %% tags=["answer"]
assert (dW == x.T @ dy).all()

# %% [markdown] lang="en"
# **Bias.** $b_o$ is added once per patch, so $db_o = \sum dy_o$ over all patches.

# %% [markdown] lang="ko"
# **편향.** $b_o$는 패치마다 한 번씩 더해지므로 모든 패치에 대해 더합니다. $db_o = \sum dy_o$입니다.

# %% tags=["answer"]
dy.sum(axis=0)

# %% [markdown] lang="en"
# **Input.** $x_i$ goes into *every* filter, so it receives a gradient from every filter: $dx_i = \sum_o dy_o\,W_{io}$. The
# Jacobian of one token is $\partial y/\partial x = W^\top$. For all tokens at once, $dx = dy\,W^\top$.

# %% [markdown] lang="ko"
# **입력.** $x_i$는 *모든* 필터에 들어가므로 모든 필터에서 그래디언트를 받습니다. $dx_i = \sum_o dy_o\,W_{io}$입니다. 토큰
# 하나의 야코비안은 $\partial y/\partial x = W^\top$이고, 모든 토큰을 한꺼번에 쓰면 $dx = dy\,W^\top$입니다.

# %%
J = W_tiny.T
J.T @ dy[0], J.T @ dy[1]

# %% tags=["answer"]
assert (dy @ W_tiny.T == [J.T @ dy[0], J.T @ dy[1]]).all()

# %% [markdown] lang="en"
# ## What the weights learn
# Assume that the loss falls when feature 0 of patch 101, the pagoda, grows. All other gradients are 0. A step of filter 0
# against its gradient then adds …

# %% [markdown] lang="ko"
# ## 가중치는 무엇을 배우는가
# 101번 패치(누각)의 0번 특징이 커지면 손실이 줄어든다고 합시다. 다른 그래디언트는 모두 0입니다. 그러면 0번 필터에 그래디언트의
# 반대 방향으로 더해지는 것은 …

# %%
dtokens = np.zeros(tokens.shape)
dtokens[0, 101, 0] = -1  # a step against the gradient makes it larger
step = -(patches[0].T @ dtokens[0])[:, 0]
step.shape

# %%
figure, axes = plt.subplots(1, 2, layout="constrained")
for ax, name, values in zip(axes, ("patch 101", "−dW, filter 0"), (patches[0, 101], step)):
    ax.imshow((values.reshape(16, 16, 3) + 1) / 2)
    ax.set_title(name)
    ax.axis("off")

# %% [markdown] lang="en"
# … the patch itself. A filter learns by adding patches that it should respond to, and by subtracting the others.

# %% [markdown] lang="ko"
# … 바로 그 패치입니다. 필터는 반응해야 할 패치를 조금씩 더하고, 반응하지 말아야 할 패치를 조금씩 빼면서 학습합니다.

# %%
assert (step == patches[0, 101]).all()

# %% [markdown] lang="en"
# ## The backward pass of step 2
# All patches of all images use the same $W$ and $b$, so their gradients are sums over both axes. Arrange the patches of
# all images as B·N rows.

# %% [markdown] lang="ko"
# ## 2단계의 역전파
# 모든 이미지의 모든 패치가 같은 $W$와 $b$를 씁니다. 그래서 두 그래디언트는 이미지 축과 패치 축에 대한 합입니다. 모든 이미지의
# 패치를 B·N개의 행으로 놓고 계산하면 됩니다.


# %% tags=["student"]
def backward(dx, saved):
    x_p, W = saved
    rows, drows = x_p.reshape(-1, x_p.shape[-1]), dx.reshape(-1, dx.shape[-1])
    dW = rows.T @ drows
    db = drows.sum(axis=0)
    dx_p = dx @ W.T
    return dx_p, {"W": dW, "b": db}


# %% [markdown] lang="en"
# ## Check the gradient
# We use two images, four patches of six values each, and width 5.

# %% [markdown] lang="ko"
# ## 그래디언트 검증
# 이미지 2장, 값 6개짜리 패치 4개, 임베딩 차원 5입니다.

# %%
small_x = rng.standard_normal((2, 4, 6))
small_p = {"W": rng.standard_normal((6, 5)), "b": rng.standard_normal(5)}
report = gradcheck.check(forward, backward, small_x, small_p)
print(report)

# %%
assert report.ok

# %% [markdown] lang="en"
# A common mistake takes the *mean* over the patches instead of the sum. The shapes are right and training still works, but
# the gradients are 8 times too small here. The check finds it.

# %% [markdown] lang="ko"
# 패치에 대해 합 대신 *평균*을 내는 실수가 흔합니다. shape도 맞고 학습도 되지만, 여기서는 그래디언트가 8분의 1로 작아집니다.
# 검증은 이 실수를 찾아냅니다.


# %%
def mean_backward(dy, saved):
    dx, dp = backward(dy, saved)
    return dx, {"W": dp["W"] / 8, "b": dy.mean(axis=(0, 1))}


# %%
print(gradcheck.check(forward, mean_backward, small_x, small_p))
assert not gradcheck.check(forward, mean_backward, small_x, small_p).ok

# %% [markdown] lang="en"
# ## Compare with the library
# Run forward and backward of `vitnp/steps/s2_project.py` at the full size.

# %% [markdown] lang="ko"
# ## 라이브러리와 비교
# `vitnp/steps/s2_project.py`의 순전파와 역전파를 원래 크기로 실행합니다.

# %%
library, library_saved = s2_project.forward(patches, p)
assert np.allclose(library, tokens)

# %%
dy = rng.standard_normal(tokens.shape)
library_dx, library_dp = s2_project.backward(dy, library_saved)
dx, dp = backward(dy, saved)
assert np.allclose(dx, library_dx)
assert all(np.allclose(dp[name], library_dp[name]) for name in p)

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ How many parameters does step 2 of ViT-L/32 have (patches of 32×32×3, D = 1024)?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ ViT-L/32(패치 32×32×3, D = 1024)의 2단계에는 파라미터가 모두 몇 개 있습니까?

# %% tags=["exercise"]
parameters = ...

# %% tags=["solution"]
parameters = 32 * 32 * 3 * 1024 + 1024

# %% tags=["check"]
check("02.1", parameters)

# %% [markdown] lang="en"
# **2.** ★★ PyTorch's `Conv2d` stores its kernels as (D, channel, row, column). Turn `conv_weight` into our $W$.

# %% [markdown] lang="ko"
# **2.** ★★ PyTorch의 `Conv2d`는 커널을 (D, 채널, 행, 열) 순서로 저장합니다. `conv_weight`를 우리의 $W$로 바꿔 보세요.

# %%
conv_weight = np.ascontiguousarray(np.moveaxis(kernel, (3, 2), (0, 1)))
conv_weight.shape

# %% tags=["exercise"]
our_W = ...

# %% tags=["solution"]
our_W = conv_weight.transpose(2, 3, 1, 0).reshape(768, 768)

# %% tags=["check"]
check("02.2", our_W, conv_weight)

# %% [markdown] lang="en"
# **3.** ★★★ We scaled the photo by `image / 127.5 - 1`. The projection can do this scaling itself. Find `W_raw` and
# `b_raw` that give the same tokens from patches of the unscaled values 0 to 255.

# %% [markdown] lang="ko"
# **3.** ★★★ 위에서는 사진을 `image / 127.5 - 1`로 바꿔서 넣었습니다. 투영이 이 변환까지 대신할 수 있습니다. 0…255 값의 패치를
# 그대로 넣어도 같은 토큰이 나오도록 `W_raw`와 `b_raw`를 구해 보세요.

# %%
raw = (patches + 1) * 127.5

# %% tags=["exercise"]
W_raw = ...
b_raw = ...

# %% tags=["solution"]
W_raw = W / 127.5
b_raw = b - W.sum(axis=0)

# %% tags=["check"]
check("02.3", W_raw, b_raw, W, b)

# %% [markdown] lang="en"
# **Explain.** Why is the linear projection of patches a convolution, and what is special about this convolution?

# %% [markdown] lang="ko"
# **설명해 보세요.** 패치의 선형 투영은 왜 합성곱과 같습니까? 그리고 이 합성곱은 무엇이 특별합니까?

# %% [markdown] lang="en" tags=["solution"]
# Each value of a token is the dot product of the patch with one column of W. A column, reshaped to 16×16×3, is a kernel,
# and all patches use the same kernels: that is a convolution. Its stride equals the size of the kernel. So the windows do
# not overlap and every pixel is in one window. Backward therefore has no sum over overlapping windows.

# %% [markdown] lang="ko" tags=["solution"]
# 토큰의 값 하나하나는 패치와 W의 열 하나를 내적한 것입니다. 열 하나를 16×16×3으로 되돌리면 커널이고, 모든 패치에 같은 커널을
# 쓰므로 합성곱입니다. 특별한 점은 스트라이드가 커널의 크기와 같다는 것입니다. 창이 겹치지 않아 픽셀이 창 하나에만 들어가고,
# 그래서 역전파에 겹친 창에 대한 합이 없습니다.
