# %% [markdown] lang="en"
# # 0 · A tour of the whole Vision Transformer
# **이미지 → 패치 → 토큰 → Transformer Encoder → 클래스** · *image → patches → tokens → Transformer encoder → class*
#
# Deck 003, all steps · file `vitnp/models/vit/model.py` · **25 minutes to show, 40 with the exercises** · [solutions](solutions/00_tour.ipynb)
#
# After this notebook you can
# - follow one photo through all eight steps, with every shape of the slides,
# - explain how the gradient gets from the loss to every parameter,
# - do one training step, and find the notebook that explains each part.

# %% [markdown] lang="ko"
# # 0 · Vision Transformer 전체 둘러보기
# **이미지 → 패치 → 토큰 → Transformer Encoder → 클래스** · *image → patches → tokens → Transformer encoder → class*
#
# 강의자료 003, 전체 단계 · 파일 `vitnp/models/vit/model.py` · **시연 25분, 실습 포함 40분** · [풀이](../solutions/ko/00_tour.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 사진 한 장을 여덟 단계 끝까지 따라가며 슬라이드의 모든 shape를 확인한다.
# - 그래디언트(기울기)가 손실에서 모든 파라미터까지 어떤 경로로 전해지는지 설명한다.
# - 학습을 한 스텝 해 보고, 각 부분을 설명하는 노트북을 찾는다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck, show, tree
from vitnp.analysis import look
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.data import photo, preprocess

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## The model
# This is ViT-B/16, the model of the slides. The blue box is repeated twelve times. The numbers are the steps of deck 003.

# %% [markdown] lang="ko"
# ## 모델
# 슬라이드와 같은 ViT-B/16입니다. 파란 상자를 열두 번 되풀이합니다. 숫자는 강의자료 003의 단계 번호입니다.

# %%
config = vitnp.preset("B/16")
show.diagram(config)

# %% [markdown] lang="en"
# ## The weights
# The parameters are a nested dict of arrays. **Here they are random: this model has learned nothing yet.** Every shape and
# every gradient is real, but the predictions are meaningless. For meaningful ones, give the path of a checkpoint.

# %% [markdown] lang="ko"
# ## 모델의 가중치
# 파라미터는 모두 중첩된 dict에 배열로 들어 있습니다. **지금은 난수라서 이 모델은 아직 아무것도 배우지 않았습니다.** shape와
# 그래디언트는 모두 실제 값이지만 예측은 무의미합니다. 체크포인트 경로를 적으면 의미 있는 예측이 나옵니다.

# %%
WEIGHTS = None  # or a path: .npz, .safetensors or .pth of a ViT with 1000 classes

# %%
rng = np.random.default_rng(0)
p = vitnp.vit.init(rng, config)
p["classify"]["head"]["W"] += 0.02 * rng.standard_normal((768, 1000))
if WEIGHTS:
    p, config = vitnp.weights.load(WEIGHTS)
print(f"{tree.count(p):,} parameters")

# %% [markdown] lang="en"
# (In the released code the head starts at 0. Then all classes have the same probability, and no gradient passes through
# the head. Here the head is random, too.)

# %% [markdown] lang="ko"
# (공개된 코드의 헤드는 0에서 시작합니다. 그러면 모든 클래스의 확률이 같고 그래디언트도 헤드를 지나가지 못합니다. 그래서
# 여기서는 헤드도 난수로 초기화합니다.)

# %% [markdown] lang="en"
# ## The photo
# A pagoda in a park. The photo comes with scikit-learn.

# %% [markdown] lang="ko"
# ## 사진
# 공원의 누각입니다. scikit-learn에 들어 있는 사진입니다.

# %%
image = photo.sample(config.image_size)
image.shape

# %% [markdown] lang="en"
# `vitnp.trace` runs the model once, forward and backward, and keeps every tensor by name. The label is ImageNet class 698,
# *palace*, the closest class to a pagoda.

# %% [markdown] lang="ko"
# `vitnp.trace`는 모델의 순전파와 역전파를 한 번 실행하고 모든 텐서를 이름과 함께 남깁니다. 정답은 ImageNet의 698번 클래스
# *palace*로 합니다. 누각에 가장 가까운 클래스입니다.

# %%
label = 698
t = vitnp.trace(image, p, config, labels=label)
len(t)

