# %% [markdown] lang="en"
# # 21 · The encoder–decoder Transformer before ViT
# **Transformer · Transformer Architecture** · *An encoder–decoder that translates numbers into Korean*
#
# Decks 000, 002 and 004, the NLP Transformer · files `vitnp/models/transformer/`, `vitnp/blocks/decoder.py`,
# `vitnp/steps/s5_attention.py` · **35 minutes to show, 60 with the exercises** · [solutions](solutions/21_transformer.ipynb)
#
# After this notebook you can
# - name every box of the Transformer's figure and its shape,
# - draw the two masks, and explain what goes wrong without them,
# - say which gradients of an encoder–decoder are sums, and why,
# - use greedy decoding and beam search, and read cross-attention,
# - say what ViT keeps of the Transformer, and what it drops.

# %% [markdown] lang="ko"
# # 21 · ViT의 출발점: 인코더–디코더 Transformer
# **Transformer · Transformer Architecture** · *An encoder–decoder that translates numbers into Korean*
#
# 강의자료 000, 002, 004의 자연어 Transformer · 파일 `vitnp/models/transformer/`, `vitnp/blocks/decoder.py`,
# `vitnp/steps/s5_attention.py` · **시연 35분, 실습 포함 60분** · [풀이](../solutions/ko/21_transformer.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - Transformer 그림의 상자마다 이름과 shape를 말한다.
# - 두 마스크를 그리고, 마스크가 없으면 무엇이 잘못되는지 말한다.
# - 인코더–디코더에서 합으로 구하는 그래디언트가 무엇이고, 무엇의 합인지 말한다.
# - 탐욕 디코딩과 빔 탐색을 하고, 교차 어텐션을 읽는다.
# - ViT가 Transformer에서 무엇을 남기고 무엇을 버렸는지 말한다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import dataclasses

import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck, show, tree, vit
from vitnp.blocks import decoder, encoder
from vitnp.course.exercises import check
from vitnp.data import sentences
from vitnp.data.sentences import numbers
from vitnp.engine import decoding
from vitnp.inputs import text
from vitnp.inputs.sequences import END, PADDING, START, causal_mask, padding_mask
from vitnp.models import transformer
from vitnp.ops import embed, positions, softmax
from vitnp.steps import s5_attention
from vitnp.tasks.translation import Translation
from vitnp.training import optim

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 14})
np.set_printoptions(suppress=True, precision=2, linewidth=96)
rng = np.random.default_rng(0)

# %% [markdown] lang="en"
# ## The data: numbers as sentences
# Deck 002 says that the Transformer was made to translate sentences. Our sentences are numbers, and the translation
# is the number in Korean words.

# %% [markdown] lang="ko"
# ## 데이터: 수를 문장으로 보기
# 강의자료 002: Transformer는 자연어 분야에서 문장 번역을 위해 고안된 모델입니다. 여기서는 수가 문장이고, 수를 한글로 읽은 것이 번역입니다.

# %%
{n: numbers.to_words(n) for n in (7, 10, 240, 2024, 10_000, 12_345)}

# %% [markdown] lang="en"
# Translation symbol by symbol does not work. A 0 is not spoken. A 1 is spoken at the end, but not before the words
# for ten, hundred and thousand. Which of these words follows a digit depends on how many digits come **after** it.
# The two sides also have different lengths. So one network reads the whole source (the encoder), and a second one
# writes the target symbol by symbol (the decoder).

# %% [markdown] lang="ko"
# 한 글자씩 바꾸어서는 안 됩니다. 0은 읽지 않습니다. 1은 끝에서는 읽지만 십, 백, 천 앞에서는 읽지 않습니다. 숫자 다음에 십, 백, 천 가운데
# 무엇이 오는지는 **뒤에** 숫자가 몇 개 남았는지에 달려 있습니다. 양쪽의 길이도 다릅니다. 그래서 한 네트워크가 입력 전체를 읽고(인코더), 다른
# 네트워크가 출력을 한 글자씩 씁니다(디코더).

# %% [markdown] lang="en"
# ## Transformer Architecture · the slide's figure, box by box
#
# | encoder (left) | decoder (right) | where |
# |---|---|---|
# | Input Embedding | Output Embedding, shifted right | `ops/embed.py` |
# | Positional Encoding | the same | `ops/positions.py` |
# | Multi-Head Attention | **Masked** Multi-Head Attention | `steps/s5_attention.py` |
# | | Multi-Head Attention to the encoder's output | `steps/s5_attention.py` |
# | Feed Forward | the same | `steps/s7_feed_forward.py` |
# | Add & Norm, after each | the same | `blocks/decoder.py` |
# | | Linear, Softmax | `ops/embed.py`, `ops/softmax.py` |
#
# Each side has N blocks; here 2. We go through the boxes from bottom to top.

# %% [markdown] lang="ko"
# ## Transformer Architecture: 그림의 상자를 하나씩
#
# | 인코더(왼쪽) | 디코더(오른쪽) | 파일 |
# |---|---|---|
# | Input Embedding | Output Embedding(shifted right) | `ops/embed.py` |
# | Positional Encoding | 같음 | `ops/positions.py` |
# | Multi-Head Attention | **Masked** Multi-Head Attention | `steps/s5_attention.py` |
# | | 인코더의 출력을 보는 Multi-Head Attention | `steps/s5_attention.py` |
# | Feed Forward | 같음 | `steps/s7_feed_forward.py` |
# | 각각 다음에 Add & Norm | 같음 | `blocks/decoder.py` |
# | | Linear, Softmax | `ops/embed.py`, `ops/softmax.py` |
#
# 양쪽에 블록이 N개씩 있고, 여기서는 2개입니다. 아래에서 위로 하나씩 봅니다.

