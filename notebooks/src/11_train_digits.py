# %% [markdown] lang="en"
# # 11 · Training a ViT on handwritten digits
# **하이퍼파라미터와 학습** · *Hyperparameters and training*: the recipe that trains the eight steps
#
# Deck 002, the training recipes · files `vitnp/training/loop.py`, `vitnp/training/optim.py`, `vitnp/training/recipes/` · **20 minutes to show, 35 with the exercises** ·
# [solutions](solutions/11_train_digits.ipynb)
#
# After this notebook you can
# - write one training step, and check that its gradient is that of the loss,
# - explain what each field of a recipe does,
# - read training curves and a confusion matrix,
# - stop a training and resume it, bit for bit.

# %% [markdown] lang="ko"
# # 11 · 손글씨 숫자로 ViT 학습하기
# **하이퍼파라미터와 학습** · *Hyperparameters and training*: 여덟 단계를 학습시키는 레시피
#
# 강의자료 002, 학습 레시피 · 파일 `vitnp/training/loop.py`, `vitnp/training/optim.py`, `vitnp/training/recipes/` · **시연 20분, 실습 포함 35분** ·
# [풀이](../solutions/ko/11_train_digits.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 학습 스텝 하나를 쓰고, 그 그래디언트가 손실의 그래디언트인지 검증한다.
# - 레시피의 항목마다 하는 일을 설명한다.
# - 학습 곡선과 혼동 행렬을 읽는다.
# - 학습을 멈췄다가 비트까지 똑같이 이어서 한다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import dataclasses

import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import data, show, tree
from vitnp.course.exercises import check
from vitnp.data import augment
from vitnp.engine import precision
from vitnp.ops import softmax
from vitnp.training import optim
from vitnp.training.loop import Watch, train
from vitnp.training.progress import Stopped
from vitnp.training.recipes import RECIPES
from vitnp.training.setup import initial_parameters

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## The data: handwritten digits
# scikit-learn includes 1,797 scans of 8×8 pixels. 360 of them are test images; the model is never trained on them.

# %% [markdown] lang="ko"
# ## 데이터: 손글씨 숫자
# 8×8 픽셀 스캔 1,797장이 scikit-learn에 들어 있습니다. 그중 360장은 테스트 이미지이고, 학습에는 쓰지 않습니다.

# %%
digits = data.load("digits")
len(digits.train), len(digits.test), digits.train.shape

# %%
images, labels = digits.train.images(np.arange(12)), digits.train.labels[:12]
figure, axes = plt.subplots(2, 6, layout="constrained")
for ax, image, label in zip(axes.flat, images, labels):
    ax.imshow(image, cmap="gray", vmin=-1, vmax=1)
    ax.set_title(label)
    ax.axis("off")

# %% [markdown] lang="en"
# The model has the same eight steps at a small size: 16 patches of 4 values, tokens of 64 values, 4 blocks.

# %% [markdown] lang="ko"
# 모델은 같은 여덟 단계를 작게 줄인 것입니다. 값 4개짜리 패치 16개, 임베딩 차원 64, 블록 4개입니다.

# %%
config = vitnp.preset("digits")
recipe = RECIPES["digits"]
p = initial_parameters(np.random.default_rng(0), config, recipe)
config.num_patches, config.hidden_size, config.num_layers, tree.count(p)

# %% [markdown] lang="en"
# ## One training step
# Compute the loss and the gradient of a batch. Then move every parameter a little against its gradient. Before the
# first step the loss is ln 10, because every class has probability 1/10 (notebook 8).

# %% [markdown] lang="ko"
# ## 학습 스텝 하나
# 배치의 손실과 그래디언트를 구하고, 모든 파라미터를 그래디언트의 반대쪽으로 조금 옮깁니다. 첫 스텝 전의 손실은 ln 10입니다. 모든 클래스의
# 확률이 1/10이기 때문입니다(8번 노트북).

# %%
batch, answers = digits.train.images(np.arange(32)), digits.train.labels[:32]
loss, dp = vitnp.loss_and_grads(batch, answers, p, config)
float(loss), np.log(10)

# %%
assert np.isclose(loss, np.log(10), rtol=1e-5)
assert dict(tree.leaves(dp)).keys() == dict(tree.leaves(p)).keys()

# %% [markdown] lang="en"
# We run 60 steps of AdamW on this one batch. The model memorizes the batch. This proves little, but a model that
# cannot do it has a mistake.

# %% [markdown] lang="ko"
# 이 배치 하나로 AdamW를 60스텝 돌립니다. 모델은 배치를 통째로 외웁니다. 이것으로 증명되는 것은 별로 없지만, 이것도 못 하는 모델에는
# 실수가 있습니다.

