"""The formula that makes each named tensor of a ViT, and the formula of its gradient, in symbols only.

∂X is ∂loss/∂X for one image; ⊙ is the product element by element; ⁽ⁱ⁾ is one head, [ℓ] one of L blocks. The letters are
those of the slides; docs/derivations.md has the derivations. e are the patch tokens, z a block's input, z′ and z″ its
two sums, x and x′ the normalized z and z′. J_LN is LayerNorm's backward. A second line says what the first one uses.
"""

from vitnp.engine import probabilities

LN = "γ ⊙ ({0} − μ) / √(σ² + ε) + β"
J_LN = "J_LN(v) = (w − mean(w) − x̂ ⊙ mean(w ⊙ x̂)) / √(σ² + ε),  w = γ ⊙ v"
GELU = {
    "erf": ("½·(1 + erf(u/√2))", "exp(−u²/2)/√(2π)"),
    "tanh": ("½·(1 + tanh(√(2/π)·(u + 0.044715·u³)))", "2·Φ·(1 − Φ)·√(2/π)·(1 + 3·0.044715·u²)"),
    "quick": ("1/(1 + exp(−1.702·u))", "1.702·Φ·(1 − Φ)"),
}
E_POS = {
    "1d": "E_pos ∈ ℝ^(T×D)",
    "2d": "E_pos[r, c] = [E_cols[c]; E_rows[r]]",
    "sincos": "E_pos[r, c] = [sin(c·ω); cos(c·ω); sin(r·ω); cos(r·ω)],  ωⱼ = 10000^(−j/max(D/4 − 1, 1))",
}
OF_CLASS_TOKEN = {"1d": "", "2d": "\nE_pos[CLS] = E_cls", "sincos": "\nE_pos[CLS] = 0"}
P_BACK = "∂p = −t / p\np < 2⁻¹²⁶:  ∂p = −t / 2⁻¹²⁶"  # the smallest normal float32, as the trace has it


def of(name, config):
    """(formula, formula of the gradient) of a named tensor of such a ViT; `blocks.i.` is any block."""
    return every(config)[name]


def every(config):
    """{name, with blocks.i: (formula, formula of the gradient)} of all named tensors, in the trace's order."""
    of_block = {f"blocks.i.{name}": both for name, both in block(config).items()}
    return first(config) | of_block | after(config) | classes(config)


def first(config):
    """Steps 1 to 4, and what some models have before the first block."""
    token = config.classifier == "token"
    symbol = "z" if token else "e"
    found = {
        "image": ("x ∈ ℝ^(Hᵢ×Wᵢ×C)", "∂x[rP + u, qP + w, c] = ∂grid[r, q, u, w, c]"),
        "grid": ("grid[r, q, u, w, c] = x[rP + u, qP + w, c]", "∂grid[r, q, u, w, c] = ∂x_p[n, v]"),
        "patches": (
            "x_p[n, v] = grid[r, q, u, w, c],  n = r·cols + q,  v = (u·P + w)·C + c",
            "∂x_p = ∂e·Wᵀ",
        ),
        "patch_tokens": ("e = x_p·W + b", "∂e = ∂z[1:]" if token else "∂e = ∂z₀"),
    }
    if token:
        found["tokens"] = ("z = [x_class; e₁; …; e_N]", "∂z = ∂z₀")
    adds = config.stem_position in E_POS
    if adds:
        found["E_pos"] = (table(config), "∂E_pos = ∂z₀")
    chain = [("z0", "z₀", f"z₀ = {symbol} + E_pos" if adds else f"z₀ = {symbol}")]
    if config.num_registers:
        a = int(token)
        chain.append(("registers", "z_reg", f"z_reg = [z₀[:{a}]; reg; z₀[{a}:]]"))
    if config.input_norm:
        before = chain[-1][1]
        chain.append(("input_norm", "z_LN", f"z_LN = LN({before}) = {LN.format(before)}"))
    for number, (name, made, formula) in enumerate(chain):
        following = chain[number + 1][:2] if number + 1 < len(chain) else ("block", "")
        found[name] = (formula, f"∂{made} = {before_block(following, config)}")
    return found


def table(config):
    """The position table, with the row of a class token where that has a formula of its own."""
    kind = config.position_embedding
    return E_POS[kind] + (OF_CLASS_TOKEN[kind] if config.classifier == "token" else "")


