# %% [markdown] lang="en"
# # 10 · Is my gradient right?
# **역전파 검증** · *checking a backward pass*
#
# For every step of deck 003 · file `vitnp/analysis/gradcheck.py` · **25 minutes to show, 50 with the exercises** · [solutions](solutions/10_gradient_check.ipynb)
#
# After this notebook you can
# - check any backward pass against its forward pass, in a few lines,
# - choose a step size, and plot the curve that justifies it,
# - use the complex step, which needs no tuned step size,
# - name the blind spots of a check: an all-ones upstream gradient, the initial weights, a batch of one image,
# - check whether your own step keeps the whole contract.

# %% [markdown] lang="ko"
# # 10 · 내가 구한 그래디언트가 맞을까?
# **역전파 검증** · *checking a backward pass*
#
# 강의자료 003의 모든 단계에 해당 · 파일 `vitnp/analysis/gradcheck.py` · **시연 25분, 실습 포함 50분** · [풀이](../solutions/ko/10_gradient_check.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 어떤 역전파든 몇 줄로 순전파와 비교해 검증한다.
# - 차분의 간격을 고르고, 그 이유를 곡선으로 보인다.
# - 간격을 고를 필요가 없는 복소 스텝을 쓴다.
# - 검증의 사각지대 세 가지(모두 1인 상류 그래디언트, 초기 가중치, 한 장짜리 배치)를 설명한다.
# - 직접 쓴 단계가 계약을 모두 지키는지 검사한다.

# %% tags=["setup"]
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck, tree, vit
from vitnp.course.exercises import check
from vitnp.steps import s6_layer_norm

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})

# %% [markdown] lang="en"
# ## A derivative as a difference quotient
# Take a function whose derivative we know, at x = 1.

# %% [markdown] lang="ko"
# ## 차분으로 구하는 미분값
# 도함수를 아는 함수 하나를 x = 1에서 봅시다.

# %%
f = lambda x: np.exp(x) * np.sin(x)
x, truth = 1.0, np.exp(1) * (np.sin(1) + np.cos(1))
truth

# %% [markdown] lang="en"
# Move x a little to the right, and divide the change of f by the distance h.

# %% [markdown] lang="ko"
# x를 오른쪽으로 조금 옮기고, f가 변한 양을 옮긴 거리 h로 나눕니다.

# %%
h = 1e-3
(f(x + h) - f(x)) / h

# %% [markdown] lang="en"
# Now move x to both sides. The errors of the two sides cancel, and almost four more digits are right.

# %% [markdown] lang="ko"
# 이번에는 양쪽으로 옮깁니다. 두 쪽의 오차가 상쇄되어 맞는 자릿수가 네 개 가까이 늘어납니다.

# %%
(f(x + h) - f(x - h)) / (2 * h)

# %%
forward_error = abs((f(x + h) - f(x)) / h - truth)
central_error = abs((f(x + h) - f(x - h)) / (2 * h) - truth)
forward_error, central_error

# %%
assert central_error < forward_error / 1000

# %% [markdown] lang="en"
# The Taylor expansion shows how large the errors are:
# $$\frac{f(x+h)-f(x)}{h} = f' + \frac{h}{2}f'' + \cdots \qquad
# \frac{f(x+h)-f(x-h)}{2h} = f' + \frac{h^2}{6}f''' + \cdots$$

# %% [markdown] lang="ko"
# 오차의 크기는 테일러 전개로 알 수 있습니다.
# $$\frac{f(x+h)-f(x)}{h} = f' + \frac{h}{2}f'' + \cdots \qquad
# \frac{f(x+h)-f(x-h)}{2h} = f' + \frac{h^2}{6}f''' + \cdots$$

# %% [markdown] lang="en"
# ## Is a smaller step always better?
# No. We try several steps:

# %% [markdown] lang="ko"
# ## 그렇다면 h는 작을수록 좋을까?
# 아닙니다. h를 바꾸어 가며 계산해 봅시다.

# %%
for h in (1e-3, 1e-6, 1e-9, 1e-12, 1e-15):
    print(f"h {h:.0e}   {(f(x + h) - f(x - h)) / (2 * h):.12f}")
print(f"truth     {truth:.12f}")

# %% [markdown] lang="en"
# A float64 has 16 digits. If two numbers agree in the first 11 digits, only 5 digits of their difference are significant.

# %% [markdown] lang="ko"
# float64는 유효 숫자가 16자리입니다. 앞의 11자리가 같은 두 수를 빼면 유효 숫자가 5자리만 남습니다.