# %% [markdown] lang="en"
# This function prints the shape on the slide (left, with its misprints) beside ours (right). The slides show one image, so
# the batch axis is left out.

# %% [markdown] lang="ko"
# 이 함수는 슬라이드의 shape(왼쪽, 오타 포함)와 우리 배열의 shape(오른쪽)를 나란히 출력합니다. 슬라이드는 이미지 한 장
# 기준이므로 배치 축은 뺍니다.


# %%
def beside(*steps):
    for c in slides.check(t, config):
        if c.row.step in steps:
            mark = ("✓" if c.ok else "✗") + ("  misprint" if c.erratum else "")
            print(f"{c.tensor.slide_name:17} {c.printed or '–'!s:21} {c.got!s:21} {mark}")


# %% [markdown] lang="en"
# ## 1단계: 이미지를 패치로 분할 · cut into patches
# The photo is cut into 14 × 14 squares of 16 × 16 pixels.

# %% [markdown] lang="ko"
# ## 1단계: 이미지를 패치로 분할
# 16 × 16 픽셀짜리 정사각형 14 × 14개로 자릅니다.

# %%
show.patch_grid(image, config)

# %% [markdown] lang="en"
# Read row by row, the patches are a sequence of 196 "words". Each patch is flattened into 16·16·3 = 768 values.

# %% [markdown] lang="ko"
# 책처럼 한 줄씩 읽으면 "단어" 196개의 시퀀스가 됩니다. 패치 하나를 한 줄로 펴면 값이 16·16·3 = 768개입니다.

# %%
show.patch_sequence(image, config)

# %% [markdown] lang="en"
# ## 2~4단계: 패치 임베딩, [CLS] 토큰, 포지셔널 임베딩 · from patches to tokens
# Step 2 applies the same dense layer to every patch. Step 3 puts a learned token in front; at the end the class is
# predicted from it. Step 4 adds a learned vector for each of the 197 positions. These are the shapes so far:

# %% [markdown] lang="ko"
# ## 2~4단계: 패치 임베딩, [CLS] 토큰, 포지셔널 임베딩
# 2단계에서는 모든 패치에 같은 선형 변환을 적용합니다. 3단계에서는 맨 앞에 학습되는 토큰을 하나 붙이는데, 마지막에 이 토큰으로
# 클래스를 예측합니다. 4단계에서는 위치 197개마다 학습되는 벡터를 더합니다. 여기까지의 shape입니다.

# %%
beside(1, 2, 3, 4)

# %% [markdown] lang="en"
# This is the input of the encoder. Each column is one token. (The picture shows the first 64 of its 768 values.)

# %% [markdown] lang="ko"
# 인코더에 들어가는 입력입니다. 세로줄 하나가 토큰 하나입니다. (값 768개 가운데 앞의 64개만 그렸습니다.)

# %%
plt.imshow(t["z0"][0, :, :64].T, cmap="cividis", aspect="auto", vmin=-2, vmax=2)
plt.xlabel("token")
plt.ylabel("value")
plt.colorbar()
plt.show()

# %% [markdown] lang="en"
# ## 5단계: Multi-Head Attention · attention
# Every token has a query (Q), a key (K) and a value (V). It compares its query with all keys and takes a weighted mean of
# the values. Twelve heads do this at once.

# %% [markdown] lang="ko"
# ## 5단계: Multi-Head Attention
# 토큰마다 쿼리(Q), 키(K), 값(V)이 있습니다. 토큰은 자신의 쿼리를 모든 키와 비교하고, 그 결과를 가중치로 삼아 값들을 평균합니다.
# 헤드 열두 개가 이 계산을 동시에 합니다.

# %%
beside(5)

# %% [markdown] lang="en"
# The query is one patch of the pagoda (row 8, column 4; the picture counts from 1). The picture shows three heads of the
# first block: the scores above, the weights below. The pattern comes from the photo, because similar patches get similar
# scores. Untrained heads do not select yet: their largest weights are only a few times the uniform attention, 1/197.

