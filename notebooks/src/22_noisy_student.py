# %% [markdown] lang="en"
# # 22 · Noisy Student, and how to read a results table
# **SOTA 비교** · *Learning from a teacher's predictions, and what a table of results shows*
#
# Deck 003, comparison with the state of the art · files `vitnp/tasks/self_training.py`, `vitnp/ops/batch_norm.py`,
# `vitnp/blocks/squeeze_excite.py`, `vitnp/course/paper` · **30 minutes to show, 55 with the exercises** ·
# [solutions](solutions/22_noisy_student.ipynb)
#
# After this notebook you can
# - say what a teacher's probabilities carry that labels do not,
# - train a noisy student, and choose the baselines that it must beat,
# - say why BatchNorm makes the images of a batch depend on one another,
# - read a table of results with its ±, its test sets and the different conditions of its columns.

# %% [markdown] lang="ko"
# # 22 · Noisy Student, 그리고 결과표를 읽는 법
# **SOTA 비교** · *Learning from a teacher's predictions, and what a table of results shows*
#
# 강의자료 003의 SOTA 비교 · 파일 `vitnp/tasks/self_training.py`, `vitnp/ops/batch_norm.py`,
# `vitnp/blocks/squeeze_excite.py`, `vitnp/course/paper` · **시연 30분, 실습 포함 55분** ·
# [풀이](../solutions/ko/22_noisy_student.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 교사의 확률에는 있고 레이블에는 없는 정보를 말한다.
# - 노이즈를 준 학생을 학습하고, 이겨야 할 베이스라인을 고른다.
# - BatchNorm에서 한 배치의 이미지들이 서로 영향을 주는 까닭을 말한다.
# - ±, 테스트셋, 열마다 다른 조건을 따져 가며 결과표를 읽는다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import dataclasses
import itertools

import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import data, gradcheck
from vitnp.blocks import squeeze_excite
from vitnp.course import paper
from vitnp.course.exercises import check
from vitnp.course.paper import compared, tables
from vitnp.data import augment
from vitnp.engine import loss
from vitnp.ops import batch_norm, softmax
from vitnp.tasks import self_training
from vitnp.training import statistics
from vitnp.training.loop import How, train
from vitnp.training.recipes import RECIPES
from vitnp.training.setup import initial_parameters

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 14})
np.set_printoptions(suppress=True, precision=3)
rng = np.random.default_rng(0)

# %% [markdown] lang="en"
# ## A teacher with 100 labels
# The last column of deck 003's table is Noisy Student: a model with the labels of ImageNet, and with 300 million
# images of JFT **without** labels. We do the same on a small scale. Of the 1,437 training digits, 100 keep their
# labels. The other 1,337 are images only.

# %% [markdown] lang="ko"
# ## 레이블 100개로 학습한 교사
# 강의자료 003의 표에서 마지막 열은 Noisy Student입니다. ImageNet의 레이블과, 레이블이 **없는** JFT 이미지 3억 장으로 학습한 모델입니다.
# 같은 일을 작게 해 봅니다. 숫자 이미지 1,437장 가운데 100장만 레이블을 남깁니다. 나머지 1,337장은 이미지만 있습니다.

# %%
digits = data.load("digits")
labeled, unlabeled = self_training.split(digits.train, 100, seed=0)
len(labeled), len(unlabeled), unlabeled.labels

# %%
config = vitnp.preset("digits", num_layers=2)
recipe = dataclasses.replace(RECIPES["digits"], epochs=None, steps=250, warmup_steps=25)


# %%
def trained(config, source, recipe, seed, task=None):
    rng = np.random.default_rng(seed)
    p = initial_parameters(rng, config, recipe)
    how = How(task, workers=1)
    train(p, config, digits._replace(train=source), recipe, rng=rng, how=how)
    return p


def accuracy(p, config):
    images = digits.test.images(np.arange(len(digits.test)))
    return float((vitnp.predict(images, p, config).argmax(axis=1) == digits.test.labels).mean())


# %%
teacher = trained(config, data.repeated(labeled, 1437), recipe, seed=0)
accuracy(teacher, config)

# %% [markdown] lang="en"
# ## What its probabilities carry
# The teacher predicts the images without labels. It sees them **without noise**: no augmentation, no dropout.

# %% [markdown] lang="ko"
# ## 교사의 확률에 담긴 것
# 교사가 레이블 없는 이미지를 예측합니다. 이때는 **노이즈를 주지 않습니다.** 데이터 증강도 드롭아웃도 없습니다.

# %%
q = self_training.teacher_probabilities(unlabeled, teacher, config)
q.shape, q[0]

# %% [markdown] lang="en"
# The entropy −Σ q·log q measures the teacher's doubt: 0 if it is sure, log 10 = 2.303 if all ten classes are equally
# likely. Below are its three surest and its three least sure images.