def before_block(following, config):
    """The gradient of a tensor that `following` (name, symbol) reads; registers leave out their own rows."""
    name, symbol = following
    if name == "registers":
        a, R = int(config.classifier == "token"), config.num_registers
        return f"[∂z_reg[:{a}]; ∂z_reg[{a + R}:]]"
    if name == "input_norm":
        return f"J_LN(∂{symbol})\n{J_LN}"
    if config.position_at != "stem":
        return "∂(z + E_pos)"
    return f"∂z′ + J_LN(∂x)\n{J_LN}"


def block(config):
    """One block."""
    found = {}
    if config.position_at != "stem":
        found["E_pos"] = (table(config), "∂E_pos = ∂(z + E_pos)")
        found["position"] = ("z + E_pos", f"∂(z + E_pos) = ∂z′ + J_LN(∂x)\n{J_LN}")
    found["norm_1"] = (f"x = LN(z) = {LN.format('z')}", "∂x = ∂Q·W_Qᵀ + ∂K·W_Kᵀ + ∂V·W_Vᵀ")
    relative = config.position_embedding == "relative"
    for letter in "QKV":
        head = f"{letter}⁽ⁱ⁾"
        found[f"attention.{letter}"] = (
            f"{letter} = x·W_{letter} + b_{letter}",
            f"∂{letter} = [∂{letter}⁽¹⁾; …; ∂{letter}⁽ᴴ⁾]",
        )
        of_head = (f"{head} = {letter}[:, (i − 1)·d_k : i·d_k]", of_heads(letter, relative))
        found[f"attention.{letter}_heads"] = of_head
    if relative:
        E_rel = "∂E_rel[T − 1 + d] = Σᵢ Σ_q ∂S⁽ⁱ⁾[q, q + d]·Q⁽ⁱ⁾[q] / √d_k"
        found["attention.E_rel"] = ("E_rel ∈ ℝ^((2T−1)×d_k)", E_rel)
        S_rel = "S_rel⁽ⁱ⁾[q, k] = Q⁽ⁱ⁾[q]·E_rel[T − 1 + k − q] / √d_k"
        found["attention.S_rel"] = (S_rel, "∂S_rel⁽ⁱ⁾ = ∂S⁽ⁱ⁾")
    S = "S⁽ⁱ⁾ = Q⁽ⁱ⁾·K⁽ⁱ⁾ᵀ / √d_k" + " + S_rel⁽ⁱ⁾" * relative
    found |= {
        "attention.S": (S, "∂S⁽ⁱ⁾ = A⁽ⁱ⁾ ⊙ (∂A⁽ⁱ⁾ − Σₖ ∂A⁽ⁱ⁾ₖ·A⁽ⁱ⁾ₖ)"),
        "attention.A": ("A⁽ⁱ⁾ = softmax(S⁽ⁱ⁾) = exp(S⁽ⁱ⁾) / Σₖ exp(S⁽ⁱ⁾ₖ)", "∂A⁽ⁱ⁾ = ∂O⁽ⁱ⁾·V⁽ⁱ⁾ᵀ"),
        "attention.O": ("O⁽ⁱ⁾ = A⁽ⁱ⁾·V⁽ⁱ⁾", "∂O⁽ⁱ⁾ = ∂concat[:, (i − 1)·d_k : i·d_k]"),
        "attention.concat": ("concat = [O⁽¹⁾; …; O⁽ᴴ⁾]", "∂concat = ∂MSA·W_Oᵀ"),
        "attention.output": ("MSA = concat·W_O + b_O", "∂MSA = ∂z′"),
        "residual_1": ("z′ = MSA(LN(z)) + z", f"∂z′ = ∂z″ + J_LN(∂x′)\n{J_LN}"),
        "norm_2": (f"x′ = LN(z′) = {LN.format('z′')}", "∂x′ = ∂u·W1ᵀ"),
    }
    Phi, slope = GELU[config.gelu]
    return found | {
        "feed_forward.u": ("u = x′·W1 + b1", f"∂u = ∂g ⊙ (Φ + u ⊙ Φ′)\nΦ = {Phi},  Φ′ = {slope}"),
        "feed_forward.g": (f"g = GELU(u) = u ⊙ Φ\nΦ = {Phi}", "∂g = ∂v·W2ᵀ"),
        "feed_forward.output": ("v = g·W2 + b2", "∂v = ∂z″"),
        "residual_2": ("z″ = MLP(LN(z′)) + z′", after_block(config)),
    }