# %% [markdown] lang="ko"
# 쿼리는 누각의 한 패치입니다(그림은 1부터 세므로 8행 4열). 첫 블록의 헤드 세 개에서 이 패치가 어디를 보는지 그렸습니다. 위는
# 스코어, 아래는 가중치입니다. 무늬는 사진에서 온 것입니다. 비슷한 패치끼리는 스코어도 비슷하기 때문입니다. 학습하지 않은 헤드는
# 아직 선택하지 못합니다. 가장 큰 가중치도 균등 어텐션 1/197의 몇 배에 그칩니다.

# %%
S, A = t["blocks.0.attention.S"][0], t["blocks.0.attention.A"][0]
show.attention_of_patch(image, S, A, config, patch=(7, 3), block=0)

# %% [markdown] lang="en"
# Trained heads do select. This is a different model, DINOv2's ViT-S/14, and the query is a patch on a cat's eye. Head 1 of
# block 7 gives 46% of its weight to that eye and 48% to the other eye. (We chose the block and the heads by looking at the
# pictures. The weights are under Apache-2.0; docs/pictures/README.md has the command.)

# %% [markdown] lang="ko"
# 학습된 헤드는 선택합니다. 이번에는 다른 모델인 DINOv2의 ViT-S/14이고, 쿼리는 고양이의 한쪽 눈에 있는 패치입니다. 7번째 블록의
# 1번 헤드는 가중치의 46%를 그 눈에, 48%를 반대쪽 눈에 줍니다. (블록과 헤드는 그림을 보고 골랐습니다. 가중치의 라이선스는
# Apache-2.0이고, 그림을 만드는 명령은 docs/pictures/README.md에 있습니다.)

# %%
show.trained("query")

# %% [markdown] lang="en"
# A small trained model comes with the package: `mini/14`, six blocks with 16×16 patches. It learned to predict the tokens
# and the attention of DINOv2 from crops of thirteen photos. This photo was not among them (docs/mini.md says what the model
# is, and what it is not). If DINOv2 itself is in your cache, the cell uses DINOv2.

# %% [markdown] lang="ko"
# 패키지에는 학습된 작은 모델 `mini/14`가 들어 있습니다. 블록이 6개이고 패치는 16×16개입니다. 사진 열세 장의 조각에서 DINOv2의
# 토큰과 어텐션을 예측하도록 학습했습니다. 아래 사진은 학습에 쓰지 않았습니다. (어떤 모델이고 무엇이 아닌지는 docs/ko/mini.md에
# 있습니다.) 캐시에 DINOv2가 있으면 DINOv2를 씁니다.

# %%
seen_p, seen_config = vitnp.weights.load(vitnp.weights.to_look_at())
pagoda = preprocess.apply(photo.read_sample(), seen_config)
seen = vitnp.trace(pagoda, seen_p, seen_config)

# %% [markdown] lang="en"
# Where does [CLS] look in the last block? Five heads look at the pagoda, head 4 at the lake.

# %% [markdown] lang="ko"
# 마지막 블록에서 [CLS]는 어디를 볼까요? 헤드 다섯 개는 누각을, 헤드 4는 호수를 봅니다.

# %%
last_A = seen[f"blocks.{seen_config.num_layers - 1}.attention.A"][0]
show.attention_from_class_token(pagoda, last_A, seen_config)

# %%
mean_map = last_A[:, 0, 1:].mean(axis=0).reshape(16, 16)
assert mean_map[:, :8].sum() > 1.2 * mean_map[:, 8:].sum()

# %% [markdown] lang="en"
# ## Norm과 + · 7단계: FFN · LayerNorm, residual and feed-forward network
# Attention and the FFN both normalize first and add their result to their input. The FFN widens each token to 3072 values,
# applies GELU, and projects it back to 768.

# %% [markdown] lang="ko"
# ## 그림의 Norm과 +, 7단계: FFN
# 어텐션과 FFN 모두 먼저 입력을 정규화하고, 결과를 원래 입력에 더합니다. FFN은 토큰마다 값을 3072개로 늘리고 GELU를 적용한 뒤
# 다시 768개로 줄입니다.

# %% [markdown] lang="en"
# The block is repeated twelve times. Each block adds its result, so the values of the tokens grow:

# %% [markdown] lang="ko"
# 이 블록을 열두 번 되풀이합니다. 블록마다 결과를 더하므로 토큰의 값이 점점 커집니다.