# %%
state, losses = optim.init(p, "adamw"), []
for _ in range(60):
    loss, dp = vitnp.loss_and_grads(batch, answers, p, config)
    optim.update(p, dp, state, lr=2e-3)
    losses.append(loss)

# %%
plt.plot(losses, "o-")
plt.xlabel("step")
plt.ylabel("loss")
plt.show()

# %%
assert losses[-1] < 0.1 * losses[0]

# %% [markdown] lang="en"
# ## Check the gradient
# We check the gradient of the whole model in a random direction $v$ in the space of all 136,138 parameters:
# $\langle \nabla, v\rangle \approx \bigl(\mathrm{loss}(p + hv) - \mathrm{loss}(p - hv)\bigr)/2h$.

# %% [markdown] lang="ko"
# ## 그래디언트 검증
# 모델 전체의 그래디언트를 파라미터 136,138개 공간의 임의의 방향 $v$로 검증합니다.
# $\langle \nabla, v\rangle \approx \bigl(\mathrm{loss}(p + hv) - \mathrm{loss}(p - hv)\bigr)/2h$.

# %%
rng = np.random.default_rng(0)
exact = precision.cast(p, "float64")
v = tree.map(lambda leaf: rng.standard_normal(leaf.shape), exact)


# %%
def loss_at(h):
    moved = tree.map(lambda leaf, direction: leaf + h * direction, exact, v)
    return vitnp.loss_and_grads(batch, answers, moved, config)[0]


# %%
_, dp = vitnp.loss_and_grads(batch, answers, exact, config)
pairs = zip(tree.leaves(dp), tree.leaves(v), strict=True)
analytic = sum((g * direction).sum() for (_, g), (_, direction) in pairs)
numeric = (loss_at(1e-6) - loss_at(-1e-6)) / 2e-6
analytic, numeric

# %%
assert np.isclose(analytic, numeric, rtol=1e-4)

# %% [markdown] lang="en"
# ## The training recipe
# A recipe contains the settings of the training, not those of the model or the data. We take the library's recipe
# with 12 epochs instead of 32.

# %% [markdown] lang="ko"
# ## 학습 레시피
# 모델 구조나 데이터가 아니라 학습 방법을 정하는 설정입니다. 라이브러리의 레시피를 쓰되, 시간을 줄이려고 32 에폭 대신 12 에폭만
# 학습합니다.

# %%
recipe = dataclasses.replace(recipe, epochs=12)
fields = "epochs batch_size lr warmup_steps weight_decay label_smoothing clip"
for name in fields.split():
    print(f"{name:16} {getattr(recipe, name)}")

# %% [markdown] lang="en"
# The learning rate rises for 72 steps (warm-up) and then falls along a cosine. Early gradients are large and have
# random directions, so early steps are small. Late steps must be small to converge.

# %% [markdown] lang="ko"
# 학습률은 72스텝 동안 올라갔다가 코사인을 따라 내려갑니다. 초반의 그래디언트는 크고 방향이 제각각이므로 작은 학습률로 시작합니다(웜업).
# 후반에는 스텝이 작아야 수렴합니다.

# %%
total = recipe.total_steps(len(digits.train))
steps = np.arange(1, total + 1)
plt.plot(steps, [recipe.rate(int(step), total) for step in steps], linewidth=3)
plt.xlabel("step")
plt.ylabel("lr")
plt.show()

# %% [markdown] lang="en"
# Augmentation: each time a scan is used, it is shifted, rotated and scaled a little. Here are one scan and eleven
# augmented versions of it:

# %% [markdown] lang="ko"
# 데이터 증강은 스캔을 쓸 때마다 조금씩 옮기고 회전하고 크기를 바꾸는 것입니다. 원본 하나와, 그것을 바꾼 열한 장입니다.

# %%
same = np.repeat(images[:1], 12, axis=0)
same[1:] = augment.affine(same[1:], np.random.default_rng(0))
figure, axes = plt.subplots(2, 6, layout="constrained")
for ax, image in zip(axes.flat, same):
    ax.imshow(image, cmap="gray", vmin=-1, vmax=1)
    ax.axis("off")

# %% [markdown] lang="en"
# ## Train the model
# Training repeats this step 540 times.

# %% [markdown] lang="ko"
# ## 학습
# 같은 스텝을 540번 되풀이합니다.

# %%
rng = np.random.default_rng(0)
p = initial_parameters(rng, config, recipe)
history = train(p, config, digits, recipe, rng=rng)
total, history[-1].test_accuracy