# %% [markdown] lang="ko"
# 엔트로피 −Σ q·log q는 교사가 얼마나 망설이는지를 나타냅니다. 확신하면 0이고, 열 클래스의 확률이 모두 같으면 log 10 = 2.303입니다. 가장 확신한
# 이미지 세 장과 가장 망설인 이미지 세 장을 봅니다.

# %%
entropy = -(q * np.log(q + 1e-9)).sum(axis=1)
order = np.argsort(entropy)
six = [*order[:3], *order[-3:]]
entropy[six]

# %%
figure, axes = plt.subplots(2, 6, figsize=(9.6, 3.6), layout="constrained")
for image, row, top, below in zip(unlabeled.images(six), q[six], *axes):
    top.imshow(image, cmap="gray")
    top.axis("off")
    below.bar(range(10), row)
    below.set(ylim=(0, 1), xticks=range(0, 10, 3), yticks=[])
axes[1, 0].set_xlabel("class")
axes[1, 0].set_ylabel("q")
plt.show()

# %% [markdown] lang="en"
# A **hard label** keeps the largest probability alone. The **soft label** q also says which other classes were
# possible. For each predicted class, the mean of q over its images shows the second most likely class:

# %% [markdown] lang="ko"
# **하드 레이블**은 확률이 가장 큰 클래스만 남깁니다. **소프트 레이블** q에는 다른 어떤 클래스일 수 있었는지도 들어 있습니다. 예측한 클래스별로 q의
# 평균을 내면 두 번째로 그럴듯한 클래스가 보입니다.

# %%
predicted = q.argmax(axis=1)
mean_q = np.array([q[predicted == c].mean(axis=0) for c in range(10)])
others = mean_q * (1 - np.eye(10))
dict(enumerate(others.argmax(axis=1).tolist()))

# %%
plt.imshow(others, cmap="viridis")
plt.xticks(range(10))
plt.yticks(range(10))
plt.xlabel("other class")
plt.ylabel("predicted class")
plt.colorbar(label="mean q")
plt.show()

# %% [markdown] lang="en"
# In this run the second most likely class of a 3 is 9, and of a 1 it is 8: digits of a similar shape. A hard label
# does not have this information.

# %% [markdown] lang="ko"
# 이번 실행에서 3의 두 번째 후보는 9, 1의 두 번째 후보는 8입니다. 모양이 비슷한 숫자들입니다. 하드 레이블에는 이 정보가 없습니다.

# %% [markdown] lang="en"
# ## Temperature: between soft and hard
# softmax(z/T) with T > 1 is softer, with T < 1 harder. Noisy Student uses T = 1.

# %% [markdown] lang="ko"
# ## 온도: 소프트와 하드 사이
# softmax(z/T)는 T > 1이면 더 부드럽고 T < 1이면 더 뾰족합니다. Noisy Student는 T = 1을 씁니다.


# %%
def at_temperature(q, T):
    powers = q ** (1 / T)
    return powers / powers.sum(axis=1, keepdims=True)


# %%
softness = {}
for T in (0.1, 0.5, 1, 2, 10):
    s = at_temperature(q.astype(float), T)
    softness[T] = float(-(s * np.log(s + 1e-9)).sum(axis=1).mean())
softness

# %%
assert np.allclose(at_temperature(q.astype(float), 1), q, atol=1e-6)
assert softness[0.1] < softness[1] < softness[10] < np.log(10)

# %% [markdown] lang="en"
# ## Which images the student gets
# The student gets the images of which the teacher is sure enough: a probability of at least 0.3. And it gets the same
# number per class: the most certain of a frequent class, copies of a rare one.

# %% [markdown] lang="ko"
# ## 학생에게 줄 이미지
# 교사가 어느 정도 확신하는 이미지, 곧 가장 큰 확률이 0.3 이상인 것만 학생에게 줍니다. 클래스마다 수도 같게 맞춥니다. 많은 클래스에서는 가장 확신한
# 것을 고르고, 모자라는 클래스는 복사합니다.

# %%
rows = self_training.chosen(q, threshold=0.3)
print(np.bincount(predicted), "predicted")
print(np.bincount(predicted[rows]), "chosen,", len(np.unique(rows)), "different images")

# %% [markdown] lang="en"
# We have hidden the labels, so here, and only here, we may check how often the teacher is right. It is right more
# often where it is sure.

# %% [markdown] lang="ko"
# 레이블은 우리가 숨긴 것이므로, 교사가 얼마나 맞는지 여기서만 확인해 볼 수 있습니다. 확신할수록 더 자주 맞습니다.