# %%
ends = ["z0", *(f"blocks.{i}.residual_2" for i in range(config.num_layers))]
plt.plot([t[name].std() for name in ends], "o-", linewidth=3)
plt.xlabel("blocks done")
plt.ylabel("σ of the tokens")
plt.show()

# %% [markdown] lang="en"
# ## 8단계: [CLS] 토큰 추출 → 로짓 계산 → Softmax · the class
# Row 0, the [CLS] token, goes through one more dense layer. It gives 1000 logits; softmax turns them into 1000
# probabilities.

# %% [markdown] lang="ko"
# ## 8단계: [CLS] 토큰 추출 → 로짓 → 클래스 확률
# 0번 행인 [CLS] 토큰이 선형 변환을 한 번 더 지나면 로짓 1000개가 나옵니다. softmax가 이를 확률 1000개로 바꿉니다.

# %%
beside(6, 7, 8)

# %%
best = t.probabilities[0].argsort()[::-1][:5]
plt.bar([f"class {i}" for i in best], t.probabilities[0, best])
plt.ylabel("p")
plt.show()

# %% [markdown] lang="en"
# With random weights the prediction is a guess: the most probable of the 1000 classes gets half a percent. All shapes
# agree with the slides:

# %% [markdown] lang="ko"
# 가중치가 난수이므로 이 예측은 추측과 다름없습니다. 클래스 1000개 가운데 확률이 가장 높은 것도 0.5%입니다. shape는 모두
# 슬라이드와 일치합니다.

# %%
checked = slides.check(t, config)
assert all(c.ok for c in checked)
assert t.logits.shape == (1, config.num_classes)

# %% [markdown] lang="en"
# ## The backward pass
# The loss is −log p of the label. If all classes had the same probability, it would be ln 1000. With random weights it is
# close to that.

# %% [markdown] lang="ko"
# ## 역전파
# 손실은 정답 클래스의 −log p입니다. 모든 클래스의 확률이 같으면 ln 1000이고, 가중치가 난수일 때도 이 값에 가깝습니다.

# %%
t.loss, np.log(1000)

# %% [markdown] lang="en"
# The gradient starts at the logits as p − y: 999 classes are pushed down a little, the right one up a lot.

# %% [markdown] lang="ko"
# 그래디언트는 로짓에서 p − y로 시작합니다. 클래스 999개는 조금씩 내려가고 정답 하나가 크게 올라갑니다.

# %%
t.gradient("logits")[0, [697, 698, 699]]

# %% [markdown] lang="en"
# From there the gradient goes back through every step, the last one first. At the output of the twelve blocks only [CLS]
# has a gradient. Attention passes it on to the patches: at the input of the first block all 197 tokens have one.

# %% [markdown] lang="ko"
# 그래디언트는 거기서부터 모든 단계를 거꾸로 지나갑니다. 블록 열두 개의 출력에서는 [CLS]만 그래디언트를 받습니다. 어텐션이 이를
# 패치에 나누어 주므로, 첫 블록의 입력에서는 토큰 197개가 모두 그래디언트를 받습니다.

# %%
arrives = lambda name: np.linalg.norm(t.gradient(name)[0], axis=-1)
last, first = arrives("norm"), arrives("z0")
(last > 0).sum().item(), (first > 0).sum().item()

# %%
figure, axes = plt.subplots(1, 2, layout="constrained")
axes[0].imshow(image)
axes[1].imshow(first[1:].reshape(config.grid), cmap="cividis")
axes[1].set_title("‖∂loss/∂z0‖")
for ax in axes:
    ax.axis("off")

# %% [markdown] lang="en"
# This pattern does not come from training either. Patches of the uniform sky give large tokens, and LayerNorm divides
# their gradient by their σ (notebook 6).

# %% [markdown] lang="ko"
# 이 무늬도 학습의 결과가 아닙니다. 색이 고른 하늘 패치는 토큰의 값이 크고, LayerNorm이 그래디언트를 그 σ로 나누기 때문에
# 어둡습니다. (6번 노트북)

# %% [markdown] lang="en"
# On this path each part of the model gets the gradient of its parameters. The gradient does not vanish: it reaches block 1
# last, but is larger there than in block 12. The residual connections (+) are the reason (notebook 9).