def of_heads(letter, relative):
    """The gradient of Q⁽ⁱ⁾, K⁽ⁱ⁾ or V⁽ⁱ⁾."""
    both = "∂Q⁽ⁱ⁾[q] = Σₖ ∂S⁽ⁱ⁾[q, k]·(K⁽ⁱ⁾[k] + E_rel[T − 1 + k − q]) / √d_k"
    Q = both if relative else "∂Q⁽ⁱ⁾ = ∂S⁽ⁱ⁾·K⁽ⁱ⁾ / √d_k"
    return {"Q": Q, "K": "∂K⁽ⁱ⁾ = ∂S⁽ⁱ⁾ᵀ·Q⁽ⁱ⁾ / √d_k", "V": "∂V⁽ⁱ⁾ = A⁽ⁱ⁾ᵀ·∂O⁽ⁱ⁾"}[letter]


def after_block(config):
    """The gradient of z″: of the input of the next block, or of what comes after the last."""
    following = "∂z′[ℓ+1] + J_LN(∂x[ℓ+1])" if config.position_at == "stem" else "∂(z + E_pos)[ℓ+1]"
    last = "∂mean / N" if config.pooled_norm else "J_LN(∂LN(z″))"
    return f"ℓ < L: ∂z″[ℓ] = {following}\nℓ = L: ∂z″[ℓ] = {last}\n{J_LN}"


def after(config):
    """The last LayerNorm and what makes one token of all: y, or its parts."""
    mean = "mean = (1/N)·Σₙ {}ₙ"
    if config.pooled_norm:
        LN_mean = f"LN(mean) = {LN.format('mean')}"
        return {"mean": (mean.format("z″"), f"∂mean = J_LN(∂y)\n{J_LN}"), "norm": (LN_mean, "∂LN(mean) = ∂y")}
    norm = f"LN(z″) = {LN.format('z″')}"
    if config.classifier == "map":
        return {"norm": (norm, "∂LN(z″)ₙ = (∂K·W_Kᵀ + ∂V·W_Vᵀ)ₙ"), **pool()}
    if config.classifier == "token":
        return {"norm": (norm, "∂LN(z″)[0] = ∂y,  ∂LN(z″)[n] = 0,  n > 0")}
    if not config.num_registers:
        return {"norm": (norm, "∂LN(z″)ₙ = ∂y / N")}
    return {
        "norm": (norm, "∂LN(z″)ₙ = ∂mean / N,  ∂reg = 0"),
        "mean": (mean.format("LN(z″)"), "∂mean = ∂y"),
    }


def pool():
    """Attention pooling: the probe q looks at the patch tokens, K and V of LN(z″)."""
    return {
        "pool.A": ("A⁽ⁱ⁾ = softmax((q·W_Q + b_Q)⁽ⁱ⁾·K⁽ⁱ⁾ᵀ / √d_k)", "∂A⁽ⁱ⁾ = ∂O⁽ⁱ⁾·V⁽ⁱ⁾ᵀ"),
        "pool.attention": ("a = [A⁽¹⁾·V⁽¹⁾; …; A⁽ᴴ⁾·V⁽ᴴ⁾]·W_O + b_O", f"∂a = ∂y + J_LN(∂LN(a))\n{J_LN}"),
        "pool.norm": (f"LN(a) = {LN.format('a')}", "∂LN(a) = ∂u·W1ᵀ"),
        "pool": ("a + MLP(LN(a))", "∂(a + MLP(LN(a))) = ∂y"),
    }


def classes(config):
    """Step 8: y, perhaps r, and with a head z and p."""
    pre, head = config.representation_size is not None, config.num_classes > 0
    read = {"token": "LN(z″)[0]", "map": "a + MLP(LN(a))", "gap": "(1/N)·Σₙ LN(z″)ₙ"}[config.classifier]
    if config.pooled_norm:
        read = "LN(mean)"
    elif config.classifier == "gap" and config.num_registers:
        read = "mean"
    found = {"y": (f"y = {read}", "∂y = (∂r ⊙ (1 − r²))·W_preᵀ" if pre else "∂y = ∂z·Wᵀ")}
    if pre:
        found["pre_logits"] = ("r = tanh(y·W_pre + b_pre)", "∂r = ∂z·Wᵀ")
    if head:
        each = probabilities.independent(config)
        found["logits"] = (f"z = {'r' if pre else 'y'}·W + b", "∂z = p − t")
        found["p"] = ("p = 1 / (1 + exp(−z))" if each else "p = softmax(z)", P_BACK)
    return found
