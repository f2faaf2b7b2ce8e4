"""What each section of the live page says to try, and what it shows: {key: (Korean, English)}. Imports nothing."""

STORY = {
    "title": ("브라우저에서 숫자를 인식하는 ViT", "A ViT that reads digits, in your browser"),
    "draw_title": ("1. 숫자 그리기", "1. Draw a digit"),
    "draw_short": ("그리기", "Draw"),
    "draw_try": (
        "숫자를 하나 그려 보세요. 획을 더할 때마다 10개 클래스의 확률이 바뀝니다.",
        "Draw a digit. The probabilities of the ten classes change with every stroke.",
    ),
    "draw_shows": (
        "모델은 손글씨 데이터처럼 8×8 픽셀로 줄인 그림만 봅니다. 순전파와 역전파 모두 이 페이지에서 계산합니다.",
        "The model sees only 8×8 pixels, made as in the data set. The forward and backward pass both run in this page.",
    ),
    "pixel_title": ("2. 픽셀 하나 바꾸기", "2. Change a pixel"),
    "pixel_short": ("픽셀", "Pixel"),
    "pixel_try": (
        "픽셀을 누르거나 ‘손실을 가장 크게 늘리는 픽셀’을 여러 번 눌러 보세요. 몇 번 만에 클래스가 바뀌나요?",
        "Press a pixel, or “pixel that raises the loss most” several times. After how many does the class change?",
    ),
    "pixel_shows": (
        "∂loss/∂image는 각 픽셀을 조금 바꿀 때 손실이 변하는 비율입니다. 그래디언트의 예측은 1차 근사이므로 "
        "작은 변화에서만 잘 맞습니다.",
        "∂loss/∂image is the rate at which the loss changes with each pixel. Its prediction is a first-order "
        "approximation, so it is accurate only for small changes.",
    ),
    "inside_title": ("3. 모델 내부 들여다보기", "3. Look inside"),
    "inside_short": ("내부", "Inside"),
    "inside_try": (
        "[CLS]나 패치를 고르고, 각 블록과 헤드가 어느 패치에 주목하는지 비교해 보세요.",
        "Choose [CLS] or a patch, and compare which patches each block and head attends to.",
    ),
    "inside_shows": (
        "블록마다 각 토큰은 모든 토큰의 V의 가중합을 받습니다. 아래에서 슬라이드의 각 행을 차례로 볼 수 있습니다.",
        "The tokens take weighted sums of one another's values in each block. Below, walk through the slides' rows.",
    ),
    "positions_title": ("4. 패치 섞기", "4. Shuffle the patches"),
    "positions_short": ("위치", "Positions"),
    "positions_try": (
        "패치를 섞고 포지셔널 임베딩이 있을 때와 없을 때를 비교해 보세요. 패치 둘을 차례로 누르면 서로 바뀝니다.",
        "Shuffle the patches and compare the model with and without the position embedding. Press two patches to "
        "exchange them.",
    ),
    "positions_shows": (
        "포지셔널 임베딩이 없으면 로짓은 반올림 오차만큼만 달라집니다. 셀프 어텐션은 패치의 순서를 알지 못합니다.",
        "Without the position embedding the logits differ by rounding errors only. Self-attention does not know the "
        "order of the patches.",
    ),
    "heads_title": ("5. 헤드 끄기", "5. Switch heads off"),
    "heads_short": ("헤드", "Heads"),
    "heads_try": (
        "헤드를 하나씩 꺼 보세요. 모델이 틀리기 전까지 몇 개나 끌 수 있나요?",
        "Switch heads off one by one. How many can you switch off before the model is wrong?",
    ),
    "heads_shows": (
        "각 스위치의 숫자는 그 헤드 하나만 켜거나 끌 때 손실이 변하는 양입니다. 꺼진 헤드의 출력 O는 0입니다.",
        "The number on each switch is the change of the loss if only this head is switched. A head that is off outputs "
        "O = 0.",
    ),
    "scale_title": ("6. 왜 √d_k로 나눌까요?", "6. Why divide by √d_k?"),
    "scale_short": ("√d_k", "√d_k"),
    "scale_try": (
        "d_k를 1024까지 키우고, softmax가 통과시키는 그래디언트의 비율을 비교해 보세요.",
        "Raise d_k to 1024, and compare the share of the gradient that softmax lets through.",
    ),
    "scale_shows": (
        "스코어가 커지면 softmax는 키 하나에 가중치를 몰아주고 그래디언트는 0에 가까워집니다. √d_k로 나누면 "
        "스코어의 크기가 d_k와 상관없이 유지됩니다.",
        "With large scores softmax puts its weight on one key, and its gradient goes to 0. Dividing by √d_k keeps the "
        "size of the scores independent of d_k.",
    ),
    "random_title": ("헤드의 차원 d_k가 커지면", "When heads get wider"),
    "random_text": (
        "여기서는 모델 없이 표준정규분포에서 뽑은 q와 k 17개를 씁니다(100번의 평균). q·k의 표준편차는 약 √d_k입니다.",
        "Here q and 17 keys are drawn from the standard normal distribution, without the model (mean of 100 draws). "
        "The standard deviation of q·k is about √d_k.",
    ),
    "step_title": ("7. SGD 한 스텝", "7. One SGD step"),
    "step_short": ("학습", "Step"),
    "step_try": (
        "일부러 틀린 정답을 고르고 10스텝을 실행해 보세요. 학습률을 1 이상으로 올리면 어떻게 되나요?",
        "Choose a wrong label on purpose and take ten steps. What happens with a learning rate of 1 or more?",
    ),
    "step_shows": (
        "학습률 η가 작으면 손실은 약 η·‖∂θ‖²만큼 줄어듭니다. 숫자 하나만 학습하면 다른 숫자의 정확도는 "
        "떨어질 수 있습니다.",
        "With a small learning rate η the loss falls by about η·‖∂θ‖². Learning from one digit alone may lower the "
        "accuracy on the others.",
    ),
    "check_title": ("8. 파라미터 하나의 그래디언트 검증", "8. The gradient check of one weight"),
    "check_short": ("검증", "Check"),
    "check_try": (
        "h를 1e−1에서 1e−12까지 옮겨 보세요. 상대 오차가 가장 작은 h는 어디인가요?",
        "Move h from 1e−1 to 1e−12. For which h is the relative error smallest?",
    ),
    "check_shows": (
        "h가 크면 중심 차분의 절단 오차가 h²에 비례해 커지고, h가 너무 작으면 반올림 오차가 1/h에 비례해 커집니다.",
        "For large h the truncation error of the central difference grows as h². For tiny h the rounding error grows "
        "as 1/h.",
    ),
}