# %% [markdown] lang="ko"
# 모델의 각 부분은 이 경로에서 자기 파라미터의 그래디언트를 받습니다. 그래디언트는 소실되지 않습니다. 가장 늦게 도착하는 첫
# 블록의 그래디언트가 12번째 블록보다 더 큽니다. 잔차 연결(+) 덕분입니다. (9번 노트북)

# %%
norms = look.gradient_norms(t.dp)
show.gradient_norms(norms)

# %%
assert min(norms.values()) > 0
assert t.gradient("image").shape == (1, *image.shape)

# %% [markdown] lang="en"
# Is the gradient right? We compare every gradient of a small but complete model with numerical derivatives. The output is
# the number of arrays, 43, and the largest errors: by the complex step and by differences (notebook 10).

# %% [markdown] lang="ko"
# 이 그래디언트는 맞을까요? 크기는 작지만 구조는 같은 모델의 모든 그래디언트를 수치 미분과 비교합니다. 출력은 배열의 수 43과,
# 복소 스텝과 차분으로 잰 최대 오차입니다. (원리는 10번 노트북에 있습니다.)

# %%
tiny = vitnp.preset("tiny")
tiny_p = gradcheck.random_like(vitnp.vit.init(None, tiny, np.float64), rng)
images = rng.standard_normal((2, *tiny.image_size, tiny.in_channels))

# %%
forward = lambda images, p: vitnp.vit.forward(images, p, tiny, rng=np.random.default_rng(1))
report = gradcheck.check(forward, vitnp.vit.backward, images, tiny_p)
len(report.leaves), f"{report.worst[0]:.0e}", f"{report.worst[1]:.0e}"

# %%
assert report.ok

# %% [markdown] lang="en"
# ## One training step
# Every parameter moves a small step against its gradient: θ ← θ − lr·∂loss/∂θ. We do six such steps.

# %% [markdown] lang="ko"
# ## 학습 한 스텝
# 모든 파라미터를 그래디언트의 반대 방향으로 조금 옮깁니다. θ ← θ − lr·∂loss/∂θ입니다. 이것을 여섯 번 합니다.

# %%
batch, labels = image[None], np.array([label])


# %%
def step(p, lr):
    loss, dp = vitnp.loss_and_grads(batch, labels, p, config)
    gradients = dict(tree.leaves(dp))
    for name, leaf in tree.leaves(p):
        leaf -= lr * gradients[name]
    return float(loss)


# %%
losses = [step(p, lr=0.003) for _ in range(6)]
losses

# %%
plt.plot(losses, "o-", linewidth=3)
plt.xlabel("step")
plt.ylabel("loss")
plt.show()

# %%
assert losses[-1] < losses[1] < losses[0]

# %% [markdown] lang="en"
# The model has only memorized one photo. To classify new images it needs many training images. Notebook 11 trains on
# handwritten digits.

# %% [markdown] lang="ko"
# 사진 한 장을 외웠을 뿐입니다. 처음 보는 이미지를 분류하려면 학습 이미지가 많이 필요합니다. 11번 노트북에서 손글씨 숫자로
# 학습합니다.

# %% [markdown] lang="en"
# This is what training on many photos gives, again for DINOv2's ViT-S/14. The color of each patch is computed from its
# last token, by one rule for all five photos. Both faces have the same color, and the backgrounds have a different one.
# The model was trained without labels.

# %% [markdown] lang="ko"
# 사진을 많이 보면 이렇게 됩니다. 다시 DINOv2의 ViT-S/14입니다. 마지막 토큰으로 패치마다 색을 정했고, 사진 다섯 장에 같은 규칙을
# 썼습니다. 두 사람의 얼굴은 같은 색이고 배경은 다른 색입니다. 이 모델은 레이블 없이 학습했습니다.

# %%
show.trained("components")

# %% [markdown] lang="en"
# ## Next notebooks
# - **Slide N is notebook N**: 1 patches, 2 projection, 3 class token, 4 positions, 5 attention, 6 Norm and +, 7 FFN, 8
#   classification.
# - 9 twelve blocks and their backward pass, 10 the gradient check, 11 training, 12 speed and the GPU, 13 visualizing a
#   trained model, 14 a bug hunt.
# - 15 position embeddings, 16 masked patches, 17 comparing two models, 18 attention between two eyes, 19 convolution, 20
#   from the CNN to the ViT, 21 the encoder–decoder Transformer.
# - **A real checkpoint**: run `vitnp weights list` and `vitnp weights fetch Ti/16` in a terminal (this needs a network).
#   Put its path into `WEIGHTS` above, or run `vitnp predict photo.jpg --weights FILE`.
# - **The GPU**: the same functions take CuPy arrays (notebook 12).