# %%
hidden = digits.train.labels[unlabeled.rows]
right, top = predicted == hidden, q.max(axis=1)
edges = [0, 0.5, 0.7, 0.9, 1]
for low, high in itertools.pairwise(edges):
    part = (top > low) & (top <= high)
    print(f"q in {low}…{high}: {part.sum():4d} images, {right[part].mean():.1%} right")

# %%
assert right[top > 0.9].mean() > right[top <= 0.7].mean()

# %% [markdown] lang="en"
# ## The loss, and why the student needs noise
# The loss of an unlabeled image is the cross-entropy −Σ q·log p with the teacher's q. Its gradient at the logits is
# p − q: as for labels, with q in the place of y.

# %% [markdown] lang="ko"
# ## 손실, 그리고 학생에게 노이즈가 필요한 까닭
# 레이블 없는 이미지의 손실은 교사의 q로 계산한 교차 엔트로피 −Σ q·log p입니다. 로짓에 대한 그래디언트는 p − q입니다. 레이블일 때와 같고 y
# 자리에 q가 있습니다.


# %%
targets = at_temperature(q[:5].astype(float), 1)  # float64, sums of exactly 1


def forward(z):
    p = softmax.forward(z)[0]
    return -(targets * np.log(p)).sum(axis=1), p


def backward(dy, p):
    return dy[:, None] * (p - targets)


# %%
report = gradcheck.check(forward, backward, rng.standard_normal((5, 10)))
print(report)
assert report.ok

# %% [markdown] lang="en"
# Now let the student be an exact copy of the teacher. On the same image without noise p = q, so **the gradient is
# zero: it has nothing to learn.** On a slightly rotated and shifted image it must still give q, and the gradient is
# not zero.

# %% [markdown] lang="ko"
# 학생이 교사를 그대로 복사한 모델이라고 해 봅시다. 노이즈 없는 같은 이미지에서는 p = q이므로 **그래디언트가 0이고, 배울 것이 없습니다.** 조금
# 회전하고 이동한 이미지에서도 q를 내야 한다면 그래디언트는 0이 아닙니다.

# %%
images = unlabeled.images(np.arange(200))
noisy = augment.affine(images, np.random.default_rng(1))


# %%
def gradient(images):
    return softmax.forward(vitnp.predict(images, teacher, config))[0] - q[:200]


clean, moved = np.abs(gradient(images)).max(), np.abs(gradient(noisy)).max()
clean, moved

# %%
assert clean < 1e-5 < 0.1 < moved

# %%
figure, axes = plt.subplots(2, 6, figsize=(9.6, 3.2), layout="constrained")
for before, after, (above, below) in zip(images, noisy, axes.T):
    for ax, image in ((above, before), (below, after)):
        ax.imshow(image, cmap="gray", vmin=-1, vmax=1)
        ax.axis("off")
axes[0, 0].set_title("teacher sees", fontsize=12)
axes[1, 0].set_title("student sees", fontsize=12)
plt.show()

# %% [markdown] lang="en"
# ## Guess first: is the student better?
# Noise of the student: augmentation, dropout and stochastic depth (attention and MLP branches are dropped at random,
# each separately and per image). A step has 8 labeled and 24 unlabeled images. How many points does the student gain
# over its teacher, which got 100 labels only?

# %% [markdown] lang="ko"
# ## 먼저 예상하기: 학생이 더 나을까?
# 학생에게 주는 노이즈는 데이터 증강, 드롭아웃, 확률적 깊이(stochastic depth)입니다. 확률적 깊이는 어텐션 가지와 MLP 가지를 이미지마다 따로따로
# 무작위로 뺍니다. 한 스텝에 레이블 있는 이미지 8장과 없는 이미지 24장이 들어갑니다. 학생의 정확도는 레이블 100개만 배운 교사보다 몇 %p 높을까요?

# %%
guess = None  # points, such as 2

