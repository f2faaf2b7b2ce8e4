"""The hints of steps 1 to 4: from the image to the tokens with their positions."""

from vitnp.course.workshop.hints.shapes import shapes
from vitnp.system.language import Text

EMBEDDING = {
    "1.1": (
        Text(
            "행을 0번부터 세고 P가 16이면, 이미지의 17번 행은 몇 번 패치 행에 있습니까? "
            "그 패치 안에서는 몇 번 행입니까? P로 나눈 몫과 나머지는 각각 무엇을 뜻합니까?",
            "Count rows from 0. With P 16, which patch row holds image row 17, and at which row inside the patch? "
            "What do the quotient and the remainder by P mean?",
        ),
        shapes(
            "x (B, H, W, C) → cut (B, H/P, P, W/P, P, C) → grid (B, H/P, W/P, P, P, C) → x_p (B, N, P·P·C)",
            "1 Patches",
        ),
        Text(
            "높이 축을 패치의 행과 패치 안의 행으로 나눕니다. 너비 축도 패치의 열과 패치 안의 열로 나눕니다. "
            "패치 안의 행 축과 패치의 열 축을 서로 바꿉니다. "
            "마지막으로 패치의 행과 열을 한 축으로, 나머지 세 축을 한 축으로 폅니다.",
            "Split the height into the patch row and the row inside the patch. Split the width in the same way. "
            "Exchange the row inside the patch with the patch column. "
            "Then flatten patch row and patch column into one axis, and the other three into one.",
        ),
    ),
    "1.2": (
        Text(
            "순전파에서 값 하나는 몇 군데로 갔습니까? 두 축을 바꾼 것은 어떻게 되돌립니까?",
            "To how many places did each value go in forward? What undoes an exchange of two axes?",
        ),
        shapes(
            "dx_p (B, N, P·P·C) → grid (B, H/P, W/P, P, P, C) → cut (B, H/P, P, W/P, P, C) → dx (B, H, W, C)",
            "1 Patches",
        ),
        Text(
            "순전파의 세 줄을 마지막 줄부터 거꾸로 되돌립니다. "
            "같은 두 축을 한 번 더 바꾸면 원래 순서가 됩니다. 더하거나 곱할 것은 없습니다.",
            "Undo the three lines of forward, the last one first. "
            "Exchange the same two axes again, and the order is restored. Nothing is added or multiplied.",
        ),
    ),
    "2.1": (
        Text(
            "값 P·P·C개를 D개로 바꾸려면 W의 shape는 무엇이어야 합니까? 패치마다 다른 W를 씁니까?",
            "Which shape must W have to turn P·P·C values into D? Does every patch have its own W?",
        ),
        shapes(
            "x_p (B, N, P·P·C) · W (P·P·C, D) + b (D,) → x (B, N, D)",
            "2 The linear projection",
        ),
        Text(
            "x_p의 마지막 축에 W를 행렬곱하고 b를 더합니다. 모든 패치에 같은 W와 b를 씁니다. "
            "backward에 필요한 x_p와 W는 saved에 담습니다.",
            "Multiply x_p by W along its last axis and add b. All patches use the same W and b. "
            "Put x_p and W into saved, because backward needs both.",
        ),
    ),
    "2.2": (
        Text(
            "W는 순전파에서 몇 번 쓰였습니까? 여러 번 쓰인 값의 그래디언트는 평균입니까, 합입니까?",
            "How often was W used in forward? Is the gradient of a value used many times a mean or a sum?",
        ),
        shapes(
            "dW (P·P·C, D) ← x_pᵀ (P·P·C, B·N) · dx (B·N, D); db (D,) ← dx (B·N, D); "
            "dx_p (B, N, P·P·C) ← dx (B, N, D) · Wᵀ (D, P·P·C)",
            "2 The linear projection",
        ),
        Text(
            "dW는 x_p와 dx를 각각 B·N행으로 펴고, x_p 쪽을 전치해 곱한 것입니다. "
            "db는 모든 이미지, 모든 패치의 dx를 더한 것입니다. dx_p는 dx에 W의 전치를 곱한 것입니다.",
            "For dW, flatten x_p and dx to B·N rows each, transpose x_p, and multiply. "
            "For db, sum dx over all images and all patches. For dx_p, multiply dx by W transposed.",
        ),
    ),
    "3.1": (
        Text(
            "벡터는 하나이고 이미지는 B장입니다. 모두 몇 번 붙여야 합니까? 토큰의 앞입니까, 뒤입니까?",
            "There is one vector and there are B images. How many copies are needed? "
            "Do they go before the tokens or after them?",
        ),
        shapes(
            "cls (D,) → (B, 1, D); (B, 1, D), x (B, N, D) → z (B, N+1, D)",
            "3 The class token",
            ko="N이 N+1이 되므로, 더하지 않고 이어 붙입니다.",
            en="N becomes N+1, so the two are concatenated, not added.",
        ),
        Text(
            "cls를 이미지마다 한 행씩 두어 (B, 1, D)로 만듭니다. 그것을 토큰 축을 따라 x의 앞에 이어 붙입니다.",
            "Repeat cls as one row per image, (B, 1, D). Concatenate it in front of x along the token axis.",
        ),
    ),
    "3.2": (
        Text(
            "cls 벡터 하나를 이미지 몇 장이 함께 썼습니까? 그러면 dcls에는 그래디언트가 몇 개 모입니까?",
            "How many images used the one cls vector? So how many gradients come together in dcls?",
        ),
        shapes(
            "dz (B, N+1, D) → dx (B, N, D); dz (B, N+1, D) → (B, D) → dcls (D,)",
            "3 The class token",
            ko="(B, D)는 [CLS]의 행이고, dcls에는 배치 축도 없습니다.",
            en="(B, D) is the row of [CLS], and dcls has no batch axis either.",
        ),
        Text(
            "dx는 dz에서 0번 행을 뺀 나머지 행입니다. dcls는 0번 행을 모든 이미지에 걸쳐 더한 것입니다.",
            "dx is dz without its row 0. dcls is row 0, summed over all images.",
        ),
    ),
    "4.1": (
        Text(
            "E_pos에는 배치 축이 없습니다. 이미지마다 다른 표를 더합니까, 같은 표를 더합니까?",
            "E_pos has no batch axis. Does each image get its own table, or do all get the same one?",
        ),
        shapes("z (B, N+1, D) + E_pos (N+1, D) → z0 (B, N+1, D)", "4 The position embedding"),
        Text(
            "E_pos를 모든 이미지에 똑같이 더합니다. 배치 축은 브로드캐스팅이 맞추어 줍니다.",
            "Add E_pos to every image. Broadcasting takes care of the batch axis.",
        ),
    ),
    "4.2": (
        Text(
            "덧셈의 두 항은 그래디언트를 각각 얼마나 받습니까? E_pos는 몇 장의 이미지에 더해졌습니까?",
            "How much of the gradient does each term of a sum receive? To how many images was E_pos added?",
        ),
        shapes(
            "dz0 (B, N+1, D) → dz (B, N+1, D); dz0 (B, N+1, D) → dE_pos (N+1, D)",
            "4 The position embedding",
            ko="사라진 축은 B 하나입니다.",
            en="B is the only axis that is gone.",
        ),
        Text(
            "덧셈은 그래디언트를 두 항에 그대로 전합니다. 그래서 dz는 dz0와 같습니다. "
            "dE_pos는 dz0를 배치 축으로만 더한 것입니다.",
            "A sum passes the gradient unchanged to both terms. So dz is dz0 itself. "
            "dE_pos is dz0 summed over the batch axis only.",
        ),
    ),
}