# %%
data = sentences.opened("number-to-korean")
config = vitnp.preset("translate-small", **data.fields, norm="post", dropout_rate=0.0)
"".join(config.source_symbols), "".join(config.target_symbols)

# %%
D, H, V = config.hidden_size, config.num_heads, config.vocabulary_size
config.num_layers, D, H, V

# %% [markdown] lang="en"
# ## Tokens and ids
# The number of a symbol is its *id*. Three ids are special: 0 is padding, 1 the start, 2 the end. A batch is a
# rectangle, so short sentences are filled with padding.

# %% [markdown] lang="ko"
# ## 토큰과 id
# 기호의 번호를 *id*라고 합니다. 세 id는 특별합니다. 0은 패딩, 1은 시작, 2는 끝입니다. 배치는 직사각형이어야 하므로 짧은 문장의 뒤는
# 패딩으로 채웁니다.

# %%
texts = ["7", "240", "12345"]
source = text.to_ids(texts, config)
source

# %%
words = [numbers.to_words(int(number)) for number in texts]
ids = text.ids_of(config.symbols)
target = text.padded([[START, *(ids[s] for s in word), END] for word in words])
words, target

# %% [markdown] lang="en"
# ## Embedding: a row of a table, times √D
# An image patch is multiplied by W (step 2). A symbol has no pixels. It is a one-hot row, and the table E replaces W.
# The product of a one-hot row and E is a row of E.

# %% [markdown] lang="ko"
# ## 임베딩: 표의 한 행에 √D를 곱한 것
# 이미지 패치에는 W를 곱했습니다(2단계). 기호에는 픽셀이 없으므로 원-핫 벡터로 나타내고, W 자리에는 표 E가 옵니다. 원-핫 벡터와 E의 곱은 곧
# E의 한 행입니다.

# %%
p = transformer.init(rng, config, "float64")
E = p["embed"]["E"]
one_hot = np.eye(V)[source]
x = np.sqrt(D) * one_hot @ E
one_hot.shape, E.shape, x.shape

# %%
assert np.allclose(x, np.sqrt(D) * E[source])
assert np.allclose(x, embed.forward(source, p["embed"])[0])

# %% [markdown] lang="en"
# **Why √D?** The same table gives the logits at the end, y·Eᵀ, which are sums of D products. So that the logits are
# about 1, E has variance 1/D. Then an embedding would be very small compared with the positions, whose values are
# between −1 and 1. The factor √D makes their sizes similar.

# %% [markdown] lang="ko"
# **왜 √D를 곱할까요?** 마지막에 같은 표로 로짓 y·Eᵀ를 만드는데, 이것은 곱 D개의 합입니다. 로짓이 1 정도가 되도록 E의 분산을 1/D로 둡니다. 그러면
# 임베딩이 −1에서 1까지인 위치 값보다 훨씬 작아집니다. √D를 곱하면 크기가 비슷해집니다.

# %%
E.std(), x.std(), positions.interleaved(x).std()

# %% [markdown] lang="en"
# ## Positional encoding: sine and cosine
# $PE_{t,2i} = \sin(t\,\omega_i)$, $PE_{t,2i+1} = \cos(t\,\omega_i)$, $\omega_i = 10000^{-2i/D}$. There are no
# parameters.

# %% [markdown] lang="ko"
# ## 위치 인코딩: 사인과 코사인
# $PE_{t,2i} = \sin(t\,\omega_i)$, $PE_{t,2i+1} = \cos(t\,\omega_i)$, $\omega_i = 10000^{-2i/D}$입니다. 학습하는 값이 없습니다.


# %%
def sines(T, D):
    angle = np.arange(T)[:, None] / 10_000 ** (np.arange(0, D, 2) / D)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(T, D)


# %%
PE = sines(50, D)
assert np.allclose(PE[:5], positions.interleaved(x))
show.sine_positions(PE)

# %% [markdown] lang="en"
# Two neighboring columns are a point on a circle. From position t to t + k the point rotates by kω, **for every t by
# the same matrix**. So a head can learn "three positions to the left" once for all positions. ViT learns its table
# instead (step 4).

# %% [markdown] lang="ko"
# 이웃한 두 열은 원 위의 한 점입니다. t에서 t + k로 가면 점이 kω만큼 회전하는데, **어느 t에서나 같은 행렬**로 회전합니다. 그래서 헤드는
# "왼쪽으로 세 칸"을 모든 자리에 대해 한 번에 배울 수 있습니다. ViT는 이 표를 학습합니다(4단계).

# %%
k, i = 3, 4
turned = k / 10_000 ** (2 * i / D)
turn = np.array([[np.cos(turned), np.sin(turned)], [-np.sin(turned), np.cos(turned)]])
hand = PE[:, 2 * i : 2 * i + 2]
assert np.allclose(hand[:-k] @ turn.T, hand[k:])

# %% [markdown] lang="en"
# ## The encoder: step 5 with a padding mask
# This is the file of notebook 05. New is the mask: booleans, True where a query may attend to a key. In the code this
# is one line: where the mask is False, the score becomes −∞, so its softmax is 0. No query may attend to padding.

# %% [markdown] lang="ko"
# ## 인코더: 패딩 마스크가 있는 5단계
# 5번 노트북의 파일 그대로입니다. 새로운 것은 마스크입니다. 쿼리가 키를 볼 수 있으면 True입니다. 코드로는 한 줄입니다. 마스크가
# False이면 스코어를 −∞로 바꾸고, 그러면 softmax가 0이 됩니다. 어떤 쿼리도 패딩을 볼 수 없습니다.

# %%
x = x + sines(5, D)
mine = p["encoder"][0]["attention"]
y, saved = s5_attention.forward(x, mine, num_heads=H, mask=padding_mask(source))
saved.A[1, 0]  # of "240", head 1

# %% [markdown] lang="en"
# The last two columns are 0. (The last two rows belong to padding and are not used.) So the result for a sentence
# does not depend on the lengths of the others in its batch:

# %% [markdown] lang="ko"
# 마지막 두 열이 0입니다. (마지막 두 행은 패딩 자신의 것이고 쓰이지 않습니다.) 그래서 한 문장의 결과는 배치의 다른 문장이 얼마나 긴지와
# 상관이 없습니다.

# %%
alone, _ = s5_attention.forward(x[1:2, :3], mine, num_heads=H)
without, _ = s5_attention.forward(x, mine, num_heads=H)
abs(y[1, :3] - alone).max(), abs(without[1, :3] - alone).max()

# %%
assert np.allclose(y[1, :3], alone) and not np.allclose(without[1, :3], alone)

# %% [markdown] lang="en"
# ## The decoder: the causal mask
# The decoder's input is the target, shifted right, with START first. Row t predicts symbol t + 1, which is in the
# next row of the input. So a query may attend only to itself and to earlier tokens. This is the *causal* mask.

# %% [markdown] lang="ko"
# ## 디코더: 인과 마스크
# 입력은 한 칸 밀린 목표 문장입니다. 맨 앞에 START가 옵니다. t행은 t + 1번째 기호를 예측해야 하는데, 그 답이 입력의 바로 다음 행에 있습니다. 그래서
# 쿼리는 자신과 앞의 토큰만 볼 수 있고 뒤는 볼 수 없습니다. 이것이 *인과 마스크(causal mask)* 입니다.

# %%
target_in, goals = target[:, :-1], target[:, 1:]
T = target_in.shape[1]
masks = {"padding": padding_mask(target_in)[1, 0], "causal": causal_mask(T, target_in)}
masks["both"] = masks["padding"] & masks["causal"]
names = ["START", *words[1], "END", "·", "·", "·"]
show.mask(masks, names, names)

# %% [markdown] lang="en"
# We test it on the whole model: we change one symbol of the third target, at position 5. **Guess first:** which rows
# of the logits change?

# %% [markdown] lang="ko"
# 모델 전체로 확인합니다. 세 번째 목표 문장의 5번 자리에서 기호 하나를 바꿉니다. **먼저 예상하기:** 로짓의 어느 행이 달라질까요?

# %%
z, saved = transformer.forward((source, target_in), p, config)
changed = target_in.copy()
changed[2, 5] = ids["7"]
z_changed, _ = transformer.forward((source, changed), p, config)
moved = abs(z - z_changed)[2].max(axis=-1)
moved

# %%
assert (moved[:5] == 0).all() and (moved[5:] > 0).all()

# %% [markdown] lang="en"
# ## Teacher forcing: all symbols in one pass
# When it translates, the decoder has only the symbols that it has written. In training we give it the **true**
# symbols and compute all rows at once. Because of the causal mask the result is the same as one pass per prefix:

# %% [markdown] lang="ko"
# ## 교사 강요(teacher forcing): 모든 기호를 한 번에
# 번역할 때 디코더에는 자신이 앞에서 쓴 기호밖에 없습니다. 학습할 때는 앞의 기호로 **정답**을 주고 모든 행을 한꺼번에 계산합니다. 인과
# 마스크가 있으므로 앞부분을 하나씩 늘려 가며 따로 계산한 것과 같습니다.

# %%
for t in range(T):
    beginning, _ = transformer.forward((source[2:], target_in[2:, : t + 1]), p, config)
    assert np.allclose(beginning[0, -1], z[2, t])
z.shape

# %% [markdown] lang="en"
# An RNN must process a sentence step by step, in training too. A Transformer trains on all symbols in one pass.

# %% [markdown] lang="ko"
# RNN은 학습할 때에도 문장을 한 스텝씩 지나가야 합니다. Transformer는 문장의 모든 기호를 한 번에 학습합니다.

# %% [markdown] lang="en"
# ## Cross-attention: queries from x, keys and values from the encoder
# We use the same file a third time. The queries come from the target tokens x. The keys and values come from the
# encoder's output m, the *memory*. Self-attention is the special case m = x.

# %% [markdown] lang="ko"
# ## 교차 어텐션: 쿼리는 x에서, 키와 값은 인코더에서
# 같은 파일을 세 번째로 씁니다. 쿼리는 목표 문장의 토큰 x로 만들고, 키와 값은 인코더의 출력 m으로 만듭니다. m을 *메모리*라고 합니다. 셀프 어텐션은
# m = x인 특수한 경우입니다.

# %%
cross = saved.decoder[0].cross
looks = {"num_heads": H, "mask": padding_mask(source)}
y, again = s5_attention.attention(cross.x, cross.m, p["decoder"][0]["cross"], **looks)
assert np.allclose(again.A, cross.A)
cross.x.shape, cross.m.shape, cross.A.shape

# %% [markdown] lang="en"
# 9 target tokens attend to 5 source tokens in 4 heads. Every decoder block has its own W_Q, W_K, W_V, W_O, but all
# use **one** memory. This is important for the backward pass.

# %% [markdown] lang="ko"
# 목표 토큰 9개가 입력 토큰 5개를 헤드 4개로 봅니다. W_Q, W_K, W_V, W_O는 디코더 블록마다 따로 있지만, 메모리는 **하나**를 함께 봅니다. 역전파에서
# 중요하니 기억해 두세요.

# %%
assert saved.decoder[1].cross.m is saved.decoder[0].cross.m
assert decoder.s5_attention is encoder.s5_attention is s5_attention  # the file that ViT uses

# %% [markdown] lang="en"
# ## Logits and loss
# Linear and Softmax: z = y·Eᵀ with the table of the embeddings. The loss is the cross-entropy per row, with two
# changes. *Label smoothing*: the target is 0.9 for the right symbol, and 0.1 is spread over all. And **rows whose
# target is padding do not count**. The last value is ln V, the loss of a model that predicts all symbols with equal
# probability. Random weights are worse.

