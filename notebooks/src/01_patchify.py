# %% [markdown] lang="en"
# # 1 · Cut the image into patches
# **1단계: 이미지(224x224)를 16x16크기의 패치로 분할** · *Step 1: split the image (224x224) into 16x16 patches*
#
# Deck 003, step 1 · file `vitnp/steps/s1_patchify.py` · **15 minutes to show, 35 with the exercises** · [solutions](solutions/01_patchify.ipynb)
#
# After this notebook you can
# - turn a photo into the 196 vectors of 768 values that a Vision Transformer reads,
# - find the place in the image that each of those values came from,
# - write and check the backward pass of a reordering.

# %% [markdown] lang="ko"
# # 1 · 이미지를 패치로 나누기
# **1단계: 이미지(224x224)를 16x16크기의 패치로 분할** · *Step 1: split the image (224x224) into 16x16 patches*
#
# 강의자료 003, 1단계 · 파일 `vitnp/steps/s1_patchify.py` · **시연 15분, 실습 포함 35분** · [풀이](../solutions/ko/01_patchify.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 사진 한 장을 Vision Transformer가 읽는 768차원 벡터 196개로 바꾼다.
# - 그 값 하나하나가 이미지의 어디에서 왔는지 찾는다.
# - 값의 순서만 바꾸는 연산의 역전파를 직접 쓰고 검증한다.

# %% tags=["setup"]
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck, show
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.data import photo
from vitnp.steps import s1_patchify

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})

# %% [markdown] lang="en"
# ## An image is an array
# An image has a height, a width, and three values (red, green, blue) per pixel.

# %% [markdown] lang="ko"
# ## 이미지는 배열입니다
# 이미지는 높이, 너비, 그리고 픽셀마다 값 세 개(R, G, B)로 된 배열입니다.

# %%
image = photo.sample((224, 224))
image.shape

# %% [markdown] lang="en"
# The top left pixel is part of the blue sky.

# %% [markdown] lang="ko"
# 맨 왼쪽 위 픽셀은 파란 하늘의 일부입니다.

# %%
image[0, 0]

# %% [markdown] lang="en"
# ## 14x14의 패치 생성 · a 14x14 grid of patches
# 224 / 16 = 14, so there are 14 rows of 14 patches: 196 patches.

# %% [markdown] lang="ko"
# ## 1단계: 14x14의 패치 생성
# 224 / 16 = 14이므로 14행 14열, 모두 196개의 패치가 나옵니다.

# %%
config = vitnp.preset("B/16", num_layers=1)
show.patch_grid(image, config)

# %% [markdown] lang="en"
# One patch is a slice of the array. This patch is in row 7, column 3 (counted from 0).

# %% [markdown] lang="ko"
# 패치 하나는 배열의 슬라이스 하나입니다. 7행 3열(0부터 셉니다)의 패치를 꺼내 봅시다.

# %%
P, i, j = 16, 7, 3
patch = image[i * P : (i + 1) * P, j * P : (j + 1) * P]
patch.shape, patch.size

# %%
plt.imshow(patch)
plt.axis("off")
plt.show()

# %% [markdown] lang="en"
# The slide says "768 pixels". A patch has 16·16 = 256 pixels with three values each: 768 values.

# %% [markdown] lang="ko"
# 슬라이드에는 "768개의 픽셀"이라고 적혀 있습니다. 정확히는 픽셀이 16·16 = 256개이고 픽셀마다 값이 3개이므로, 픽셀이 아니라 값이
# 768개입니다.

# %%
assert patch.size == 256 * 3 == 768

# %% [markdown] lang="en"
# ## 768개 픽셀인 패치를 Flatten · each patch becomes a vector
# A slow loop shows it most clearly. Go over the grid from the top left, row by row, and flatten each patch.

# %% [markdown] lang="ko"
# ## 1단계: 768개 픽셀인 패치를 Flatten
# 느리지만 가장 이해하기 쉬운 방법은 반복문입니다. 왼쪽 위부터 한 행씩 차례로 패치를 한 줄로 폅니다.

# %%
starts = range(0, 224, P)
squares = [image[r : r + P, c : c + P] for r in starts for c in starts]
by_loops = np.stack([square.reshape(-1) for square in squares])
by_loops.shape

# %% [markdown] lang="en"
# Row 7·14 + 3 of this table is the patch from above.

# %% [markdown] lang="ko"
# 이 표의 7·14 + 3번 행이 위에서 꺼낸 패치입니다.

# %%
assert (by_loops[7 * 14 + 3] == patch.reshape(-1)).all()

# %% [markdown] lang="en"
# ## Without a loop: reshape and swap axes
# Here is a very small image. The tens digit of a value is its row, the units digit its column.

# %% [markdown] lang="ko"
# ## 반복문 없이: reshape와 축 바꾸기
# 한눈에 읽히도록 아주 작은 이미지를 씁시다. 값의 십의 자리가 행, 일의 자리가 열입니다.

# %%
tiny = 10 * np.arange(4)[:, None] + np.arange(4)
tiny

# %% [markdown] lang="en"
# We want 2×2 patches. A single reshape is wrong: it takes four values of one *row*.