# %% [markdown] lang="ko"
# ## 이어서 볼 노트북
# - **N단계 슬라이드는 N번 노트북**입니다. 1 패치, 2 패치 임베딩, 3 [CLS] 토큰, 4 포지셔널 임베딩, 5 어텐션, 6 Norm과 +, 7 FFN,
#   8 분류.
# - 9 열두 블록의 역전파, 10 그래디언트 검증, 11 학습, 12 속도와 GPU, 13 학습된 모델의 시각화, 14 버그 찾기.
# - 15 포지셔널 임베딩, 16 마스크된 패치, 17 두 모델의 비교, 18 한쪽 눈이 보는 곳, 19 합성곱, 20 CNN에서 ViT까지, 21
#   인코더–디코더 Transformer.
# - **진짜 체크포인트**: 터미널에서 `vitnp weights list`, `vitnp weights fetch Ti/16`(네트워크 필요)을 실행한 뒤 그 경로를 위의
#   `WEIGHTS`에 적거나 `vitnp predict photo.jpg --weights FILE`을 실행합니다.
# - **GPU**: 같은 함수에 CuPy 배열을 넣으면 됩니다. 12번 노트북을 보세요.

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ The same photo goes into ViT-B/32, whose patches are 32 × 32. How many tokens are there, including [CLS]?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 같은 사진을 패치가 32 × 32인 ViT-B/32에 넣습니다. [CLS]까지 토큰은 몇 개입니까?

# %% tags=["exercise"]
num_tokens = ...

# %% tags=["solution"]
num_tokens = (224 // 32) ** 2 + 1

# %% tags=["check"]
check("00.1", num_tokens)

# %% [markdown] lang="en"
# **2.** ★ Which tensor of the first block is the largest? Give its name in the trace, such as `blocks.0.norm_1`.

# %% [markdown] lang="ko"
# **2.** ★ 첫 블록에서 가장 큰 텐서는 무엇입니까? `blocks.0.norm_1`처럼 trace에서의 이름으로 답하세요.

# %% tags=["exercise"]
largest = ...

# %% tags=["solution"]
largest = "blocks.0.feed_forward.u"  # or .g: both are 197 x 3072, more than 12 x 197 x 197

# %% tags=["check"]
check("00.2", largest)

# %% [markdown] lang="en"
# **3.** ★★ The gradients of all 1000 logits add up to a number that does not depend on the photo. Which number?

# %% [markdown] lang="ko"
# **3.** ★★ 로짓 1000개의 그래디언트를 모두 더하면 사진과 상관없이 늘 같은 값이 됩니다. 얼마입니까?

# %% tags=["exercise"]
total = ...

# %% tags=["solution"]
total = 0  # p sums to 1, and so does y

# %% tags=["check"]
check("00.3", total)

# %% [markdown] lang="en"
# **Explain.** The prediction in this notebook is meaningless. What is nevertheless right about the model, and what is
# missing?

# %% [markdown] lang="ko"
# **설명해 보세요.** 이 노트북의 예측은 무의미합니다. 그래도 이 모델에서 옳은 것은 무엇이고, 빠진 것은 무엇입니까?

# %% [markdown] lang="en" tags=["solution"]
# The code is right: every shape agrees with the slide, the probabilities sum to 1, and the gradient agrees with the
# numerical one. The trained weights are missing. The weights here are random, so the logits say nothing about the photo.
# Training changes the weights with the gradient of the backward pass; the code stays the same.

# %% [markdown] lang="ko" tags=["solution"]
# 코드는 옳습니다. shape는 모두 슬라이드와 같고, 확률의 합은 1이며, 역전파의 그래디언트는 수치 미분과 일치합니다. 빠진 것은
# 학습된 가중치입니다. 지금은 무작위 값이라 로짓이 사진의 내용과 관련이 없습니다. 학습은 역전파로 구한 그래디언트로 가중치를
# 바꿀 뿐, 코드는 바꾸지 않습니다.