# %% [markdown] lang="ko"
# ## 로짓과 손실
# Linear와 Softmax입니다. 임베딩 표를 다시 써서 z = y·Eᵀ를 구합니다. 손실은 행마다 구한 교차 엔트로피인데, 두 가지가 다릅니다. *레이블 스무딩*:
# 정답에 0.9를 주고 나머지 0.1은 모든 기호에 고루 나눕니다. 그리고 **목표가 패딩인 행은 세지 않습니다.**
# 마지막 값은 모든 기호의 확률을 똑같이 보는 모델의 손실 ln V입니다. 무작위 가중치는 그보다 나쁩니다.

# %%
smooth = 0.9 * np.eye(V)[goals] + 0.1 / V
each = -(smooth * softmax.log(z)).sum(axis=-1)
by_hand = each[goals != PADDING].mean()
loss, dp = vitnp.loss_and_grads(source, target, p, config, Translation(label_smoothing=0.1))
by_hand, loss, np.log(V)

# %%
assert np.isclose(by_hand, loss)

# %% [markdown] lang="en"
# ## Backward: the memory is used by every block
# A value that is used twice gets two gradients, and they are added. Each decoder block returns one gradient for the
# memory:

# %% [markdown] lang="ko"
# ## 역전파: 메모리는 모든 블록이 함께 쓴다
# 두 번 쓰인 값은 그래디언트를 두 번 받고, 둘을 더해야 합니다. 디코더 블록마다 메모리로 그래디언트를 하나씩 돌려보냅니다.

# %%
dz = rng.standard_normal(z.shape)
dy, _ = embed.logits_backward(dz, saved.logits)
dm = [d for _, _, d, _ in decoder.backward_parts(dy, list(saved.decoder))]
len(dm), dm[0].shape


# %%
def decoded(memory):
    mask = padding_mask(target_in) & causal_mask(T, target_in)
    looks = {"mask": mask, "memory": memory, "memory_mask": padding_mask(source)}
    y0 = saved.decoder[0].attention.x
    y, _ = decoder.forward(y0, p["decoder"], config=config, **looks)
    return (y @ E.T * dz).sum()


# %%
m, v, h = cross.m, rng.standard_normal(cross.m.shape), 1e-6
slope = (decoded(m + h * v) - decoded(m - h * v)) / (2 * h)
slope, (sum(dm) * v).sum(), (dm[0] * v).sum()

# %%
assert np.isclose(slope, (sum(dm) * v).sum()) and not np.isclose(slope, (dm[0] * v).sum())

# %% [markdown] lang="en"
# The measured derivative agrees with the sum. The gradient of the last block alone is wrong, but the encoder would
# still learn something. So this mistake is hard to notice.

# %% [markdown] lang="ko"
# 측정한 미분값은 합과 같습니다. 마지막 블록의 것만 쓰면 틀리지만, 그래도 인코더는 무언가를 배웁니다. 그래서 이런 실수는 알아차리기 어렵습니다.

# %% [markdown] lang="en"
# ## Backward: a repeated symbol, and a table used three times
# If two tokens use the same row of E, this row gets the sum of their gradients:

# %% [markdown] lang="ko"
# ## 역전파: 반복된 기호, 그리고 세 번 쓰인 표
# 토큰 두 개가 E의 같은 행을 썼다면, 그 행은 두 그래디언트의 합을 받습니다.

# %%
dx = rng.standard_normal((1, 3, D))
_, took = embed.forward(np.array([[5, 9, 5]]), p["embed"])
dE = embed.backward(dx, took)["E"]
assert np.allclose(dE[5], np.sqrt(D) * (dx[0, 0] + dx[0, 2]))
np.flatnonzero(dE.any(axis=1))

# %% [markdown] lang="en"
# E itself is used three times: for the source, for the target and for the logits. A model with three tables of the
# same values (`tied="none"`) shows the three gradients separately. Their sum is the gradient of the one table.

# %% [markdown] lang="ko"
# E도 세 번 쓰였습니다. 입력에서, 목표 문장에서, 로짓에서입니다. 표가 세 개인 모델(`tied="none"`)에 모두 같은 값을 넣으면 그래디언트 세 개를 따로 볼 수
# 있습니다. 그 합이 표 하나의 그래디언트입니다.

# %%
apart = dataclasses.replace(config, tied="none")
q = {"embed_source": p["embed"], "embed_target": p["embed"], "logits": {"W": E.T}}
q |= {side: p[side] for side in ("encoder", "decoder")}
_, dq = transformer.backward(dz, transformer.forward((source, target_in), q, apart)[1])
three = dq["embed_source"]["E"], dq["embed_target"]["E"], dq["logits"]["W"].T
[np.linalg.norm(dE) for dE in three]

# %%
_, dp = transformer.backward(dz, saved)
assert np.allclose(dp["embed"]["E"], sum(three))

# %% [markdown] lang="en"
# ## Gradient check of the whole model
# We check a small model with random weights and with padding. Ids have no gradient, so we check the table E in place
# of x.

# %% [markdown] lang="ko"
# ## 모델 전체의 그래디언트 검증
# 작은 크기와 무작위 가중치로, 패딩까지 넣어 확인합니다. id에는 그래디언트가 없으므로 x 자리에 표 E를 넣어 확인합니다.

# %%
tiny = vitnp.preset("transformer-tiny")
q = gradcheck.random_like(transformer.init(None, tiny, "float64"), rng)
pair = rng.integers(1, tiny.vocabulary_size, (2, 7)), rng.integers(1, 19, (2, 5))
pair[0][0, 4:] = pair[1][1, 3:] = PADDING


# %%
def forward(E, p):
    return transformer.forward(pair, {"embed": {"E": E}} | p, tiny)