# %% [markdown] lang="ko"
# 2×2 패치로 나누려고 합니다. reshape만 하면 틀립니다. 한 *행*에서 값 네 개를 가져오기 때문입니다.

# %%
tiny.reshape(4, 4)[0]

# %% [markdown] lang="en"
# First give each axis its own meaning: (row of patches, row in the patch, column of patches, column in the patch).

# %% [markdown] lang="ko"
# 먼저 축마다 의미를 하나씩 줍니다. (패치의 행, 패치 안의 행, 패치의 열, 패치 안의 열)

# %%
axes = tiny.reshape(2, 2, 2, 2)

# %% [markdown] lang="en"
# Then swap the two axes in the middle. The axes inside the patch now come last, and we can flatten them.

# %% [markdown] lang="ko"
# 다음으로 가운데 두 축을 바꾸면 패치 안의 두 축이 뒤로 모입니다. 이제 이 두 축을 펴면 됩니다.

# %% tags=["answer"]
axes.swapaxes(1, 2).reshape(4, 4)

# %% [markdown] lang="en"
# These three operations work for a batch of B color images of any size. `saved` is all that backward needs.

# %% [markdown] lang="ko"
# 같은 세 연산을 임의 크기의 컬러 이미지 B장에 적용합니다. `saved`에는 역전파에 필요한 것만 담습니다.