# %%
f(x + 1e-12), f(x - 1e-12)

# %% [markdown] lang="en"
# ## The U-curve: truncation and rounding error
# There are two errors. The truncation error grows with h. The rounding error is about ε/h, so it grows when h gets
# smaller.

# %% [markdown] lang="ko"
# ## U자 곡선: 절단 오차와 반올림 오차
# 오차는 두 가지입니다. 절단 오차는 h가 클수록 커지고, ε/h 정도인 반올림 오차는 h가 작을수록 커집니다.

# %%
hs = 10.0 ** np.arange(-16, 0, 0.25)
forward_errors = abs((f(x + hs) - f(x)) / hs - truth)
central_errors = abs((f(x + hs) - f(x - hs)) / (2 * hs) - truth)

# %%
plt.loglog(hs, forward_errors, "s--", label="forward difference")
plt.loglog(hs, central_errors, "o-", label="central difference")
plt.xlabel("h")
plt.ylabel("error")
plt.legend(loc="lower left")
plt.show()

# %% [markdown] lang="en"
# The minimum is near √ε ≈ 1.5e-8 for the forward difference and near ∛ε ≈ 6e-6 for the central one. `gradcheck` uses 1e-5.

# %% [markdown] lang="ko"
# 오차가 가장 작은 h는 전진 차분이 √ε ≈ 1.5e-8, 중심 차분이 ∛ε ≈ 6e-6 부근입니다. `gradcheck`는 1e-5를 씁니다.

# %%
eps = np.finfo(np.float64).eps
print(f"forward: best h {hs[forward_errors.argmin()]:.1e}, √ε = {eps ** (1 / 2):.1e}")
print(f"central: best h {hs[central_errors.argmin()]:.1e}, ∛ε = {eps ** (1 / 3):.1e}")

# %%
assert 1e-7 < hs[central_errors.argmin()] < 1e-4
assert 1e-10 < hs[forward_errors.argmin()] < 1e-6

# %% [markdown] lang="en"
# In float32, ε is 1.2e-7, and with the same h = 1e-5 only two digits are right. So always check a gradient in **float64**.

# %% [markdown] lang="ko"
# float32에서는 ε이 1.2e-7이라, 같은 h = 1e-5를 쓰면 두 자리만 맞습니다. 그래서 그래디언트는 반드시 **float64**로 검증합니다.

# %%
h32, x32 = np.float32(1e-5), np.float32(1.0)
in_float32 = (f(x32 + h32) - f(x32 - h32)) / (2 * h32)
in_float32, in_float32.dtype, truth

# %% [markdown] lang="en"
# ## The complex step
# Move x in the imaginary direction. $f(x+ih) = f(x) + ih\,f'(x) - \cdots$, so the imaginary part contains only the
# derivative:
# $$f'(x) \approx \frac{\mathrm{Im}\,f(x+ih)}{h}$$
# There is no subtraction, so no digits are lost, and h may be very small.

# %% [markdown] lang="ko"
# ## 복소 스텝
# x를 허수 방향으로 옮깁니다. $f(x+ih) = f(x) + ih\,f'(x) - \cdots$이므로 허수부에는 미분값만 들어 있습니다.
# $$f'(x) \approx \frac{\mathrm{Im}\,f(x+ih)}{h}$$
# 뺄셈이 없으니 잃는 자릿수도 없고, h는 얼마든지 작아도 됩니다.

# %%
h = 1e-30
f(x + 1j * h).imag / h, truth

# %%
complex_errors = abs(f(x + 1j * hs).imag / hs - truth)

# %%
plt.loglog(hs, forward_errors, "s--", label="forward difference")
plt.loglog(hs, central_errors, "o-", label="central difference")
plt.loglog(hs, complex_errors + 1e-17, "^-", label="complex step")
plt.xlabel("h")
plt.ylabel("error")
plt.legend(loc="lower right", fontsize=13)
plt.show()

# %% [markdown] lang="en"
# (We add 1e-17, because a logarithmic axis cannot show an error of exactly 0.) The complex step has no U-curve: for small
# h all digits are right.

# %% [markdown] lang="ko"
# (로그 축에는 정확히 0인 오차를 그릴 수 없어 1e-17을 더했습니다.) 복소 스텝에는 U자 곡선이 없습니다. h가 작아도 마지막 자리까지
# 맞습니다.