def backward(dz, saved):
    _, dp = transformer.backward(dz, saved)
    return dp.pop("embed")["E"], dp


# %%
report = gradcheck.check(forward, backward, q.pop("embed")["E"], q)
print(f"{len(report.leaves)} leaves; worst: complex step {report.worst[0]:.0e}")
assert report.ok and report.worst[0] < 1e-12

# %% [markdown] lang="en"
# ## Training
# We use Adam with the paper's schedule: the learning rate grows for 100 steps (*warm-up*) and then falls as 1/√step.
# Each step draws 64 new numbers below 100,000,000. The 1,000 test numbers are never drawn.

# %% [markdown] lang="ko"
# ## 학습
# Adam과 논문의 스케줄을 씁니다. 학습률은 100스텝 동안 커지고(*웜업*), 그다음부터 1/√step에 비례해 작아집니다. 스텝마다 1억 미만의 수 64개를 새로 뽑습니다.
# 테스트에 쓸 수 1,000개는 절대 뽑지 않습니다.

# %%
rng = np.random.default_rng(0)
p = transformer.init(rng, config)
state, losses = optim.init(p, "adam"), []
tree.count(p)


# %%
def train(steps, peak=2e-3, warm=100):
    for _ in range(steps):
        step = len(losses) + 1
        pairs = data.train.read(range(64), rng)
        loss, dp = vitnp.loss_and_grads(*pairs, p, config, Translation(0.1))
        lr = peak * min(step / warm, (warm / step) ** 0.5)
        optim.update(p, dp, state, lr=lr, optimizer="adam", beta2=0.98, eps=1e-9)
        losses.append(loss)


# %%
train(200)
questions = text.to_ids(["7", "10", "240", "2024", "12345", "99999999"], config)
text.to_texts(decoding.greedy(questions, p, config), config)

# %% [markdown] lang="en"
# ## Greedy decoding and beam search
# *Greedy decoding* takes the most probable symbol at each position. But the most probable prefix need not lead to the
# most probable sentence. *Beam search* keeps the 4 most probable prefixes. After 200 steps the model is uncertain, so
# the two differ. We compare log p of the whole sentence:

# %% [markdown] lang="ko"
# ## 탐욕 디코딩과 빔 탐색
# *탐욕 디코딩*은 자리마다 가장 확률이 높은 기호를 고릅니다. 그런데 가장 그럴듯한 앞부분이 가장 그럴듯한 문장으로 이어진다는 보장은 없습니다. *빔 탐색*은
# 그럴듯한 앞부분을 4개 남겨 둡니다. 200스텝을 학습한 모델은 아직 확신이 없어서 둘의 결과가 다릅니다. 문장 전체의 log p를 비교합니다.

# %%
source, target = data.test.read(range(200))
how = {"length_penalty": 0.0}
greedy, log_p_greedy = decoding.beam(source, p, config, width=1, **how)
best, log_p_beam = decoding.beam(source, p, config, width=4, **how)
better = log_p_beam > log_p_greedy + 1e-6
int(better.sum()), log_p_greedy.mean(), log_p_beam.mean()

# %%
assert (log_p_beam >= log_p_greedy - 1e-6).all()


# %%
def right(written, target):
    pairs = zip(text.to_texts(written, config), text.to_texts(target, config))
    return np.mean([a == b for a, b in pairs])


right(greedy, target), right(best, target)

# %% [markdown] lang="en"
# A more probable sentence need not be right: beam search only looks for the sentence with the highest probability
# under the model. Here are some wrong ones: the number, the right translation, and the model's.

# %% [markdown] lang="ko"
# 확률이 더 높은 문장이 꼭 정답인 것은 아닙니다. 빔 탐색은 모델이 가장 높은 확률을 주는 문장을 찾을 뿐입니다. 틀린 예를 봅니다. 차례로 수, 정답, 모델의
# 답입니다.

# %%
three_texts = (text.to_texts(rows, config) for rows in (source, target, best))
[each for each in zip(*three_texts) if each[1] != each[2]][:3]

# %% [markdown] lang="en"
# Now we continue the training.

# %% [markdown] lang="ko"
# 이제 이어서 학습합니다.

# %%
train(500)
floor = -(0.9 + 0.1 / V) * np.log(0.9 + 0.1 / V) - (V - 1) * 0.1 / V * np.log(0.1 / V)
plt.plot(losses, label="loss")
plt.axhline(floor, color="black", linestyle="--", label="floor of label smoothing")
plt.xlabel("step")
plt.legend()
plt.show()

# %%
source, target = data.test.read(range(1000))
written = decoding.greedy(source, p, config)
accuracy = right(written, target)
accuracy

# %%
assert accuracy > 0.8
text.to_texts(decoding.greedy(questions, p, config), config)

# %% [markdown] lang="en"
# The model has never seen these 1,000 numbers, and it translates all or nearly all of them correctly. (A spike in the
# curve is a step that was too large; the model recovers. A later section explains which models have spikes.)

# %% [markdown] lang="ko"
# 한 번도 본 적이 없는 수 1,000개를 모두, 또는 거의 모두 맞게 읽습니다. (곡선이 갑자기 튀는 곳은 한 스텝이 너무 컸던 것이고, 모델은 곧
# 회복합니다. 어떤 모델에서 그런 일이 생기는지는 뒤에서 설명합니다.)

# %% [markdown] lang="en"
# ## The KV cache
# To write T symbols, the decoder would run on 1, 2, …, T tokens. But with the causal mask the keys and values of
# earlier tokens do not change. So we keep them (the *KV cache*), and each new symbol needs only one row.

# %% [markdown] lang="ko"
# ## KV 캐시: 같은 계산을 두 번 하지 않기
# 기호 T개를 쓰려면 디코더를 토큰 1개, 2개, …, T개로 실행해야 합니다. 그런데 인과 마스크가 있으면 앞 토큰의 키와 값은 더 이상 바뀌지 않습니다. 그래서
# 저장해 두고(*KV 캐시*), 새 기호마다 한 행만 계산합니다.