# %%
assert total == 540 and history[-1].test_accuracy > 0.95
show.curves(history)

# %% [markdown] lang="en"
# The loss does not reach 0. With label smoothing the target of the right class is 0.91, not 1. The images are also
# augmented.

# %% [markdown] lang="ko"
# 손실은 0까지 내려가지 않습니다. 레이블 스무딩을 쓰면 정답의 목표 확률이 1이 아니라 0.91이고, 이미지도 증강되어 있기 때문입니다.

# %% [markdown] lang="en"
# ## Predictions, and the confusion matrix

# %% [markdown] lang="ko"
# ## 예측과 혼동 행렬

# %%
test_images, test_labels = digits.test.images(np.arange(360)), digits.test.labels
probabilities, _ = softmax.forward(vitnp.predict(test_images, p, config))
unsure = probabilities.max(axis=1).argsort()[:12]

# %%
names = digits.class_names
show.predictions(test_images[unsure], test_labels[unsure], probabilities[unsure], names)

# %% [markdown] lang="en"
# These are the twelve least confident predictions. The confusion matrix shows all 360: rows are labels, columns are
# predictions.

# %% [markdown] lang="ko"
# 예측 확률이 가장 낮은 열두 장입니다. 혼동 행렬로 360장을 한꺼번에 봅시다. 행이 정답, 열이 예측입니다.

# %%
confusion = np.zeros((10, 10), int)
np.add.at(confusion, (test_labels, probabilities.argmax(axis=1)), 1)
confusion

# %%
assert confusion.sum() == 360
assert np.isclose(np.trace(confusion) / 360, history[-1].test_accuracy)

# %% [markdown] lang="en"
# ## The effect of augmentation and of the scale of E_pos
# We train three times for six epochs: with the recipe, without augmentation, and with a smaller initial $E_{pos}$ as
# in the released code (0.02 instead of 0.5).

# %% [markdown] lang="ko"
# ## 데이터 증강과 E_pos의 크기가 하는 일
# 여섯 에폭씩 세 번 학습합니다. 레시피 그대로, 증강 없이, 그리고 $E_{pos}$의 초깃값을 공개된 코드처럼 작게(0.5 대신 0.02) 해서
# 학습합니다.


# %%
def curve(**changes):
    changed = dataclasses.replace(recipe, epochs=6, **changes)
    rng = np.random.default_rng(0)
    p = initial_parameters(rng, config, changed)
    return [epoch.test_accuracy for epoch in train(p, config, digits, changed, rng=rng)]


# %%
curves = {"recipe": curve(), "no augmentation": curve(augment=())}
curves["small E_pos"] = curve(position_scale=1.0)

# %%
for (name, accuracies), style in zip(curves.items(), ("o-", "s--", "^:")):
    plt.plot(range(1, 7), accuracies, style, linewidth=3, label=name)
plt.xlabel("epoch")
plt.ylabel("test accuracy")
plt.legend()
plt.show()

# %% [markdown] lang="en"
# A small $E_{pos}$ has little effect beside patch values near 1. In the first epochs the model sees only a bag of
# patches. Augmentation helps only in longer trainings: after 32 epochs and over five seeds, the accuracy is 97.3%
# without and 99.2% with it (`docs/results.md`). **One run with one seed proves nothing about a difference of 1%**:
# one of 360 scans is 0.3%.

# %% [markdown] lang="ko"
# 작은 $E_{pos}$는 1 안팎인 패치 값에 묻힙니다. 처음 몇 에폭 동안 모델은 순서 없는 패치 집합(bag of patches)을 보는 셈입니다. 증강의
# 효과는 더 오래 학습해야 드러납니다. 32 에폭을 시드 다섯 개로 돌리면 없을 때 97.3%, 있을 때 99.2%입니다(`docs/results.md`). **시드 하나로 한 번
# 돌린 결과는 1% 차이에 대해 아무것도 증명하지 못합니다.** 360장이면 한 장이 0.3%입니다.

# %% [markdown] lang="en"
# ## Stop and resume a training
# `train` calls `stop` in every step, and always finishes the step. Here `stop` returns True in step 60, in the middle
# of the second of two epochs.

# %% [markdown] lang="ko"
# ## 학습을 멈추고 이어서 하기
# `train`은 스텝마다 `stop`을 부르고, 그 스텝은 끝까지 마칩니다. 여기서는 두 에폭 가운데 두 번째의 중간인 60번째 스텝에서 True를
# 돌려줍니다.


# %%
def start():
    rng = np.random.default_rng(7)
    return {"p": initial_parameters(rng, config, short), "config": config, "rng": rng}