# %%
assert complex_errors[hs < 1e-9].max() < 1e-14

# %% [markdown] lang="en"
# The complex step has a cost: the code must compute the same formula for complex numbers. So it must not use `abs`, and it
# finds a maximum by the real part. That is why the softmax below has `S.real.max(…)`.

# %% [markdown] lang="ko"
# 제약도 있습니다. 코드가 복소수에서도 실수에서와 같은 식을 계산해야 합니다. 그래서 `abs`는 쓸 수 없고, 최댓값은 실수부로
# 찾습니다. 아래의 softmax에 `S.real.max(…)`를 쓴 이유입니다.

# %%
abs(2.0 + 1j * h).imag / h  # the slope of |x| at 2 is 1, but this abs has no imaginary part

# %% [markdown] lang="en"
# ## From one derivative to the Jacobian
# A softmax of shape (2, 4) has 8 inputs and 8 outputs, so its Jacobian has 64 derivatives. Backward never computes this
# matrix. It answers one question: given `dy`, what is `dx`?

# %% [markdown] lang="ko"
# ## 미분값 하나에서 야코비안으로
# shape가 (2, 4)인 softmax는 입력 8개, 출력 8개, 미분값 64개를 가집니다. 역전파는 이 64개로 된 야코비안을 만들지 않습니다.
# 역전파가 구하는 것은 하나입니다. `dy`가 주어질 때 `dx`는 얼마인가?