# %%
one_pass, _ = transformer.forward((source[:9], target[:9, :-1]), p, config)
kept = transformer.begin(source[:9], p, config)
for t in range(target.shape[1] - 1):
    log_p, kept = transformer.step(target[:9, t], kept, p, config)
    real = target[:9, t] != PADDING
    assert np.allclose(log_p[real], softmax.log(one_pass[real, t]), atol=1e-4)

# %% [markdown] lang="en"
# ## Visualizing cross-attention
# We draw the cross-attention of the last block for a number with zeros. **Guess first:** which digits does the word
# for ten thousand attend to?

# %% [markdown] lang="ko"
# ## 교차 어텐션의 시각화
# 0이 들어 있는 수를 읽을 때 마지막 블록의 교차 어텐션입니다. **먼저 예상하기:** "만"을 쓸 때는 어디를 볼까요?

# %%
number = "20345678"
one = text.to_ids([number], config)
written = decoding.greedy(one, p, config)
target_in = np.insert(written, 0, START, axis=1)[:, :-1]
_, saved = transformer.forward((one, target_in), p, config)
A = saved.decoder[1].cross.A[0]
show.cross_attention(A, number, [*text.to_texts(written, config)[0], "END"], block=1)

# %% [markdown] lang="en"
# The word for a digit attends to this digit: from the first row to the last, the bright cells move from left to
# right. The model learned this alignment without labels for it. The word for ten thousand is different. In this run
# it attends to the right, to the digits that still follow. There must be four of them. The heads differ. As in
# notebook 13, this is the attention of one block, not an explanation.

# %% [markdown] lang="ko"
# 숫자를 읽은 말은 그 숫자를 봅니다. 첫 행에서 마지막 행으로 내려가면 밝은 칸이 왼쪽에서 오른쪽으로 옮겨 갑니다. 이 정렬(alignment)은
# 레이블 없이 배운 것입니다. "만"은 다릅니다. 이번 실행에서는 오른쪽, 곧 아직 남은 숫자들을 봅니다. 네 개가 남았는지 알아야 하기
# 때문입니다. 헤드마다 다르고, 13번 노트북에서처럼 블록 하나의 어텐션일 뿐 설명은 아닙니다.

# %% [markdown] lang="en"
# ## Transformer and ViT compared
#
# | | Transformer (2017) | ViT (2021) |
# |---|---|---|
# | input | ids, a table E | patches, a matrix W (step 2) |
# | positions | sine and cosine | a learned table (step 4) |
# | encoder | yes | **kept** |
# | decoder, cross-attention, causal mask | yes | dropped: there is no target sequence |
# | padding mask | yes | dropped: all images have the same size |
# | what is read at the end | every row of the decoder | row 0, [CLS], as in BERT (step 3) |
# | LayerNorm | after the sum: post-norm | **before** the sublayer: pre-norm (step 6) |
# | activation | ReLU | GELU, as in BERT (step 7) |
#
# With the last two rows changed, an encoder block of this model gives exactly the same values as ViT's:

# %% [markdown] lang="ko"
# ## Transformer와 ViT 비교: 남긴 것과 버린 것
#
# | | Transformer(2017) | ViT(2021) |
# |---|---|---|
# | 입력 | id와 표 E | 패치와 행렬 W(2단계) |
# | 위치 | 사인과 코사인 | 학습하는 표(4단계) |
# | 인코더 | 있음 | **남김** |
# | 디코더, 교차 어텐션, 인과 마스크 | 있음 | 버림: 써낼 문장이 없다 |
# | 패딩 마스크 | 있음 | 버림: 이미지의 크기가 모두 같다 |
# | 마지막에 읽는 것 | 디코더의 모든 행 | BERT처럼 0번 행 [CLS] (3단계) |
# | LayerNorm | 더한 다음: post-norm | 서브레이어 **앞**: pre-norm(6단계) |
# | 활성화 함수 | ReLU | BERT처럼 GELU(7단계) |
#
# 마지막 두 줄을 바꾸면 이 모델의 인코더 블록은 ViT의 블록과 값이 정확히 같습니다.

# %%
digits = vitnp.preset("digits")
block = vit.init(rng, digits)["blocks"][0]
as_vit = {"norm": "pre", "activation": "gelu", "attention_bias": True}
as_vit |= {name: getattr(digits, name) for name in ("hidden_size", "num_heads", "mlp_dim")}
same = dataclasses.replace(config, **as_vit, layer_norm_eps=digits.layer_norm_eps)

# %%
x = rng.standard_normal((1, 17, digits.hidden_size)).astype("float32")
renamed = {"attention_norm": block["norm_1"], "feed_forward_norm": block["norm_2"]}
of_vit, _ = encoder.block_forward(x, block, config=digits)
of_transformer, _ = decoder.block_forward(x, block | renamed, config=same)
assert (of_vit == of_transformer).all()

# %% [markdown] lang="en"
# ## Post-norm and pre-norm
# *Post-norm* is y = LN(x + f(x)), *pre-norm* is y = x + f(LN(x)). We measure the gradient norm in each decoder block
# of untrained models with twelve blocks:

# %% [markdown] lang="ko"
# ## Post-norm과 pre-norm: LayerNorm의 위치
# *Post*는 y = LN(x + f(x))이고 *pre*는 y = x + f(LN(x))입니다. 학습하지 않은 12블록 모델에서 디코더 블록마다 그래디언트의 크기를 잽니다.


# %%
def size(dp):
    return np.sqrt(sum((g**2).sum() for _, g in tree.leaves(dp)))