# %%
short = dataclasses.replace(recipe, epochs=2)
whole = start()
train(data=digits, recipe=short, **whole)[-1].test_accuracy

# %%
done = []
watch = Watch(on_step=lambda now, step: done.append(step), stop=lambda: len(done) == 59)
try:
    train(data=digits, recipe=short, watch=watch, **start())
except Stopped as stopped:
    halfway = stopped.progress
assert (halfway.step, halfway.epoch) == (60, 2)
halfway.step, halfway.epoch

# %% [markdown] lang="en"
# What must be saved? The parameters are not enough. AdamW's two means and the state of the random generator are
# needed too. Then the second half is the same, **bit for bit**.

# %% [markdown] lang="ko"
# 무엇을 저장해야 할까요? 파라미터만으로는 안 됩니다. AdamW의 두 평균과 난수 생성기의 상태도 필요합니다. 그러면 나머지 절반이
# **비트까지** 똑같습니다.

# %%
again = start()
train(data=digits, recipe=short, resume=halfway, **again)
pairs = zip(tree.leaves(whole["p"]), tree.leaves(again["p"]), strict=True)
assert all((a == b).all() for (_, a), (_, b) in pairs)

# %% [markdown] lang="en"
# In a terminal: `vitnp train --data digits --out run`, Ctrl-C, `vitnp train --resume run`.

# %% [markdown] lang="ko"
# 터미널에서는 `vitnp train --data digits --out run`, Ctrl-C, `vitnp train --resume run`입니다.

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ We train on 1,437 scans in batches of 32 for 32 epochs. The last batch of an epoch may be smaller. How many
# steps is that?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 스캔 1,437장, 배치 32, 32 에폭입니다. 에폭의 마지막 배치는 작아도 됩니다. 모두 몇 스텝입니까?

# %% tags=["exercise"]
num_steps = ...

# %% tags=["solution"]
num_steps = 32 * -(-1437 // 32)

# %% tags=["check"]
check("11.1", num_steps)

# %% [markdown] lang="en"
# **2.** ★★ Use `confusion`. For each digit, compute the fraction of its scans that is predicted correctly. Ten
# values.

# %% [markdown] lang="ko"
# **2.** ★★ `confusion`에서 숫자마다 맞힌 비율을 구하세요. 값 열 개가 나와야 합니다.

# %% tags=["exercise"]
recall = ...

# %% tags=["solution"]
recall = confusion.diagonal() / confusion.sum(axis=1)

# %% tags=["check"]
check("11.2", recall, confusion)

# %% [markdown] lang="en"
# **3.** ★★★ Label smoothing 0.1 has the target $0.9\,y + 0.1/10$. What is the smallest loss that a perfect model can
# reach?

# %% [markdown] lang="ko"
# **3.** ★★★ 레이블 스무딩 0.1의 목표는 $0.9\,y + 0.1/10$입니다. 완벽한 모델이 도달할 수 있는 가장 작은 손실은 얼마입니까?

# %% tags=["exercise"]
least = ...

# %% tags=["solution"]
target = np.array([0.91] + 9 * [0.01])
least = -(target * np.log(target)).sum()  # reached where p is the target

# %% tags=["check"]
check("11.3", least)

# %% [markdown] lang="en"
# **Explain.** With augmentation and label smoothing the final training loss is higher than without them. But after a
# long training the test accuracy is higher too. Why does a higher training loss not mean a worse model here?

# %% [markdown] lang="ko"
# **설명해 보세요.** 증강과 레이블 스무딩을 쓰면 학습 손실은 더 높게 끝나는데, 오래 학습했을 때 테스트 정확도도 더 높습니다. 여기서 학습 손실이 높은 것이 왜
# 더 나쁜 모델이라는 뜻이 아닐까요?

# %% [markdown] lang="en" tags=["solution"]
# The two losses do not measure the same task. With smoothing 0.1 even a perfect model has a loss of 0.50, the entropy
# of the target. Augmented images are harder than the scans and differ each time, so the model cannot memorize them.
# Compare the accuracy on the test images, which uses neither augmentation nor smoothing.

# %% [markdown] lang="ko" tags=["solution"]
# 두 손실은 같은 것을 재지 않습니다. 스무딩이 0.1이면 완벽한 모델도 손실이 목표의 엔트로피인 0.50입니다. 증강한 이미지는 원래 스캔보다 어렵고 매번 달라서
# 외울 수 없습니다. 비교할 것은 증강도 스무딩도 하지 않은 테스트 이미지의 정확도입니다.