# %%
noisy_config = dataclasses.replace(config, dropout_rate=0.1, stochastic_depth_rate=0.1)
ratio = 3
student_recipe = dataclasses.replace(recipe, batch_size=32 // (1 + ratio))


# %% [markdown] lang="en"
# One run shows little, so there are three seeds. And the teacher is the wrong baseline: it had augmentation, but no
# dropout and no stochastic depth, and its loss is one mean, not a sum of 1 + 3 means. The fair baseline has **the
# student's noise, loss, steps and images per step, and labels alone.** In place of the unlabeled images and their q
# it gets the 100 labeled images and their labels again.

# %% [markdown] lang="ko"
# 한 번 학습해서는 알 수 있는 것이 적으므로 시드 세 개로 합니다. 또 교사는 공정한 베이스라인이 아닙니다. 데이터 증강은 했지만 드롭아웃과 확률적
# 깊이 없이 학습했고, 손실도 평균 1 + 3개의 합이 아니라 평균 하나입니다. 공정한 베이스라인은 **노이즈, 손실, 스텝 수, 스텝마다의 이미지 수가 학생과
# 같고 레이블만 쓰는** 모델입니다. 레이블 없는 이미지와 q 대신 레이블 있는 이미지 100장과 그 레이블을 다시 받습니다.


# %%
def student(labeled, others, q, seed):
    """Trained on labeled images and other training images, whose targets are q."""
    others = self_training.Unlabeled(digits.train, others)
    how = {"ratio": ratio, "label_smoothing": recipe.label_smoothing}
    both = self_training.WithUnlabeled(labeled, others, q, **how)
    task = self_training.SelfTraining(ratio)
    return trained(noisy_config, both, student_recipe, seed + 100, task)


def one_seed(seed):
    """Test accuracies in %: teacher, labels alone, student."""
    labeled, unlabeled = self_training.split(digits.train, 100, seed)
    teacher = trained(config, data.repeated(labeled, 1437), recipe, seed)
    q = self_training.teacher_probabilities(unlabeled, teacher, config)
    rows = self_training.chosen(q)
    again = np.resize(np.arange(100), len(rows))
    y = loss.targets(labeled.labels, 10, q.dtype, label_smoothing=recipe.label_smoothing)
    alone = student(labeled, labeled.rows[again], y[again], seed)
    both = student(labeled, unlabeled.rows[rows], q[rows], seed)
    pairs = (teacher, config), (alone, noisy_config), (both, noisy_config)
    return [100 * accuracy(*pair) for pair in pairs]


# %%
names = ("teacher", "labels alone", "student")
found = np.array([one_seed(seed) for seed in range(3)])
dict(zip(names, found.T))

# %%
for name, column, style in zip(names, found.T, ("o-", "s--", "^:")):
    plt.plot(range(3), column, style, markersize=9, label=name)
plt.xticks(range(3))
plt.xlabel("seed")
plt.ylabel("test accuracy, %")
plt.legend()
plt.show()

# %% [markdown] lang="en"
# ## How sure can we be?
# Compare seed by seed: each student with the baseline of the same split. The **standard error** of the mean
# difference is the deviation divided by √3. With three differences, the 95% interval of their mean is ± 4.3 standard
# errors (Student's t with 2 degrees of freedom).

# %% [markdown] lang="ko"
# ## 얼마나 확실한가?
# 시드마다 비교합니다. 학생을 같은 레이블 100개로 학습한 베이스라인과 비교하는 것입니다. 차이의 평균의 **표준오차**는 표준편차를 √3으로 나눈 값입니다.
# 차이가 세 개이면 평균의 95% 신뢰 구간은 ± 표준오차의 4.3배입니다(자유도 2의 t 분포).

# %%
gains = {name: found[:, 2] - column for name, column in zip(names[:2], found.T)}
for name, gain in gains.items():
    mean, error = gain.mean(), gain.std(ddof=1) / np.sqrt(3)
    interval = f"{mean - 4.3 * error:+.1f} … {mean + 4.3 * error:+.1f}"
    print(f"student − {name}: {mean:+.2f} points, standard error {error:.2f}, 95%: {interval}")

# %% [markdown] lang="en"
# There is a second error. The test has only 360 images: another 360 images of the same kind would give another
# accuracy. This *sampling error* is √(a(100 − a)/360).

# %% [markdown] lang="ko"
# 오차가 하나 더 있습니다. 테스트 이미지가 360장뿐이어서, 같은 종류의 다른 360장으로 재면 정확도가 달라집니다. 이 *표본오차*는
# √(a(100 − a)/360)입니다.

# %%
paper.sampling_error(found[:, 2].mean(), 360), 100 / 360

# %% [markdown] lang="en"
# **What this shows.** In this run the student is 6.7 points above the baseline with labels alone, in each of the three
# seeds by 4 points or more. That is 3.7 standard errors, and 95% needs 4.3: the interval, −1.2 to 14.5 points,
# contains 0. **So three seeds do not show that the unlabeled images helped, and not that they did not.** The student
# is not shown to be better than its teacher either: 0.2 points, interval −8.6 to 9.0. The baseline is 6.5 points
# below the teacher. They differ in dropout, stochastic depth, the loss and the random numbers, and nothing here says
# which of these is the cause. More can be said with more seeds and more test images, such as the 10,000 of Fashion-MNIST:
# `docs/self-training.md`.
#
# (The accuracies are from one run per seed. A different computer rounds differently, so its values may differ by a
# few points.)

# %% [markdown] lang="ko"
# **알 수 있는 것.** 이번 실행에서 학생은 레이블만 쓴 베이스라인보다 6.7%p 높고, 세 시드 모두에서 4%p 넘게 높습니다. 표준오차의 3.7배인데, 95%로
# 말하려면 4.3배가 필요합니다. 신뢰 구간 −1.2 … 14.5%p에 0이 들어 있습니다. **그러므로 시드 세 개로는 레이블 없는 이미지가 도움이 되었다고도, 되지
# 않았다고도 말할 수 없습니다.** 학생이 교사보다 높다고도 할 수 없습니다. 차이는 0.2%p, 신뢰 구간은 −8.6 … 9.0%p입니다. 베이스라인은 교사보다
# 6.5%p 낮습니다. 둘은 드롭아웃, 확률적 깊이, 손실, 난수가 다르고, 이 가운데 무엇이 원인인지는 이 실험으로 알 수 없습니다. 더 말하려면 시드와 테스트 이미지가
# 더 많아야 합니다. Fashion-MNIST에는 테스트 이미지가 10,000장 있습니다. `docs/self-training.md`를 보세요.
#
# (정확도는 시드마다 한 번 학습한 결과입니다. 컴퓨터가 다르면 반올림이 달라서 몇 %p 다를 수 있습니다.)

# %% [markdown] lang="en"
# ## EfficientNet: BatchNorm looks at the whole batch
# Noisy Student is trained with EfficientNets. Their normalization takes mean and variance of a channel over **all
# images of the batch** in training. Four small feature maps of two channels:

# %% [markdown] lang="ko"
# ## EfficientNet: BatchNorm은 배치 전체를 본다
# Noisy Student는 EfficientNet으로 학습합니다. 그 정규화는 학습할 때 채널의 평균과 분산을 **배치의 모든 이미지에서** 구합니다. 채널이 두 개인
# 작은 특징 맵 네 장을 만듭니다.

# %%
x = rng.normal(2, 3, (4, 3, 3, 2))
norm = batch_norm.init(channels=2, dtype="float64")
y, saved = batch_norm.forward(x, norm, eps=1e-3, training=True)
y.mean(axis=(0, 1, 2)), y.std(axis=(0, 1, 2))

# %% [markdown] lang="en"
# We change image 3 alone. The outputs of images 0, 1 and 2 change too:

# %% [markdown] lang="ko"
# 3번 이미지만 바꿉니다. 0, 1, 2번 이미지의 출력도 바뀝니다.

# %%
other = x.copy()
other[3] += 10
y_other, _ = batch_norm.forward(other, norm, eps=1e-3, training=True)
np.abs(y_other - y).max(axis=(1, 2, 3))

# %% [markdown] lang="en"
# In evaluation the statistics are fixed numbers, so each image is on its own. (LayerNorm and GroupNorm never look
# at other images: notebooks 06 and 19.)

# %% [markdown] lang="ko"
# 평가할 때는 통계량이 고정된 값이므로 이미지마다 따로 계산됩니다. (LayerNorm과 GroupNorm은 다른 이미지를 보는 일이 없습니다. 06번과 19번 노트북을
# 보세요.)

# %%
one, _ = batch_norm.forward(x, norm, eps=1e-3, training=False)
two, _ = batch_norm.forward(other, norm, eps=1e-3, training=False)
np.abs(two - one).max(axis=(1, 2, 3))

# %%
assert (np.abs(y_other - y).max(axis=(1, 2, 3)) > 0.1).all() and (one[:3] == two[:3]).all()

# %% [markdown] lang="en"
# ## Running statistics
# The fixed numbers are running averages. After every step: mean ← 0.99·mean + 0.01·mean of the batch. They start at
# mean 0 and variance 1, so at first they are wrong.

# %% [markdown] lang="ko"
# ## 이동 평균
# 고정된 값은 학습하며 모은 이동 평균입니다. 스텝마다 mean ← 0.99·mean + 0.01·(배치의 mean)으로 바꿉니다. 평균 0, 분산 1에서 시작하므로 처음에는
# 맞지 않습니다.

# %%
running, curve = {"mean": np.zeros(2), "var": np.ones(2)}, []
for _ in range(400):
    statistics.follow(running, saved.batch, momentum=0.99)
    curve.append(running["mean"][0] / saved.batch["mean"][0])

# %%
plt.plot(range(1, 401), curve)
plt.axhline(1, color="gray", linestyle=":")
plt.xlabel("steps")
plt.ylabel("running mean / batch mean")
plt.show()

# %%
assert np.allclose(curve, 1 - 0.99 ** np.arange(1, 401))

# %% [markdown] lang="en"
# So a model with BatchNorm that was trained for few steps is evaluated with wrong statistics. With a momentum of 0.9,
# ten times fewer steps are enough.

# %% [markdown] lang="ko"
# 그래서 몇 스텝만 학습한 BatchNorm 모델은 맞지 않는 통계량으로 평가됩니다. 모멘텀이 0.9이면 스텝 수가 10분의 1이면 됩니다.

# %% [markdown] lang="en"
# ## Squeeze-and-excite: a gate per channel
# A convolution sees its neighbors only. Squeeze-and-excite takes the mean of each channel over the whole map
# (*squeeze*), computes a number 0…1 per channel from all means (*excite*), and multiplies. So a pixel in one corner
# changes the output in every other place:

# %% [markdown] lang="ko"
# ## Squeeze-and-excite: 채널마다 게이트 하나
# 합성곱은 이웃만 봅니다. squeeze-and-excite는 채널마다 맵 전체의 평균을 내고(*squeeze*), 모든 평균에서 채널마다 0…1의 값을 구해(*excite*)
# 곱합니다. 그래서 한쪽 구석의 픽셀이 다른 모든 위치의 출력을 바꿉니다.

# %%
gates = squeeze_excite.init(rng, channels=3, squeezed=2, dtype="float64")
m = rng.standard_normal((1, 4, 4, 3))
corner = m.copy()
corner[0, 0, 0] += 5
a, b = (squeeze_excite.forward(each, gates)[0] for each in (m, corner))
np.abs(a - b)[0].max(axis=-1)

# %%
report = gradcheck.check(squeeze_excite.forward, squeeze_excite.backward, m, gates)
print(report)
assert report.ok and (np.abs(a - b)[0].max(axis=-1) > 0).all()

# %% [markdown] lang="en"
# ## 확장성(Scalability) 평가 · reading the table of deck 003
# `vitnp.course.paper` has the paper's tables as data. This is Table 2, the one of deck 003:

# %% [markdown] lang="ko"
# ## 확장성(Scalability) 평가: 강의자료 003의 표 읽기
# `vitnp.course.paper`에는 논문의 표가 데이터로 들어 있습니다. 강의자료 003에 있는 Table 2입니다.

# %%
for row in tables.texts(tables.table_2())[1:]:
    print(f"{row[0]:18s}", *(f"{cell:13s}" for cell in row[1:]))
paper.TABLE_2_MODELS

# %% [markdown] lang="en"
# Deck 001 says that L/16 is better than BiT-L in **all** tasks. For each row: the difference in points, and the
# same in standard errors √((s₁² + s₂²)/3), s the ± of three fine-tunings.

# %% [markdown] lang="ko"
# 강의자료 001은 L/16이 **모든** 과제에서 BiT-L보다 높다고 합니다. 행마다 차이(%p)와, 그 차이가 표준오차 √((s₁² + s₂²)/3)의 몇 배인지를
# 구합니다. s는 미세 조정 세 번의 ±입니다.

# %%
H14, L16, I21K, BIT, NOISY = paper.TABLE_2_MODELS
for row in compared.compared(L16, BIT):
    errors = "no ±" if row.errors is None else f"{row.errors:+.1f} standard errors"
    print(f"{row.row:18s} {row.points:+.2f}  {errors}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.6), sharey=True, layout="constrained")
for ax, model in zip(axes, (H14, L16)):
    rows = compared.compared(model, BIT)
    spread = [compared.SHOWN * (row.error or 0) for row in rows]
    ax.errorbar([r.points for r in rows], [r.row for r in rows], xerr=spread, fmt="o")
    ax.axvline(0, color="gray", linestyle=":")
    ax.set_title(f"{model} − BiT-L, ± {compared.SHOWN} SE", fontsize=12)
plt.show()

# %%
assert len(compared.exceeding(H14, BIT)) == 7 and len(compared.exceeding(L16, BIT)) == 5

# %% [markdown] lang="en"
# **Not so:** on ReaL both have 90.54, on VTAB L/16 is 0.01 lower, and on CIFAR-10 it is higher by 1.3 standard errors
# only. With three runs each, 95% needs 2.78 (Student's t with 4 degrees of freedom), the length of the bars. H/14 is
# higher in all seven rows, but by less than that on CIFAR-10, Flowers and VTAB, where BiT-L's ± is 1.70. On ReaL
# BiT-L has no ±.
#
# And ± covers the fine-tunings alone. The pre-training was done **once**, and all runs use the same test images.

# %% [markdown] lang="ko"
# **맞지 않습니다.** ReaL은 둘 다 90.54, VTAB은 L/16이 0.01 낮고, CIFAR-10에서는 표준오차의 1.3배만큼만 높습니다. 세 번씩 학습했으면 95%로
# 말하는 데 표준오차의 2.78배가 필요합니다(자유도 4의 t 분포). 막대의 길이가 그만큼입니다. H/14는 일곱 행에서 모두 높지만 CIFAR-10, Flowers,
# VTAB에서는 차이가 그보다 작습니다. VTAB에서 BiT-L의 ±는 1.70입니다. ReaL에는 BiT-L의 ±가 없습니다.
#
# 게다가 ±는 미세 조정의 편차일 뿐입니다. 사전 학습은 **한 번**만 했고, 테스트 이미지도 늘 같습니다.

# %%
for name, images in paper.TEST_IMAGES.items():
    best = paper.TABLE_2[name][0]
    sampling = paper.sampling_error(best.mean, images)
    print(f"{name:18s} {images:6,d} images  ± {best.deviation:.2f}, sampling {sampling:.2f}")

# %% [markdown] lang="en"
# ## What differs between the columns
# A column is not a model alone. It is a model with its data, its pixels and its length of training:

# %% [markdown] lang="ko"
# ## 열마다 다른 조건
# 한 열은 모델만이 아닙니다. 데이터, 픽셀 수, 학습 기간까지 포함한 것입니다.

# %%
for column in paper.COLUMNS:
    print(f"{column.model:24s} {column.pixels:>8s} px  {column.pretrained.en}")

# %% [markdown] lang="en"
# The row *TPUv3-core-days* is the number of cores times days. H/14 took a quarter of BiT-L's. But it was trained
# for 14 epochs and BiT-L for 40: **per epoch** it took 72%.

# %% [markdown] lang="ko"
# *TPUv3-core-days*는 코어 수에 날수를 곱한 값입니다. H/14는 BiT-L의 4분의 1입니다. 그러나 H/14는 14 에폭, BiT-L은 40 에폭 학습했습니다. **한
# 에폭만** 비교하면 72%입니다.

# %%
share = compared.share_of_core_days(H14, BIT)
share, share * 40 / 14

# %% [markdown] lang="en"
# ## VTAB: what a mean of 19 tasks hides
# H/14 is 1.35 points above L/16 on VTAB. Which tasks make it?

# %% [markdown] lang="ko"
# ## VTAB: 과제 19개의 평균이 가리는 것
# VTAB에서 H/14는 L/16보다 1.35%p 높습니다. 어느 과제에서 나온 차이일까요?

# %%
tasks = {task: row for group in paper.TABLE_9.values() for task, row in group.items()}
gain = {task: h14 - l16 for task, (h14, l16, _) in tasks.items()}
order = sorted(gain, key=gain.get)
plt.figure(figsize=(9.6, 5))
plt.barh(order, [gain[task] for task in order])
plt.xlabel("H/14 − L/16, points")
plt.show()

# %%
values = np.array(sorted(gain.values()))
values.mean(), np.median(values), values[:-3].mean(), (values < 0).sum()

# %% [markdown] lang="en"
# Three tasks of the Structured and Natural groups make more than half of the mean; the median is lower, and on four
# tasks L/16 is ahead. The mean of 19 also gives the 8 Structured tasks twice the weight of the 4 Specialized ones.

# %% [markdown] lang="ko"
# 과제 세 개가 평균의 절반 넘게 차지합니다. 중앙값은 더 낮고, 네 과제에서는 L/16이 높습니다. 또 19개를 그대로 평균하면 Structured 과제 8개가
# Specialized 과제 4개보다 두 배의 비중을 갖습니다.

# %%
groups = {g: np.mean([row[0] for row in tasks.values()]) for g, tasks in paper.TABLE_9.items()}
groups, np.mean([*groups.values()]), paper.TABLE_2["VTAB (19 tasks)"][0].mean

# %% [markdown] lang="en"
# ## In a terminal
# - `vitnp paper` prints every table, and with `--runs` your own trainings beside it; `vitnp paper --table claims` checks
#   what the slides say: `docs/paper.md`.
# - `vitnp self-train` runs the whole experiment with four baselines, and resumes. `vitnp vtab` fine-tunes on the tasks
#   of VTAB that a folder has.

# %% [markdown] lang="ko"
# ## 터미널에서
# - `vitnp paper`는 모든 표를 출력하고, `--runs`를 주면 직접 학습한 결과를 나란히 보여 줍니다. `vitnp paper --table claims`는 슬라이드의 주장을
#   검사합니다. `docs/paper.md`에 설명이 있습니다.
# - `vitnp self-train`은 이 실험 전체를 베이스라인 네 개와 함께 하고, 멈추면 이어서 합니다. `vitnp vtab`은 폴더에 있는 VTAB 과제로 미세 조정합니다.

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint. ★ asks for a
# number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ A running mean starts at 0, with momentum 0.99, and every batch has the mean 1. After how many steps is
# it at least 0.95?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 이동 평균이 0에서 시작하고 모멘텀은 0.99입니다. 모든 배치의 평균이 1이라면 몇 스텝 뒤에 0.95 이상이 됩니까?

# %% tags=["exercise"]
steps = ...

# %% tags=["solution"]
steps = int(np.ceil(np.log(0.05) / np.log(0.99)))

# %% tags=["check"]
check("22.1", steps)

# %% [markdown] lang="en"
# **2.** ★★★ Write the choice of pseudo-labels. q is (n, classes). Return row numbers: of each class exactly
# `per_class`, only rows whose largest probability is at least `threshold`, the most certain first; a rare class repeats
# its rows (`np.resize`). A class that no row has is left out.

# %% [markdown] lang="ko"
# **2.** ★★★ 의사 레이블을 고르는 함수를 쓰세요. q는 (n, classes)입니다. 행 번호를 돌려줍니다. 클래스마다 정확히 `per_class`개이고, 가장 큰 확률이
# `threshold` 이상인 행만, 확신하는 것부터 고릅니다. 모자라는 클래스는 행을 되풀이합니다(`np.resize`). 예측된 행이 없는 클래스는 건너뜁니다.


# %% tags=["exercise"]
def choose(q, threshold, per_class):
    return ...


# %% tags=["solution"]
def choose(q, threshold, per_class):
    classes, top, found = q.argmax(axis=1), q.max(axis=1), []
    for c in range(q.shape[1]):
        rows = np.flatnonzero((classes == c) & (top >= threshold))
        if len(rows):
            found.append(np.resize(rows[np.argsort(-top[rows])], per_class))
    return np.concatenate(found)


# %% tags=["check"]
check("22.2", choose)

# %% [markdown] lang="en"
# **3.** ★★★ A gate without layers: s is the mean of x over the places, g = σ(s), y = g·x. Write its backward pass.
# saved is (x, g), x (B, H, W, C), g (B, C). x is used twice.

# %% [markdown] lang="ko"
# **3.** ★★★ 층이 없는 게이트입니다. s는 위치에 대한 x의 평균이고, g = σ(s), y = g·x입니다. 역전파를 쓰세요. saved는 (x, g)이고 x는
# (B, H, W, C), g는 (B, C)입니다. x는 두 번 쓰입니다.


# %% tags=["exercise"]
def gate_backward(dy, saved):
    return ...


# %% tags=["solution"]
def gate_backward(dy, saved):
    x, g = saved
    ds = (dy * x).sum(axis=(1, 2)) * g * (1 - g)
    places = x.shape[1] * x.shape[2]
    return dy * g[:, None, None] + ds[:, None, None] / places


# %% tags=["check"]
check("22.3", gate_backward)

# %% [markdown] lang="en"
# **4.** ★★ On CIFAR-10 BiT-L has 99.37 ± 0.06, and L/16 pre-trained on ImageNet-21k 99.15 ± 0.03, each of three runs.
# By how many standard errors is BiT-L higher?

# %% [markdown] lang="ko"
# **4.** ★★ CIFAR-10에서 BiT-L은 99.37 ± 0.06, ImageNet-21k로 사전 학습한 L/16은 99.15 ± 0.03이고 모두 세 번의 결과입니다. BiT-L은 표준오차의
# 몇 배만큼 높습니까?

# %% tags=["exercise"]
errors = ...

# %% tags=["solution"]
errors = (99.37 - 99.15) / np.sqrt((0.06**2 + 0.03**2) / 3)

# %% tags=["check"]
check("22.4", errors)

# %% [markdown] lang="en"
# **Explain.** A paper reports that its student is 0.4 points better than its teacher, with one run of each and
# 10,000 test images. Name three things that you would ask for before you believe that the unlabeled images helped.

# %% [markdown] lang="ko"
# **설명해 보세요.** 어떤 논문이 학생이 교사보다 0.4%p 높다고 합니다. 한 번씩 학습했고 테스트 이미지는 10,000장입니다. 레이블 없는 이미지가 도움이
# 되었다고 믿기 전에 확인하고 싶은 것 세 가지를 말하세요.

# %% [markdown] lang="en" tags=["solution"]
# A baseline with labels alone, the same noise, loss, number of steps and model: the gain may come from
# those. Several seeds, with the deviation of the difference: one run of each has none. And the sampling error: at
# 90%, 10,000 images give ±0.3 points, about as much as the gain. Further: whether the learning rate was tuned for
# both, and on which images.

# %% [markdown] lang="ko" tags=["solution"]
# 첫째, 레이블만 쓰고 노이즈, 손실, 스텝 수, 모델이 같은 베이스라인입니다. 차이가 거기서 왔을 수 있습니다. 둘째, 여러 시드의 차이와 그 편차입니다. 한 번씩
# 학습해서는 편차를 알 수 없습니다. 셋째, 표본오차입니다. 정확도가 90%이면 10,000장의 표본오차가 ±0.3%p로, 차이와 비슷합니다. 학습률을 두 모델에 모두
# 맞추었는지, 어느 이미지로 맞추었는지도 물을 수 있습니다.