def sizes(norm):
    deep = dataclasses.replace(config, norm=norm, num_layers=12)
    p = transformer.init(np.random.default_rng(0), deep)
    pairs = data.train.read(range(64), np.random.default_rng(0))
    _, dp = vitnp.loss_and_grads(*pairs, p, deep, Translation(0.1))
    return [size(dp["decoder"][i]) for i in range(12)]


# %%
post, pre = np.array(sizes("post")), np.array(sizes("pre"))
plt.plot(range(1, 13), post, "o-", label="post-norm")
plt.plot(range(1, 13), pre, "s--", label="pre-norm")
plt.xlabel("decoder block")
plt.ylabel("size of the gradient")
plt.legend()
plt.show()

# %%
float(post.max() / post.min()), float(pre.max() / pre.min())

# %%
assert post.max() / post.min() > 5 > pre.max() / pre.min()

# %% [markdown] lang="en"
# With post-norm the gradient of the last block is many times that of the first: in the backward pass every LayerNorm
# divides by about √2 (`docs/derivations.md`, "Post-norm and pre-norm"). With pre-norm nothing is on the residual
# path, and all blocks get about the same. So post-norm needs a **warm-up**: small first steps. We run three short
# trainings of 6 blocks with the same learning rate:

# %% [markdown] lang="ko"
# Post-norm에서는 마지막 블록이 첫 블록의 몇 배나 되는 그래디언트를 받습니다. 역전파 경로에서 LayerNorm을 지날 때마다 약 √2로 나뉘기
# 때문입니다(`docs/derivations.md`, "Post-norm and pre-norm"). Pre-norm에서는 덧셈 경로에 아무것도 없어서 모두 비슷하게 받습니다. 그래서 post-norm에는 처음에 학습률을 작게 하는
# **웜업**이 필요합니다. 6블록 모델을 같은 학습률로 세 번 짧게 학습합니다.


# %%
def short(norm, warm, steps=120):
    six = dataclasses.replace(config, norm=norm, num_layers=6, mlp_dim=64)
    rng = np.random.default_rng(0)
    p = transformer.init(rng, six)
    state, losses = optim.init(p, "adam"), []
    for step in range(1, steps + 1):
        pairs = data.train.read(range(32), rng)
        loss, dp = vitnp.loss_and_grads(*pairs, p, six, Translation(0.1))
        lr = 2e-3 * min(1, step / warm)
        optim.update(p, dp, state, lr=lr, optimizer="adam", beta2=0.98, eps=1e-9)
        losses.append(loss)
    return losses


# %%
runs = {"post-norm": ("post", 1), "post-norm, warm-up": ("post", 60), "pre-norm": ("pre", 1)}
curves = {name: short(*how) for name, how in runs.items()}
for style, (name, losses_of) in zip(("-", "--", ":"), curves.items()):
    plt.plot(losses_of, style, linewidth=2, label=name)
plt.xlabel("step")
plt.ylabel("loss")
plt.legend()
plt.show()

# %%
last = {name: float(np.mean(losses_of[-10:])) for name, losses_of in curves.items()}
last

# %%
assert last["post-norm"] > last["post-norm, warm-up"] > last["pre-norm"]

# %% [markdown] lang="en"
# Without a warm-up the post-norm model does not learn: it writes the most frequent symbols for any source. With a
# warm-up it learns. The pre-norm model learns without one, and faster. (This is one seed each; a longer training
# closes much of the gap.) The ViT paper uses pre-norm, and still has 10,000 steps of warm-up, for its large learning
# rates.

# %% [markdown] lang="ko"
# 웜업이 없으면 post-norm 모델은 학습되지 않고, 입력과 상관없이 자주 나오는 기호만 말합니다. 웜업이 있으면 배웁니다. Pre-norm 모델은 웜업이 없어도 배우고 더
# 빠릅니다. (시드 하나씩의 결과이고, 더 오래 학습하면 차이가 많이 줄어듭니다.) ViT 논문은 pre-norm을 쓰면서도 학습률이 크기 때문에 10,000스텝의 웜업을
# 둡니다.

# %% [markdown] lang="en"
# ## vitnp translate: in a terminal
# `vitnp translate --task number-to-korean --out runs/numbers` trains longer, with checkpoints;
# `vitnp translate --weights FILE 12345` translates, and `--attention OUT.png` draws the picture above. Your own file
# with two columns, separated by a tab, trains in the same way. See `docs/translate.md`.

# %% [markdown] lang="ko"
# ## vitnp translate: 터미널에서 번역하기
# `vitnp translate --task number-to-korean --out runs/numbers`는 체크포인트를 남기며 더 오래 학습합니다.
# `vitnp translate --weights FILE 12345`는 번역 결과를 쓰고, `--attention OUT.png`는 위의 그림을 그립니다. 두 열을 탭으로 나눈
# 자기 파일로도 똑같이 학습할 수 있습니다. `docs/translate.md`를 보세요.

# %% [markdown] lang="en"
# ## Questions
# - Why does the encoder have no causal mask? (It predicts nothing: the whole source is known before the first symbol
#   is written.)
# - Does the training show that a causal mask lets a query see one token too many? (No: the model copies the answer,
#   and the loss soon falls to its minimum. Only decoding shows the mistake, because then the next symbol is not in
#   the input.)
# - Why does a ViT for classification need no START? (It writes nothing. [CLS] is a query that reads everything once.)
# - What would a ViT need for images of different sizes in one batch? (The same padding mask, over patches.)