# %%
def softmax(S):
    e = np.exp(S - S.real.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# %%
def softmax_backward(dA, A):
    return A * (dA - (dA * A).sum(axis=-1, keepdims=True))


# %% [markdown] lang="en"
# Draw two random arrays: a direction $v$ in which x moves, and a cotangent $w$ in place of `dy`. Then one number can be
# computed in two ways:
# $$\underbrace{\langle w,\; J v\rangle}_{\text{from forward}} \;=\; \underbrace{\langle J^\top w,\; v\rangle}_{\text{from backward}}$$

# %% [markdown] lang="ko"
# 난수 배열 두 개를 뽑습니다. x를 움직일 방향 $v$와, `dy` 자리에 넣을 코탄젠트(cotangent) $w$입니다. 그러면 값 하나를 두
# 가지 방법으로 얻습니다.
# $$\underbrace{\langle w,\; J v\rangle}_{\text{순전파로}} \;=\; \underbrace{\langle J^\top w,\; v\rangle}_{\text{역전파로}}$$

# %%
rng = np.random.default_rng(0)
x, v, w = rng.standard_normal((3, 2, 4))
x.shape

# %%
numeric = (w * softmax(x + 1j * h * v).imag).sum() / h
analytic = (softmax_backward(w, softmax(x)) * v).sum()
numeric, analytic

# %%
assert np.isclose(numeric, analytic, rtol=1e-13)

# %% [markdown] lang="en"
# This takes one run of forward for any size, instead of one run for each of the 8 inputs. It is almost impossible that a
# wrong backward agrees along a random direction.

# %% [markdown] lang="ko"
# 입력 8개마다 한 번씩이 아니라, 크기와 상관없이 순전파 한 번이면 됩니다. 틀린 역전파가 무작위 방향에서 우연히 맞을 확률은
# 0이나 다름없습니다.

# %% [markdown] lang="en"
# ## gradcheck.check
# `gradcheck.check` does this for x and for each parameter. It uses three sets of random numbers, and both the complex step
# and central differences.

# %% [markdown] lang="ko"
# ## gradcheck.check
# `gradcheck.check`는 방금 한 검증을 x와 모든 파라미터에 대해 합니다. 난수를 바꾸어 세 번, 복소 스텝과 중심 차분 두 가지로
# 계산합니다.

# %%
forward = lambda x, p: s6_layer_norm.forward(x, p, eps=1e-6)
x = rng.standard_normal((2, 3, 8))
p = {"gamma": 1 + 0.5 * rng.standard_normal(8), "beta": rng.standard_normal(8)}

# %%
report = gradcheck.check(forward, s6_layer_norm.backward, x, p)
print(report)

# %%
assert report.ok

# %% [markdown] lang="en"
# There is one line per leaf (an input or a parameter). *numeric* and *analytic* are the two sides of the equation.
# *complex* and *central* are the relative errors of the complex step and of central differences. The first is near 1e-16
# (at most 1e-12 is allowed). The second is 2e-10 or less (at most 1e-6 is allowed), as the U-curve predicts. The last
# column draws the error as a bar: one mark per two powers of ten above 1e-16.

# %% [markdown] lang="ko"
# 한 줄이 입력이나 파라미터 하나입니다. *numeric*과 *analytic*이 등식의 양변이고, *complex*와 *central*은 복소 스텝과 중심
# 차분의 상대 오차입니다. 복소 스텝의 오차는 1e-16 부근(허용 1e-12), 중심 차분의 오차는 2e-10 이하(허용 1e-6)입니다. U자
# 곡선에서 예상할 수 있는 정확도입니다. 마지막 열은 오차를 막대로 나타냅니다. 1e-16보다 백 배 커질 때마다 한 칸씩 늘어납니다.

# %% [markdown] lang="en"
# Now make the gradient of one parameter wrong by 0.1%. Only the line of this parameter reports it:

# %% [markdown] lang="ko"
# 파라미터 하나의 그래디언트를 일부러 0.1%만 틀리게 해 봅시다. 그 줄만 틀렸다고 나옵니다.


# %%
def slightly_wrong(dy, saved):
    dx, dp = s6_layer_norm.backward(dy, saved)
    return dx, {"gamma": 1.001 * dp["gamma"], "beta": dp["beta"]}


# %%
report = gradcheck.check(forward, slightly_wrong, x, p)
print(report)

# %%
assert [leaf.name for leaf in report.leaves if not leaf.ok] == ["gamma"]

# %% [markdown] lang="en"
# ## Blind spot 1: an all-ones upstream gradient
# Many checks use `y.sum()` as the loss, so `dy` is all ones. But a row of a softmax sums to 1 for every x, so the true
# gradient is **0**.

# %% [markdown] lang="ko"
# ## 검증의 사각지대 1: 모두 1인 상류 그래디언트
# 흔히 `y.sum()`을 손실로 두고 검증합니다. 그러면 `dy`가 모두 1입니다. 그런데 softmax의 행은 x가 무엇이든 합이 1입니다. 진짜
# 그래디언트는 **0**입니다.

# %%
scores = rng.standard_normal((2, 4))
softmax(scores).sum(axis=-1), softmax(scores + rng.standard_normal((2, 4))).sum(axis=-1)

# %% [markdown] lang="en"
# This backward is wrong: it omits the factor A. With an all-ones `dy` it also gives 0, and passes.

# %% [markdown] lang="ko"
# 이 역전파는 틀렸습니다. 앞에 곱하는 A를 빠뜨렸습니다. 하지만 모두 1인 `dy`를 넣으면 이것도 0이 되어 검증을 통과합니다.

# %%
no_factor = lambda dA, A: dA - (dA * A).sum(axis=-1, keepdims=True)
A = softmax(scores)
ones = np.ones((2, 4))
np.allclose(softmax_backward(ones, A), no_factor(ones, A))

# %% [markdown] lang="en"
# A random cotangent finds the mistake.

# %% [markdown] lang="ko"
# 무작위 코탄젠트를 쓰면 이 실수를 찾아냅니다.

# %%
with_saved = lambda s: (softmax(s), softmax(s))
print(gradcheck.check(with_saved, no_factor, scores))

# %%
assert not gradcheck.check(with_saved, no_factor, scores).ok
assert np.allclose(no_factor(ones, A), 0)

# %% [markdown] lang="en"
# LayerNorm has the same blind spot: its rows, before gamma and beta, sum to **0** for every x. A backward that always
# returns 0 passes.

# %% [markdown] lang="ko"
# LayerNorm도 마찬가지입니다. gamma와 beta를 적용하기 전의 행은 x가 무엇이든 합이 **0**입니다. 항상 0을 돌려주는 역전파도
# 통과합니다.

# %%
fresh = s6_layer_norm.init(hidden_size=8, dtype=np.float64)
y, saved = forward(x, fresh)
dx, _ = s6_layer_norm.backward(np.ones(y.shape), saved)
assert np.allclose(y.sum(axis=-1), 0) and np.allclose(dx, 0)

# %% [markdown] lang="en"
# ## Blind spot 2: initial weights
# This backward omits gamma in the gradient of x. At the start of training gamma is 1, so the mistake does not show *at
# this point*.

# %% [markdown] lang="ko"
# ## 검증의 사각지대 2: 초기 가중치
# x의 그래디언트에서 gamma를 빠뜨린 역전파입니다. 학습을 시작할 때 gamma는 1이므로 *그 순간에는* 실수가 드러나지 않습니다.


# %%
def no_gamma(dy, saved):
    x_hat, inverse_std, gamma = saved
    _, dp = s6_layer_norm.backward(dy, saved)
    dx, _ = s6_layer_norm.backward(dy, (x_hat, inverse_std, np.ones_like(gamma)))
    return dx, dp


# %%
gradcheck.check(forward, no_gamma, x, fresh).ok, gradcheck.check(forward, no_gamma, x, p).ok

# %%
assert gradcheck.check(forward, no_gamma, x, fresh).ok
assert not gradcheck.check(forward, no_gamma, x, p).ok

# %% [markdown] lang="en"
# The head is a worse case: it starts at zero. Then step 8 passes no gradient on, and all earlier parts of the model get
# exactly 0. A check at this point compares 0 with 0.

# %% [markdown] lang="ko"
# 더 심한 경우도 있습니다. 헤드는 0에서 시작합니다. 그러면 8단계를 지나가는 그래디언트가 없어, 그 앞의 모든 부분이 정확히 0을
# 받습니다. 여기서 검증하면 0과 0을 비교하는 셈입니다.

# %%
config = vitnp.preset("tiny", num_layers=1)
images = rng.standard_normal((2, *config.image_size, 3))
initial = vit.init(rng, config, np.float64)
logits, saved = vit.forward(images, initial, config)

# %%
_, dp = vit.backward(rng.standard_normal(logits.shape), saved)
moved = [name for name, gradient in tree.leaves(dp) if np.abs(gradient).max() > 0]
len(list(tree.leaves(dp))), moved

# %%
assert moved == ["classify.head.W", "classify.head.b"]

# %% [markdown] lang="en"
# So the check needs random weights. `random_like` draws them in the shapes of p.

# %% [markdown] lang="ko"
# 그래서 검증할 때는 가중치도 난수로 정합니다. `random_like`가 p와 같은 shape의 난수를 만듭니다.

# %%
p = gradcheck.random_like(initial, rng)
report = gradcheck.check(lambda x, p: vit.forward(x, p, config), vit.backward, images, p)
len(report.leaves), report.worst

# %%
[(leaf.name, leaf.analytic) for leaf in report.leaves if abs(leaf.analytic) < 1e-12]

# %%
assert report.ok
assert all(np.shape(tree.get(p, leaf.name)) == leaf.shape for leaf in report.leaves[1:])

# %% [markdown] lang="en"
# This check covers the whole model, from pixels to logits, with every parameter. (`print(report)` shows all 27 lines.) One
# gradient is 0: that of the key bias, which the softmax cancels. If the gradient of a leaf is near 0, its error is
# therefore relative to a thousandth of the *largest* gradient of all leaves.

# %% [markdown] lang="ko"
# 픽셀에서 로짓까지 모델 전체를 모든 파라미터에 대해 한 번에 검증했습니다. (`print(report)`를 실행하면 27줄이 모두 나옵니다.)
# 그중 그래디언트가 0인 줄이 하나 있습니다. softmax가 상쇄하는 키의 편향입니다. 그래서 어떤 파라미터의 그래디언트가 0에
# 가까우면, *가장 큰* 그래디언트의 1000분의 1을 기준으로 상대 오차를 구합니다.

# %% [markdown] lang="en"
# ## The whole contract: gradcheck.check_contract
# A right gradient is not enough. `check_contract` also checks: is the dtype kept? Are x, p, dy and saved unmodified? Are
# two calls independent? Does a batch give the same results as its images one by one? It checks any forward and backward,
# including yours.

# %% [markdown] lang="ko"
# ## 계약 전체: gradcheck.check_contract
# 그래디언트가 맞는 것만으로는 충분하지 않습니다. `check_contract`는 다음도 검사합니다. dtype이 유지됩니까? x, p, dy, saved를
# 바꾸지 않습니까? 두 번의 호출이 서로 독립입니까? 배치의 결과가 이미지를 한 장씩 넣은 결과와 같습니까? 여러분이 쓴 forward와
# backward도 검사할 수 있습니다.

# %%
p = {"gamma": 1 + 0.5 * rng.standard_normal(8), "beta": rng.standard_normal(8)}
contract = gradcheck.check_contract(forward, s6_layer_norm.backward, x, p)
print(contract)

# %%
assert contract.ok


# %% [markdown] lang="en"
# This backward saves memory: it overwrites an array that forward saved with dx. The gradients are right, and
# `gradcheck.check` passes. But a second call with the same `saved` would give different gradients.

# %% [markdown] lang="ko"
# 다음 역전파는 메모리를 아끼려고, 순전파가 저장한 배열에 dx를 덮어씁니다. 그래디언트는 맞으므로 `gradcheck.check`는 통과합니다.
# 하지만 같은 `saved`로 한 번 더 부르면 다른 그래디언트가 나옵니다.


# %%
def writes_into_saved(dy, saved):
    dx, dp = s6_layer_norm.backward(dy, saved)
    saved[0][...] = dx
    return dx, dp


# %%
contract = gradcheck.check_contract(forward, writes_into_saved, x, p)
print(contract)
assert gradcheck.check(forward, writes_into_saved, x, p).ok and not contract.ok

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★★ For $f(x) = x^3$ all Taylor terms after the third order are 0. What is the error of the central difference with
# h = 0.01 at x = 2, without rounding?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★★ $f(x) = x^3$은 테일러 전개의 3차 항 뒤가 모두 0입니다. x = 2에서 h = 0.01로 중심 차분을 하면 오차는 얼마입니까?
# 반올림은 생각하지 않습니다.

# %% tags=["exercise"]
error = ...

# %% tags=["solution"]
error = 0.01**2 / 6 * 6  # h²/6 · f‴, and f‴ = 6

# %% tags=["check"]
check("10.1", error)

# %% [markdown] lang="en"
# **2.** ★★★ Rewrite `np.abs(x)` so that the complex step works. For real x it must be the same; for complex x the sign of
# the real part decides.

# %% [markdown] lang="ko"
# **2.** ★★★ 절댓값 `np.abs(x)`를 복소 스텝이 통하도록 다시 쓰세요. x가 실수일 때는 값이 같고, 복소수일 때는 실수부의 부호로
# 판단하면 됩니다.


# %% tags=["exercise"]
def absolute(x):
    return ...


# %% tags=["solution"]
def absolute(x):
    return np.where(x.real < 0, -x, x)


# %% tags=["check"]
check("10.2", absolute)

# %% [markdown] lang="en"
# **3.** ★★ Blind spot 3. This backward of the position embedding takes the first image's gradient instead of the sum over
# the batch. Give a shape of x (B, N, D) for which the check still passes.

# %% [markdown] lang="ko"
# **3.** ★★ 검증의 사각지대 3입니다. 아래 포지셔널 임베딩의 역전파는 배치 전체의 합이 아니라 첫 이미지의 그래디언트만 씁니다.
# 그런데도 검증을 통과하는 x의 shape (B, N, D)를 하나 쓰세요.

# %%
position = lambda x, p: (x + p["E_pos"], None)
first_only = lambda dy, _: (dy, {"E_pos": dy[0]})

# %% tags=["exercise"]
shape = ...

# %% tags=["solution"]
shape = (1, 3, 4)

# %% tags=["check"]
check("10.3", shape)

# %% [markdown] lang="en"
# **Explain.** A backward passes the check at one random point. Why is this strong evidence, and which mistakes can it still miss?

# %% [markdown] lang="ko"
# **설명해 보세요.** 어떤 역전파가 무작위 점 하나에서 검증을 통과했습니다. 왜 강한 증거입니까? 그래도 놓칠 수 있는 실수는 무엇입니까?

# %% [markdown] lang="en" tags=["solution"]
# Point, direction and upstream gradient are random, so a wrong term would have to cancel by chance to 12 digits. The check
# misses mistakes that do not show at this point. Examples are code that does not run there (dropout off, a different
# option), a batch of one image, weights of zero, and equal sizes that hide exchanged axes. It also compares backward only
# with forward: if forward differs from the slide, both agree and both are wrong.

# %% [markdown] lang="ko" tags=["solution"]
# 점도 방향도 상류 그래디언트도 무작위이므로, 틀린 항이 검증을 통과하려면 우연히 12자리까지 상쇄되어야 합니다. 하지만 그 점에서
# 드러나지 않는 실수는 놓칩니다. 실행되지 않는 코드(꺼진 드롭아웃, 다른 옵션), 이미지 한 장짜리 배치, 0인 가중치, 크기가 같아서
# 서로 바뀌어도 모르는 두 축이 그런 예입니다. 또 이 검증은 역전파를 순전파와 비교할 뿐이므로, 순전파가 슬라이드와 다르면 둘은
# 일치하면서 함께 틀립니다.