# %% tags=["student"]
def forward(x, *, patch_size):
    B, H, W, C = x.shape
    P = patch_size
    cut = x.reshape(B, H // P, P, W // P, P, C)
    grid = cut.swapaxes(2, 3)
    x_p = grid.reshape(B, -1, P * P * C)
    return x_p, (x.shape, P)


# %%
images = image[None]  # a batch of one
patches, saved = forward(images, patch_size=16)
assert (patches[0] == by_loops).all()

# %% [markdown] lang="en"
# ## The shape on the slide
# `vitnp.course.slides` has the shapes of deck 003 (left). Ours are on the right. One number differs: the slide has
# 224x24**4**, a misprint.

# %% [markdown] lang="ko"
# ## 슬라이드의 shape와 비교
# `vitnp.course.slides`에는 강의자료 003에 적힌 shape가 들어 있습니다. 왼쪽이 슬라이드, 오른쪽이 우리 배열입니다. 한 곳이
# 다릅니다. 슬라이드의 224x24**4**는 오타입니다.

# %%
grid = patches.reshape(1, 14, 14, P, P, 3)  # the patches, before they are laid out flat
shapes = {"image": images.shape, "grid": grid.shape, "patches": patches.shape}

# %%
checked = [c for c in slides.check(shapes, config) if c.row.step == 1]
for c in checked:
    print(f"{c.tensor.slide_name:18} {c.printed!s:21} {c.got!s:21} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)
assert patches.shape == (1, 196, 768)

# %% [markdown] lang="en"
# ## Backward: every gradient returns to its pixel
# Step 1 computes nothing; it only moves values. So the gradient of a value in a patch belongs to the pixel that the value
# came from. Backward undoes the three operations, the last one first.

# %% [markdown] lang="ko"
# ## 역전파: 그래디언트는 원래 픽셀로 돌아갑니다
# 1단계는 계산 없이 값의 자리만 옮깁니다. 따라서 패치 속 값의 그래디언트(기울기)는 그 값이 원래 있던 픽셀의
# 그래디언트입니다. 세 연산을 마지막 것부터 거꾸로 되돌립니다.


# %% tags=["student"]
def backward(dx_p, saved):
    (B, H, W, C), P = saved
    grid = dx_p.reshape(B, H // P, W // P, P, P, C)
    cut = grid.swapaxes(2, 3)
    return cut.reshape(B, H, W, C)


# %% [markdown] lang="en"
# Give only patch 101 a gradient and see where it arrives.

# %% [markdown] lang="ko"
# 101번 패치에만 그래디언트를 주고 어디에 도착하는지 봅시다.

# %%
dpatches = np.zeros(patches.shape)
dpatches[0, 101] = 1.0
dimage = backward(dpatches, saved)[0]
dimage.shape

# %%
plt.imshow((image * (0.3 + 0.7 * dimage)).astype(np.uint8))
plt.axis("off")
plt.show()

# %% [markdown] lang="en"
# 101 = 7·14 + 3, so patch 101 is in row 7, column 3. All its 768 gradients arrive in this square.

# %% [markdown] lang="ko"
# 101 = 7·14 + 3이므로 7행 3열의 패치입니다. 그래디언트 768개가 모두 원래 칸으로 돌아왔습니다.

# %%
assert dimage[112:128, 48:64].sum() == dimage.sum() == 768

# %% [markdown] lang="en"
# ## The same as a permutation matrix
# Forward is linear, so it is a matrix $J$. This one is a permutation: every row and column has a single 1. Backward
# multiplies by $J^\top$. For a permutation $J^\top = J^{-1}$, so backward is the inverse of forward.

# %% [markdown] lang="ko"
# ## 치환 행렬로 보면
# 순전파는 선형이므로 행렬 $J$로 쓸 수 있습니다. 행과 열마다 1이 하나뿐인 치환 행렬입니다. 역전파는 $J^\top$을 곱하는 일이고,
# 치환 행렬에서는 $J^\top = J^{-1}$입니다. 그래서 이 단계의 역전파는 순전파의 역연산입니다.

# %%
pixels = np.eye(16).reshape(16, 4, 4, 1)  # image k has a 1 at pixel k alone
J = forward(pixels, patch_size=2)[0].reshape(16, 16).T
assert (J.T @ J == np.eye(16)).all()

# %%
plt.matshow(J, cmap="Blues")
plt.xlabel("pixel of the image")
plt.ylabel("value in the patches")
plt.show()

# %% [markdown] lang="en"
# ## Check the gradient
# Move the image a little in a random direction and measure the change of the output. `gradcheck` does this with the
# complex step and with central differences, and compares both with our backward. (Notebook 10 explains it.)

# %% [markdown] lang="ko"
# ## 그래디언트 검증
# 이미지를 임의의 방향으로 조금 움직여 출력의 변화를 잽니다. 복소 스텝과 중심 차분으로 잰 값을 우리 역전파의 결과와 비교합니다.
# (`gradcheck`의 원리는 10번 노트북에서 다룹니다.)

# %%
rng = np.random.default_rng(0)
x = rng.standard_normal((2, 8, 12, 3))
report = gradcheck.check(lambda x: forward(x, patch_size=4), backward, x)
print(report)

# %%
assert report.ok
assert backward(*forward(x, patch_size=4)).shape == x.shape

# %% [markdown] lang="en"
# ## Compare with the library
# `vitnp/steps/s1_patchify.py` gives the same result. It also refuses an image whose size is not a multiple of the patch
# size.

# %% [markdown] lang="ko"
# ## 라이브러리와 비교
# `vitnp/steps/s1_patchify.py`의 결과도 똑같습니다. 다만 패치 크기로 나누어떨어지지 않는 이미지를 넣으면 오류를 냅니다.

# %%
library, library_saved = s1_patchify.forward(images, patch_size=16)
assert (library == patches).all()
assert (s1_patchify.backward(dpatches, library_saved)[0] == dimage).all()

# %%
try:
    s1_patchify.forward(images[:, :200], patch_size=16)
except vitnp.InputError as error:
    print(error)

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ Fine-tuning at 384×384 keeps the patch size at 16. How many patches are there?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 384×384 이미지로 미세 조정할 때도 패치 크기는 16 그대로입니다. 패치는 몇 개입니까?

# %% tags=["exercise"]
N = ...

# %% tags=["solution"]
N = (384 // 16) ** 2

# %% tags=["check"]
check("01.1", N)

# %% [markdown] lang="en"
# **2.** ★★ Which (row, column, channel) of the image does `patches[0, 20, 300]` come from? Compute it; do not search.

# %% [markdown] lang="ko"
# **2.** ★★ `patches[0, 20, 300]`은 이미지의 어느 (행, 열, 채널)에서 왔습니까? 찾지 말고 계산해 보세요.

# %% tags=["exercise"]
place = ...

# %% tags=["solution"]
patch_row, patch_column = divmod(20, 14)
row, rest = divmod(300, 16 * 3)
column, channel = divmod(rest, 3)
place = (16 * patch_row + row, 16 * patch_column + column, channel)

# %% tags=["check"]
check("01.2", place)

# %% [markdown] lang="en"
# **3.** ★★★ PyTorch stores a patch as (channel, row, column), so the channel varies slowest. Put one of our vectors of 768
# values into that order.

# %% [markdown] lang="ko"
# **3.** ★★★ PyTorch는 패치를 (채널, 행, 열) 순서로 저장합니다. 채널이 가장 느리게 변합니다. 우리의 768차원 벡터 하나를 그 순서로
# 바꿔 보세요.


# %% tags=["exercise"]
def channels_first(vector):
    return ...


# %% tags=["solution"]
def channels_first(vector):
    return vector.reshape(16, 16, 3).transpose(2, 0, 1).reshape(-1)


# %% tags=["check"]
check("01.3", channels_first)

# %% [markdown] lang="en"
# **Explain.** Why does the backward pass of step 1 need no value from the forward pass, and no arithmetic?

# %% [markdown] lang="ko"
# **설명해 보세요.** 1단계의 역전파에는 왜 순전파에서 계산한 값도, 덧셈이나 곱셈도 필요하지 않습니까?

# %% [markdown] lang="en" tags=["solution"]
# Forward moves every value of the image to exactly one place and changes none. So the derivative of an output is 1 for the
# value that it came from, and 0 for all others. Backward moves each gradient back to that place: it is the inverse
# permutation. It only needs the shape.

# %% [markdown] lang="ko" tags=["solution"]
# 순전파는 이미지의 값을 바꾸지 않고, 값마다 정확히 한 자리로 옮기기만 합니다. 그래서 출력 하나를 미분하면 그 값이 온 자리에서만
# 1이고 나머지는 0입니다. 역전파는 그래디언트를 값이 있던 자리로 되돌려 놓는 역치환입니다. 저장해야 할 것은 shape뿐입니다.