# %% [markdown] lang="ko"
# ## 생각해 볼 질문
# - 인코더에는 왜 인과 마스크가 없습니까? (인코더는 예측하지 않습니다. 첫 기호를 쓰기 전에 입력 전체를 이미 알고 있습니다.)
# - 인과 마스크가 한 칸 더 보여 준다면 학습 중에 알 수 있습니까? (없습니다. 답을 베끼면 되므로 손실이 금방 바닥까지 내려갑니다. 디코딩을 해 보아야 드러납니다.
#   그때는 다음 기호가 입력에 없기 때문입니다.)
# - 분류를 하는 ViT에는 왜 START가 필요 없습니까? (써낼 문장이 없습니다. [CLS]가 모든 것을 한 번 읽는 쿼리입니다.)
# - 크기가 다른 이미지를 한 배치에 넣으려면 ViT에 무엇이 필요합니까? (같은 패딩 마스크를 패치에 씌우면 됩니다.)

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ A target has 6 tokens, and the last two are padding. How many of the 36 cells of the decoder's mask are
# True?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 토큰이 6개이고 마지막 두 개가 패딩인 목표 문장이 있습니다. 디코더 마스크의 36칸 가운데 True인 칸은 몇 개입니까?

# %% tags=["exercise"]
cells = ...

# %% tags=["solution"]
cells = 1 + 2 + 3 + 4 + 4 + 4

# %% tags=["check"]
check("21.1", cells)

# %% [markdown] lang="en"
# **2.** ★★ Compute the gradient of the table, `dE` (V, D), from `dx` (B, N, D) and the ids (B, N). Leave out √D. Ids
# can repeat.

# %% [markdown] lang="ko"
# **2.** ★★ `dx` (B, N, D)와 id (B, N)에서 표의 그래디언트 `dE` (V, D)를 구하세요. √D는 빼고 생각합니다. 반복된 id에 주의하세요.


# %% tags=["exercise"]
def embed_backward(dx, ids, V):
    return ...


# %% tags=["solution"]
def embed_backward(dx, ids, V):
    dE = np.zeros((V, dx.shape[-1]))
    np.add.at(dE, ids, dx)  # dE[ids] += dx would count a repeated id once
    return dE


# %% tags=["check"]
check("21.2", embed_backward)

# %% [markdown] lang="en"
# **3.** ★★ How many parameters does one decoder block of the paper's base model have? D = 512, M = 2048; attention
# has no biases, feed-forward has biases, and there are three LayerNorms.

# %% [markdown] lang="ko"
# **3.** ★★ 논문의 base 모델에서 디코더 블록 하나의 파라미터는 몇 개입니까? D = 512, M = 2048이고, 어텐션에는 편향이 없고 피드포워드에는 있으며,
# LayerNorm이 세 개입니다.

# %% tags=["exercise"]
count = ...

# %% tags=["solution"]
count = 2 * 4 * 512 * 512 + (512 * 2048 + 2048) + (2048 * 512 + 512) + 3 * 2 * 512

# %% tags=["check"]
check("21.3", count)

# %% [markdown] lang="en"
# **4.** ★ The first symbol is A with p = 0.6 or B with 0.4. After A, two endings have 0.5 each; after B they have 0.9
# and 0.1. Greedy decoding finds a sentence with probability 0.3. What is the probability of the sentence that a beam of
# width 2 finds?

# %% [markdown] lang="ko"
# **4.** ★ 첫 기호는 0.6의 확률로 A, 0.4의 확률로 B입니다. A 다음에 올 수 있는 두 끝은 각각 0.5이고, B 다음에는 0.9와 0.1입니다. 탐욕 디코딩은 확률이 0.3인
# 문장을 찾습니다. 너비가 2인 빔 탐색이 찾는 문장의 확률은 얼마입니까?

# %% tags=["exercise"]
probability = ...

# %% tags=["solution"]
probability = 0.4 * 0.9

# %% tags=["check"]
check("21.4", probability)

# %% [markdown] lang="en"
# **5.** ★★ Some models have no encoder: question and answer are one sequence. The first s tokens, the question, may
# attend to each other in both directions. The others are causal. Write this mask (T, T).

# %% [markdown] lang="ko"
# **5.** ★★ 인코더 없이 질문과 답을 한 문장으로 잇는 모델도 있습니다. 질문인 앞의 s개 토큰은 서로 양방향으로 볼 수 있고, 나머지는 앞만 봅니다. 이 마스크
# (T, T)를 쓰세요.


# %% tags=["exercise"]
def prefix_mask(T, s):
    return ...


# %% tags=["solution"]
def prefix_mask(T, s):
    query, key = np.arange(T)[:, None], np.arange(T)
    return (key <= query) | (key < s)


# %% tags=["check"]
check("21.5", prefix_mask)

# %% [markdown] lang="en"
# **Explain.** In training the decoder computes all positions of a target at once. In translation it needs one run per
# symbol. Why is one run enough in training, and what would go wrong without the causal mask?

# %% [markdown] lang="ko"
# **설명해 보세요.** 학습할 때 디코더는 목표 문장의 모든 위치를 한꺼번에 계산하지만, 번역할 때는 기호마다 한 번씩 돌려야 합니다. 학습할 때는 왜 한꺼번에 할
# 수 있을까요? 인과 마스크가 없으면 무엇이 잘못될까요?

# %% [markdown] lang="en" tags=["solution"]
# In training the whole target is known. Row t reads the true symbols up to t and predicts symbol t + 1. The causal
# mask hides the rest, so one run gives the same as T runs. In translation symbol t + 1 is not known until row t has
# predicted it. Without the mask row t would see symbol t + 1, its own answer. The loss would fall, but the model
# could not translate.

# %% [markdown] lang="ko" tags=["solution"]
# 학습할 때는 목표 문장 전체를 압니다. t행은 t번째까지의 정답 기호를 읽고 t + 1번째 기호를 예측하며, 나머지는 인과 마스크가 가립니다. 그래서 한 번의 계산이
# T번의 계산과 같습니다. 번역할 때 t + 1번째 기호는 t행이 예측해야 비로소 알 수 있습니다. 마스크가 없으면 t행이 자기 답인 t + 1번째 기호를 봅니다.
# 손실은 줄지만 번역은 할 수 없는 모델이 됩니다.
